/**
 * What a run did, for people: frames, their host calls with arguments read from the contract's memory, gas before and
 * after each, and how it ended.
 *
 * A traced run is a run on another machine (`tracedMachine`): the same compiled modules, the same host functions inside
 * of wrappers that look and change nothing, instances of its own. So tracing has no switch that an ordinary run would
 * have to look at, and costs it nothing; and what a traced run does, returns and costs is what it would have been.
 *
 *   call of the module -> wrapper: arguments, gas -> host function -> wrapper: result, register, gas -> module
 *                                                   (call, try_call: a frame inside of this host call)
 */
import { HOST_FUNCTIONS, type HostFunction } from "../abi.ts";
import { NodeError } from "../errors.ts";
import type { HostEnvironment } from "../host/environment.ts";
import type { Frame, HostState } from "../host/frame.ts";
import type { CallResult, OutcomeCode } from "../outcome.ts";
import { deriveRun, type Machine } from "./machine.ts";

/** A number is unsigned (i32), a bigint signed (i64); bytes that are not inside the memory are null. */
export type TracedArgument = number | bigint | Uint8Array | null;

export interface TracedHostCall {
  /** As in the ABI table: `storage_get`. */
  readonly name: string;
  /** By the parameter's name; an address and its length are one entry, the bytes at the address. */
  readonly args: Readonly<Record<string, TracedArgument>>;
  /** Gas left when the host took over: what the call costs by its arguments was charged before. */
  readonly gasBefore: number;
  gasAfter: number;
  /** What the function returned; undefined when it returns nothing or ended the frame. */
  result: number | bigint | undefined;
  /** The result register when the function has set it: a value that was read, what a callee returned. */
  register: Uint8Array | undefined;
  /** True when the function ended the frame: a revert, a refusal, out of gas, a failed callee. */
  endsFrame: boolean;
  /** The frame of the callee, when one ran a module. */
  callee: TracedFrame | undefined;
}

export interface TracedFrame {
  readonly contract: string;
  readonly method: string;
  readonly input: Uint8Array;
  readonly gasLimit: number;
  readonly hostCalls: TracedHostCall[];
  /** Undefined while the frame runs, and in one that a fault of the node came out of. */
  outcome: OutcomeCode | undefined;
  revertCode: number;
  output: Uint8Array;
  gasUsed: number;
}

export interface TraceOptions {
  /** Host calls kept. Default 100,000. */
  readonly hostCallsMax?: number;
  /** Bytes of arguments and registers kept. Default 64 MiB. */
  readonly bytesMax?: number;
}

const HOST_CALLS_MAX = 100_000;
const BYTES_MAX = 64 * 1024 * 1024;

/**
 * The frames that a transaction or query began with; `lifecycle` and `chain` run no module and have none. What comes
 * after the bounds is counted, not kept: a run can make millions of host calls.
 */
export class Trace {
  readonly frames: TracedFrame[] = [];
  /** The frames that run; undefined for one that is not kept. */
  readonly #open: (TracedFrame | undefined)[] = [];
  #hostCallsLeft: number;
  #bytesLeft: number;
  #leftOut = 0;

  constructor({ hostCallsMax = HOST_CALLS_MAX, bytesMax = BYTES_MAX }: TraceOptions = {}) {
    this.#hostCallsLeft = hostCallsMax;
    this.#bytesLeft = bytesMax;
  }

  /** Host calls and frames that were not kept. */
  get leftOut(): number {
    return this.#leftOut;
  }

  get isFull(): boolean {
    return this.#hostCallsLeft <= 0 || this.#bytesLeft <= 0;
  }

  /** A frame has begun, inside of the host call that is open. */
  begin(contract: string, method: string, input: Uint8Array, gasLimit: number): void {
    if (this.isFull) {
      this.#leftOut += 1;
      this.#open.push(undefined);
      return;
    }
    const ending = { outcome: undefined, revertCode: 0, output: new Uint8Array(0), gasUsed: 0 };
    const frame: TracedFrame = { contract, method, input: input.slice(), gasLimit, hostCalls: [], ...ending };
    this.keepBytes(input);
    const caller = this.#open.at(-1)?.hostCalls.at(-1);
    if (caller === undefined) this.frames.push(frame);
    else caller.callee = frame;
    this.#open.push(frame);
  }

  /** The innermost frame has ended so. */
  end({ outcome, revertCode, output, gasUsed }: CallResult): void {
    const frame = this.#open.pop();
    if (frame === undefined) return;
    this.keepBytes(output);
    Object.assign(frame, { outcome, revertCode, output, gasUsed });
  }

