/**
 * Contracts that call a host function over and over, at the lengths and in the states that make it dearest. A function
 * of the ABI table without a case of its own is called with what its parameters look like.
 */
import { randomBytes } from "node:crypto";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ALGORITHMS, type AlgorithmName } from "../../../accel/device.ts";
import { BLS_POSSESSION_TAG, BLS_SIGNATURE_TAG } from "../../../accel/reference/bls.ts";
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

const ENTRIES = 100;

/** Walks over what the run itself has put, and over nothing. */
function scanCases(): HostCase[] {
  const scan = (prefixLength: number): string =>
    `(drop (call $storage_scan ${at(0)} ${at(prefixLength)} ${at(0)} ${at(0)} ${at(ENTRIES)} ${at(65_536)}))`;
  const fill = (length: number): string => `(local.set $n ${at(ENTRIES)})
    (loop $put ${NEW_KEY} ${put(12, length, 0)}
      (br_if $put (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))`;
  return [
    hostCase("storage_scan", "nothing", { body: scan(8), times: 200 }),
    ...[1, 600].map((length) =>
      hostCase("storage_scan", `${ENTRIES} new entries of ${length} bytes`, {
        also: ["storage_put"],
        before: fill(length),
        body: scan(8),
        times: 50,
        pages: 2,
      }),
    ),
  ];
}

/** The change: +1, between the least and the largest number there is. */
const ADD_ONE = `(i64.store ${at(VALUE)} (i64.const 1)) (i64.store ${at(VALUE + 8)} (i64.const -9223372036854775808))
  (i64.store ${at(VALUE + 16)} (i64.const 9223372036854775807))`;

function counterCases(): HostCase[] {
  const add = (key: number, length: number): string =>
    `(drop (call $counter_add ${at(key)} ${at(length)} ${at(VALUE)}))`;
  const read = (key: number, length: number): string =>
    `(call $counter_read ${at(key)} ${at(length)} ${at(VALUE + 32)})`;
  return [
    hostCase("counter_add", "the same counter", { before: ADD_ONE, body: add(KEY, 8), times: 500 }),
    hostCase("counter_add", "new counters", { before: ADD_ONE, body: `${NEW_KEY} ${add(0, 12)}`, times: 500 }),
    hostCase("counter_read", "a counter", {
      also: ["counter_add"],
      before: `${ADD_ONE} ${add(KEY, 8)}`,
      body: read(KEY, 8),
      times: 500,
    }),
    hostCase("counter_read", "a new key", { body: `${NEW_KEY} ${read(0, 12)}`, times: 500 }),
  ];
}

const TOPICS = 4;
const TOPIC_BYTES = 64;

