/**
 * What the host answers, written down once and played back.
 *
 * The first run of a call has a real state behind it; each answer of the host goes on a tape. A measured run gets the
 * same answers from the tape: the host does the least that can be done, and the same for every variant of a module.
 * Whether a variant computed the same is seen from what it handed to the host, byte for byte.
 */
import { createHash } from "node:crypto";
import { HOST_FUNCTIONS, type HostFunction } from "../../../vm/abi.ts";
import { NodeError } from "../../../vm/errors.ts";

type Value = number | bigint;
export type HostAnswer = Value | Uint8Array | undefined;
/** Answers one host function; bytes are what it leaves at the parameter `target`. */
export type Host = (name: string, args: readonly Value[], passed: readonly Uint8Array[]) => HostAnswer;

/** One answer: its host function, its number as text, its bytes in hex. */
export interface TapeEntry {
  readonly name: string;
  readonly result: string | null;
  readonly bytes: string | null;
}

export interface Guest {
  memory: WebAssembly.Memory | null;
}

const ROWS = new Map(HOST_FUNCTIONS.map((row) => [`${row.module}.${row.name}`, row]));
const ENDS: ReadonlySet<string> = new Set(["abort", "revert"]);

function rowOf(module: string, name: string): HostFunction {
  const row = ROWS.get(`${module}.${name}`);
  if (row === undefined) throw new NodeError("bench.import", `${module}.${name} is not a host function`);
  return row;
}

function memoryOf(guest: Guest): Uint8Array {
  return new Uint8Array(guest.memory!.buffer);
}

/** The byte ranges that a call hands over: a parameter and the one behind it, when that is its length. */
function passedBytes(row: HostFunction, args: readonly Value[], guest: Guest): Uint8Array[] {
  const memory = memoryOf(guest);
  return row.params.flatMap(({ name }, index) => {
    const next = row.params[index + 1]?.name;
    if (next !== `${name}Length` && next !== "length") return [];
    const start = Number(args[index]) >>> 0;
    return [memory.slice(start, start + (Number(args[index + 1]) >>> 0))];
  });
}

const targetOf = (row: HostFunction): number => row.params.findIndex(({ name }) => name === "target");

function hostEnd(name: string, passed: readonly Uint8Array[]): never {
  throw new NodeError("bench.revert", `the measured code gave up: ${name} ${Buffer.concat(passed).toString()}`);
}

/** Imports that ask `host` and write its answers down in `tape`. */
export function recordingImports(module: WebAssembly.Module, guest: Guest, host: Host, tape: TapeEntry[]) {
  return importsOf(module, (row) => (...args: Value[]) => {
    const passed = passedBytes(row, args, guest);
    if (ENDS.has(row.name)) hostEnd(row.name, passed);
    const answer = host(row.name, args, passed);
    const bytes = answer instanceof Uint8Array ? answer : null;
    if (bytes !== null) memoryOf(guest).set(bytes, Number(args[targetOf(row)]));
    const result = bytes === null && answer !== undefined ? String(answer) : null;
    tape.push({ name: row.name, result, bytes: bytes === null ? null : Buffer.from(bytes).toString("hex") });
    return bytes === null ? answer : undefined;
  });
}

/** A tape that plays. */
export class Player {
  readonly #results: readonly (Value | undefined)[];
  readonly #bytes: readonly Uint8Array[];
  readonly #names: readonly string[];
  #view: Uint8Array = new Uint8Array(0);
  #guest: Guest;
  #position = 0;
  #seen: ReturnType<typeof createHash> | null = null;

  constructor(tape: readonly TapeEntry[], guest: Guest) {
    this.#guest = guest;
    this.#names = tape.map(({ name }) => name);
    this.#bytes = tape.map(({ bytes }) => new Uint8Array(Buffer.from(bytes ?? "", "hex")));
    this.#results = tape.map(({ name, result }) => {
      if (result === null) return undefined;
      return HOST_FUNCTIONS.some((row) => row.name === name && row.result === "i64") ? BigInt(result) : Number(result);
    });
  }

  rewind(): void {
    this.#position = 0;
  }

  /** From now on until `seen` is asked for, everything that the guest hands over is hashed. */
  watch(): void {
    this.#seen = createHash("sha256");
  }

  seen(): string {
    const hash = this.#seen?.update(`end at ${this.#position}`).digest("hex") ?? "";
    this.#seen = null;
    return hash;
  }

  imports(module: WebAssembly.Module): WebAssembly.Imports {
    return importsOf(module, (row) => {
      if (ENDS.has(row.name)) return (...args: Value[]) => hostEnd(row.name, passedBytes(row, args, this.#guest));
      return targetOf(row) >= 0 ? this.#writing(row) : this.#answering(row);
    });
  }

  #answering(row: HostFunction) {
    return (...args: Value[]): Value | undefined => {
      if (this.#seen !== null) this.#note(row, args);
      return this.#results[this.#position++];
    };
  }

  #writing(row: HostFunction) {
    const target = targetOf(row);
    return (...args: Value[]): void => {
      if (this.#seen !== null) this.#note(row, args);
      const bytes = this.#bytes[this.#position++]!;
      if (this.#view.length === 0) this.#view = memoryOf(this.#guest);
      this.#view.set(bytes, Number(args[target]));
    };
  }

  #note(row: HostFunction, args: readonly Value[]): void {
    const expected = this.#names[this.#position];
    if (expected !== row.name) throw new NodeError("bench.tape", `${row.name} is called where ${expected} was`);
    this.#seen!.update(row.name);
    for (const bytes of passedBytes(row, args, this.#guest)) this.#seen!.update(`${bytes.length}:`).update(bytes);
  }
}

type HostCall = (...args: Value[]) => unknown;

function importsOf(module: WebAssembly.Module, make: (row: HostFunction) => HostCall): WebAssembly.Imports {
  const imports: Record<string, Record<string, HostCall>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from === "bench") continue;
    imports[from] ??= {};
    imports[from][name] = make(rowOf(from, name));
  }
  return imports as WebAssembly.Imports;
}
