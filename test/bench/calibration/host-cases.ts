/**
 * Contracts that call a host function over and over, at the lengths and in the states that make it dearest. A function
 * of the ABI table without a case of its own is called with what its parameters look like.
 */
import { randomBytes } from "node:crypto";
import { ALGORITHMS, type AlgorithmName } from "../../../accel/device.ts";
import { generateSecretKey, publicKeyOf, sign } from "../../../accel/reference/sign.ts";
import { HOST_FUNCTIONS, type HostFunction } from "../../../vm/abi.ts";
import { LIMITS } from "../../../vm/limits.ts";
import { OUTCOMES, type OutcomeCode } from "../../../vm/outcome.ts";

export interface HostCase {
  /** The price: a host function, `frame` or `memory.grow`. */
  readonly cost: string;
  readonly name: string;
  readonly module: string;
  /** Units of work in one run. */
  readonly units: number;
  /** Behind the eight bytes that change with each run. */
  readonly input?: Uint8Array;
  readonly outcome?: OutcomeCode;
}

interface Probe {
  readonly imports: readonly string[];
  readonly before?: string;
  readonly body: string;
  readonly times: number;
  readonly pages?: number;
}

const ROWS = new Map(HOST_FUNCTIONS.map((row) => [row.name, row]));
export const NOTHING_CONTRACT = `(module (memory (export "memory") 1 1) (func (export "call_run")))`;

function importText(row: HostFunction): string {
  const params = row.params.map(({ type }) => `(param ${type})`).join(" ");
  const result = row.result === null ? "" : `(result ${row.result})`;
  return `(import "${row.module}" "${row.name}" (func $${row.name} ${params} ${result}))`;
}

/** The counter $n goes down to 1; the run's salt stands at 0, eight bytes, the rest of the input behind it. */
function probe({ imports, before = "", body, times, pages = 1 }: Probe): string {
  const names = [...new Set(["input_read", ...imports])];
  return `(module ${names.map((name) => importText(ROWS.get(name)!)).join(" ")}
    (memory (export "memory") ${pages} ${pages})
    (func (export "call_run") (local $n i32)
      (call $input_read (i32.const 0)) ${before}
      (local.set $n (i32.const ${times}))
      (loop $again ${body}
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`;
}

function hostCase(cost: string, name: string, options: Omit<Probe, "imports"> & { also?: string[] }): HostCase {
  const { also = [], ...rest } = options;
  return { cost, name, units: options.times, module: probe({ ...rest, imports: [cost, ...also] }) };
}

const at = (value: number): string => `(i32.const ${value})`;
const pagesFor = (bytes: number): number => Math.min(LIMITS.memoryInitialPages, Math.ceil((bytes + 4096) / 65_536));

/** A key of 12 bytes at 0 that no run and no round has used: the salt and the counter. */
const NEW_KEY = "(i32.store (i32.const 8) (local.get $n))";
const KEY = 1024;
const VALUE = 2048;

const put = (keyLength: number, length: number, key = KEY): string =>
  `(call $storage_put ${at(key)} ${at(keyLength)} ${at(VALUE)} ${at(length)})`;
const get = (keyLength: number, key = KEY): string => `(drop (call $storage_get ${at(key)} ${at(keyLength)}))`;