function indexedEventCase(): HostCase {
  const stride = 4 + TOPIC_BYTES;
  const lengths = Array.from(
    { length: TOPICS },
    (_, i) => `(i32.store ${at(VALUE + 4 + i * stride)} ${at(TOPIC_BYTES)})`,
  );
  return hostCase("event_emit_indexed", `${TOPICS} topics of ${TOPIC_BYTES} bytes`, {
    before: `(i32.store8 ${at(KEY)} ${at(0x61)}) (i32.store ${at(VALUE)} ${at(TOPICS)}) ${lengths.join(" ")}`,
    body: `(call $event_emit_indexed ${at(KEY)} ${at(1)} ${at(VALUE)} ${at(4 + TOPICS * stride)} ${at(0)} ${at(1)})`,
    times: 200,
  });
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

function recoverCase(): HostCase {
  const secretKey = secp256k1.utils.randomSecretKey();
  const digest = new Uint8Array(randomBytes(32));
  const recovered = secp256k1.sign(digest, secretKey, { prehash: false, format: "recovered" });
  const id = recovered[0]!;
  const input = new Uint8Array(Buffer.concat([digest, recovered.subarray(1)]));
  const body = `(if (i32.eqz (call $secp256k1_recover ${at(8)} ${at(40)} ${at(id)} ${at(KEY)})) (then unreachable))`;
  return { ...hostCase("secp256k1_recover", "a good signature", { body, times: 3 }), input };
}

/** Lists of one algorithm, one key and one message of 32 bytes each. */
function listCases(): HostCase[] {
  const names = Object.entries(ALGORITHMS) as [AlgorithmName, (typeof ALGORITHMS)[AlgorithmName]][];
  return names.map(([name, algorithm]) => {
    const items = 8;
    const secretKey = generateSecretKey(algorithm);
    const list = Array.from({ length: items }, () => {
      const message = new Uint8Array(randomBytes(32));
      const head = Buffer.from([algorithm, ...publicKeyOf(algorithm, secretKey)]);
      return Buffer.concat([head, sign(algorithm, secretKey, message), Buffer.from([32, 0, 0, 0]), message]);
    });
    const input = new Uint8Array(Buffer.concat(list));
    const verify = `(call $signature_verify_many ${at(8)} ${at(input.length)})`;
    const body = `(if (i32.ne ${verify} ${at(items)}) (then unreachable))`;
    return { ...hostCase("signature_verify_many", `${items} of ${name}`, { body, times: 1 }), input };
  });
}

const { longSignatures } = bls12_381;

/** Keys, the aggregate of their signatures over a message each, and the messages as a list; or one message for all. */
function blsCase(keys: number, isFast: boolean): HostCase {
  const pairs = Array.from({ length: keys }, () => longSignatures.keygen());
  const messages = pairs.map(() => new Uint8Array(randomBytes(32)));
  const messageOf = (index: number): Uint8Array => messages[isFast ? 0 : index]!;
  const signatures = pairs.map(({ secretKey }, index) =>
    longSignatures.sign(longSignatures.hash(messageOf(index), BLS_SIGNATURE_TAG), secretKey),
  );
  const list = messages.flatMap((message) => [Buffer.from([message.length, 0, 0, 0]), message]);
  const tail = isFast ? [messageOf(0)] : list;
  const publicKeys = Buffer.concat(pairs.map(({ publicKey }) => publicKey.toBytes()));
  const signature = longSignatures.aggregateSignatures(signatures).toBytes();
  const input = new Uint8Array(Buffer.concat([publicKeys, signature, ...tail]));
  const signaturePlace = 8 + publicKeys.length;
  const tailPlace = signaturePlace + signature.length;
  const name = isFast ? "bls_fast_aggregate_verify" : "bls_aggregate_verify";
  const places = [8, publicKeys.length, signaturePlace, tailPlace, input.length + 8 - tailPlace].map(at).join(" ");
  const body = `(if (i32.eqz (call $${name} ${places})) (then unreachable))`;
  return { ...hostCase(name, `${keys} keys`, { body, times: 1, pages: pagesFor(input.length) }), input };
}

function possessionCase(): HostCase {
  const { publicKey, secretKey } = longSignatures.keygen();
  const key = publicKey.toBytes();
  const proof = longSignatures.sign(longSignatures.hash(key, BLS_POSSESSION_TAG), secretKey).toBytes();
  const body = `(if (i32.eqz (call $bls_pop_verify ${at(8)} ${at(8 + key.length)})) (then unreachable))`;
  return {
    ...hostCase("bls_pop_verify", "a good proof", { body, times: 1 }),
    input: new Uint8Array(Buffer.concat([key, proof])),
  };
}

function aggregateCases(): HostCase[] {
  return [blsCase(1, true), blsCase(128, true), blsCase(1, false), blsCase(16, false), possessionCase()];
}

function callCases(): HostCase[] {
  const name = (text: string, place: number): string =>
    [...Buffer.from(text)].map((byte, index) => `(i32.store8 ${at(place + index)} ${at(byte)})`).join(" ");
  const call = (host: string, contract: string): string =>
    `(drop (call $${host} ${at(KEY)} ${at(contract.length)} ${at(KEY + 64)} ${at(3)}
      ${at(0)} ${at(0)} (i64.const 1000000)))`;
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

/** What a chain takes no module with. */
const REFUSED: ReadonlySet<string> = new Set(["debug_log"]);
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
    ...scanCases(),
    ...counterCases(),
    indexedEventCase(),
    ...hashCases(),
    ...signatureCases(),
    recoverCase(),
    ...listCases(),
    ...aggregateCases(),
    ...callCases(),
    ...endingCases(),
  ];
  const covered = new Set(own.map(({ cost }) => cost));
  const missing = HOST_FUNCTIONS.filter(({ name }) => !covered.has(name) && !REFUSED.has(name));
  return [...own, ...missing.map(defaultCase)];
}