  /** The innermost frame has called the host, with the call that `make` gives; it is not asked when nothing is kept. */
  hostCall(make: () => TracedHostCall): TracedHostCall | undefined {
    const frame = this.#open.at(-1);
    if (frame === undefined || this.isFull) {
      this.#leftOut += 1;
      return undefined;
    }
    this.#hostCallsLeft -= 1;
    const call = make();
    for (const argument of Object.values(call.args)) if (argument instanceof Uint8Array) this.keepBytes(argument);
    frame.hostCalls.push(call);
    return call;
  }

  /** These bytes are part of the trace. */
  keepBytes({ length }: Uint8Array): void {
    this.#bytesLeft -= length;
  }
}

/**
 * `base`, with runs noted in the trace: all of them, or those that `isTraced` chooses by their environment. It knows and
 * takes the contracts of `base`.
 */
export function tracedMachine(
  base: Machine,
  trace: Trace,
  isTraced: (environment: HostEnvironment) => boolean = () => true,
): Machine {
  const tracedRun = deriveRun(base, (imports, host) => tracedImports(imports, host, trace));
  return {
    scheduleHash: base.scheduleHash,
    instrumenterVersion: base.instrumenterVersion,
    allowsDebug: base.allowsDebug,
    load: (code) => base.load(code),
    loaded: (codeHash) => base.loaded(codeHash),
    prepared: (codeHash) => base.prepared(codeHash),
    adopt: (prepared) => base.adopt(prepared),
    run(contract, method, input, gasLimit, environment) {
      if (!isTraced(environment)) return base.run(contract, method, input, gasLimit, environment);
      trace.begin(environment.context.selfContract, method, input, gasLimit);
      const result = tracedRun(contract, method, input, gasLimit, environment);
      trace.end(result);
      return result;
    },
  };
}

type HostCode = (...args: (number | bigint)[]) => number | bigint | undefined;

function tracedImports(imports: WebAssembly.Imports, host: HostState, trace: Trace): WebAssembly.Imports {
  const traced: WebAssembly.Imports = {};
  for (const row of HOST_FUNCTIONS) {
    const plain = imports[row.module]?.[row.name] as HostCode | undefined;
    if (plain === undefined) throw new NodeError("host.unbound", `no implementation of ${row.name}`);
    traced[row.module] ??= {};
    traced[row.module]![row.name] = tracedFunction(row, plain, host, trace);
  }
  return traced;
}

function tracedFunction(row: HostFunction, plain: HostCode, host: HostState, trace: Trace): HostCode {
  return (...args) => {
    const frame = host.frame;
    if (frame === null) return plain(...args);
    const call = trace.hostCall(() => begunCall(row, args, frame));
    if (call === undefined) return plain(...args);
    const registerBefore = frame.register;
    try {
      call.result = plain(...args);
      call.endsFrame = false;
      return call.result;
    } finally {
      call.gasAfter = frame.guest.gasLeft();
      if (!call.endsFrame && frame.register !== registerBefore) {
        call.register = frame.register;
        trace.keepBytes(frame.register);
      }
    }
  };
}

/** A host call as it is before the host has done anything. */
function begunCall(row: HostFunction, args: readonly (number | bigint)[], frame: Frame): TracedHostCall {
  return {
    name: row.name,
    args: decodedArguments(row, args, frame.memory),
    gasBefore: frame.guest.gasLeft(),
    gasAfter: 0,
    result: undefined,
    register: undefined,
    endsFrame: true,
    callee: undefined,
  };
}

const LENGTH_SUFFIX = "Length";

/** `nameLength` belongs to `name`, a bare `length` to the parameter before it. */
function decodedArguments(
  row: HostFunction,
  args: readonly (number | bigint)[],
  memory: Uint8Array,
): Record<string, TracedArgument> {
  const decoded: Record<string, TracedArgument> = {};
  for (const [index, { name }] of row.params.entries()) {
    const value = args[index]!;
    const owner = name === "length" ? row.params[index - 1]?.name : ownerOf(row, name);
    if (owner === undefined) decoded[name] = typeof value === "bigint" ? value : value >>> 0;
    else decoded[owner] = bytesAt(memory, Number(decoded[owner]), Number(value) >>> 0);
  }
  return decoded;
}

function ownerOf(row: HostFunction, name: string): string | undefined {
  const owner = name.endsWith(LENGTH_SUFFIX) ? name.slice(0, -LENGTH_SUFFIX.length) : undefined;
  return row.params.some((each) => each.name === owner) ? owner : undefined;
}

/** This only looks: what the host function says of such a range is its own affair. */
function bytesAt(memory: Uint8Array, address: number, length: number): Uint8Array | null {
  return address + length > memory.length ? null : memory.slice(address, address + length);
}