function storageCases(): HostCase[] {
  const large = LIMITS.storageValueBytes;
  const pages = pagesFor(large);
  const longKey = LIMITS.storageKeyBytes;
  return [
    hostCase("storage_get", "8 bytes", { also: ["storage_put"], before: put(8, 8), body: get(8), times: 500 }),
    hostCase("storage_get", `${large} bytes`, {
      also: ["storage_put"],
      before: put(8, large),
      body: get(8),
      times: 500,
      pages,
    }),
    hostCase("storage_get", "nothing, a new key", { body: `${NEW_KEY} ${get(12, 0)}`, times: 500 }),
    hostCase("storage_get", "nothing, a new key of 512", { body: `${NEW_KEY} ${get(longKey, 0)}`, times: 500 }),
    hostCase("storage_has", "nothing, a new key", {
      body: `${NEW_KEY} (drop (call $storage_has ${at(0)} ${at(12)}))`,
      times: 500,
    }),
    hostCase("storage_put", "8 bytes, the same key", { body: put(8, 8), times: 500 }),
    hostCase("storage_put", "0 bytes, a key of 1", { body: put(1, 0), times: 500 }),
    hostCase("storage_put", `${large} bytes, the same key`, { body: put(8, large), times: 50, pages }),
    hostCase("storage_put", "8 bytes, new keys", { body: `${NEW_KEY} ${put(12, 8, 0)}`, times: 500 }),
    hostCase("storage_put", "8 bytes, new keys of 512", { body: `${NEW_KEY} ${put(longKey, 8, 0)}`, times: 500 }),
    hostCase("storage_delete", "nothing, a new key", {
      body: `${NEW_KEY} (drop (call $storage_delete ${at(0)} ${at(12)}))`,
      times: 500,
    }),
    hostCase("storage_delete", "what was just put", {
      also: ["storage_put"],
      body: `${put(8, 8)} (drop (call $storage_delete ${at(KEY)} ${at(8)}))`,
      times: 500,
    }),
    ...[0, 1024, large].map((length) =>
      hostCase("result_read", `${length} bytes`, {
        also: ["storage_put", "storage_get"],
        before: `${put(8, length)} ${get(8)}`,
        body: `(call $result_read ${at(VALUE)})`,
        times: 500,
        pages,
      }),
    ),
  ];
}

function inputOutputCases(): HostCase[] {
  const lengths = [0, 1024, LIMITS.outputBytes];
  return [
    ...lengths.map((length) => ({
      ...hostCase("input_read", `${length + 8} bytes`, {
        body: `(call $input_read ${at(0)})`,
        times: 500,
        pages: pagesFor(length),
      }),
      input: new Uint8Array(length),
    })),
    ...lengths.map((length) =>
      hostCase("output_write", `${length} bytes`, {
        body: `(call $output_write ${at(0)} ${at(length)})`,
        times: 100,
        pages: pagesFor(length),
      }),
    ),
    ...[1, LIMITS.eventDataBytes].map((length) =>
      hostCase("event_emit", `${length} bytes`, {
        before: `(i32.store8 ${at(KEY)} ${at(0x61)})`,
        body: `(call $event_emit ${at(KEY)} ${at(1)} ${at(0)} ${at(length)})`,
        times: 200,
      }),
    ),
  ];
}

function hashCases(): HostCase[] {
  const hashes = HOST_FUNCTIONS.filter(
    ({ params }) => params.map(({ name }) => name).join() === "source,length,target",
  );
  return hashes.flatMap(({ name }) =>
    [0, 1, 64, 1024, 65_536, 1_048_576].map((length) =>
      hostCase(name, `${length} bytes`, {
        body: `(call $${name} ${at(64)} ${at(length)} ${at(0)})`,
        times: Math.max(2, Math.min(200, Math.ceil(65_536 / (length + 1)))),
        pages: pagesFor(length),
      }),
    ),
  );
}

function signatureCases(): HostCase[] {
  const names = Object.entries(ALGORITHMS) as [AlgorithmName, (typeof ALGORITHMS)[AlgorithmName]][];
  return names.flatMap(([name, algorithm]) =>
    [32, 60_000].map((length) => {
      const message = new Uint8Array(randomBytes(length));
      const secretKey = generateSecretKey(algorithm);
      const publicKey = publicKeyOf(algorithm, secretKey);
      const signature = sign(algorithm, secretKey, message);
      const input = new Uint8Array(Buffer.concat([publicKey, signature, message]));
      const keyEnd = 8 + publicKey.length;
      const places = `${at(8)} ${at(publicKey.length)} ${at(keyEnd)} ${at(keyEnd + signature.length)} ${at(length)}`;
      const body = `(if (i32.eqz (call $signature_verify ${at(algorithm)} ${places})) (then unreachable))`;
      return {
        ...hostCase("signature_verify", `${name}, ${length} bytes`, { body, times: 3, pages: pagesFor(length + 200) }),
        input,
      };
    }),
  );
}

function callCases(): HostCase[] {
  const name = (text: string, place: number): string =>
    [...Buffer.from(text)].map((byte, index) => `(i32.store8 ${at(place + index)} ${at(byte)})`).join(" ");
  const call = (host: string, contract: string): string =>
    `(drop (call $${host} ${at(KEY)} ${at(contract.length)} ${at(KEY + 64)} ${at(3)} ${at(0)} ${at(0)} (i64.const 1000000)))`;
  return [
    ...["call", "try_call"].map((host) =>
      hostCase(host, "a contract that does nothing", {
        before: `${name("nothing", KEY)} ${name("run", KEY + 64)}`,
        body: call(host, "nothing"),
        times: 100,
      }),
    ),
    hostCase("try_call", "a contract that is not there", {
      before: `${name("missing", KEY)} ${name("run", KEY + 64)}`,
      body: call("try_call", "missing"),
      times: 100,
    }),
  ];
}

function endingCases(): HostCase[] {
  const abort = `(call $abort ${at(KEY)} ${at(0)} ${at(0)} ${at(0)})`;
  return [
    {
      ...hostCase("revert", "1024 bytes", { body: `(call $revert ${at(1)} ${at(0)} ${at(1024)})`, times: 1 }),
      outcome: OUTCOMES.revert,
    },
    {
      ...hostCase("abort", "2048 bytes of text", {
        before: `(i32.store ${at(KEY - 4)} ${at(2048)})`,
        body: abort,
        times: 1,
      }),
      outcome: OUTCOMES.revert,
    },
  ];
}

function frameCases(): HostCase[] {
  const empty = (pages: number): string =>
    `(module (memory (export "memory") ${pages} ${pages}) (func (export "call_run")))`;
  const grow = (pages: number): string => `(module (memory (export "memory") 1 ${LIMITS.memoryMaximumPages})
    (func (export "call_run") (drop (memory.grow ${at(pages)}))))`;
  return [
    ...[1, 4, LIMITS.memoryInitialPages].map((pages) => ({
      cost: "frame",
      name: `${pages} pages, a method of nothing`,
      module: empty(pages),
      units: 1,
    })),
    ...[0, 1, LIMITS.memoryMaximumPages - 1].map((pages) => ({
      cost: "memoryGrow",
      name: `by ${pages} pages, once in a call`,
      module: grow(pages),
      units: 1,
    })),
  ];
}

const DEFAULT_TIMES = 500;

/** A call of a function that is known by its row only: addresses at 64, lengths of 64. */
function defaultCase(row: HostFunction): HostCase {
  const values = row.params.map(({ name, type }) => {
    if (type === "i64") return "(i64.const 1)";
    return /[lL]ength$/.test(name) ? at(64) : name === "algorithm" ? at(1) : at(64);
  });
  const called = `(call $${row.name} ${values.join(" ")})`;
  const body = row.result === null ? called : `(drop ${called})`;
  return hostCase(row.name, "as its parameters look", { body, times: DEFAULT_TIMES });
}

export function hostCases(): HostCase[] {
  const own = [
    ...frameCases(),
    ...inputOutputCases(),
    ...storageCases(),
    ...hashCases(),
    ...signatureCases(),
    ...callCases(),
    ...endingCases(),
  ];
  const covered = new Set(own.map(({ cost }) => cost));
  const missing = HOST_FUNCTIONS.filter(({ name }) => !covered.has(name));
  return [...own, ...missing.map(defaultCase)];
}
