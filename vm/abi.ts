/**
 * The one table of host functions. The import allow-list of admission, the metering wrappers of the instrumenter, the host
 * implementations, the SDK stubs and the reference page are all made from it; nothing else lists them.
 *
 * Conventions: addresses and lengths are unsigned i32. A result that can be long is left in the frame's *result register*
 * by the call that made it, which returns its length; `result_read` copies it out, so the host never calls the guest to
 * allocate and can never be re-entered. Costs are in gas and are charged before the work; a cost that depends on what the
 * host finds (a value's length) is charged by the host when it is known, before it is handed over.
 *
 * What a block leaves for ever (keys and values written, keys deleted, events, outputs) costs RESULT_BYTE_GAS a byte, and the
 * base of such a call pays for the lengths and names that are written beside it. So the gas of a block bounds the bytes of
 * its results, and with them its record in the log (runtime/chain/settings-rules.ts).
 */

import type { LIMITS } from "./limits.ts";

export type WasmType = "i32" | "i64";

export interface HostParameter {
  readonly name: string;
  readonly type: WasmType;
}

export interface HostCost {
  readonly base: number;
  /** Charged per byte of the length given in these parameters. */
  readonly perByte?: Readonly<Record<string, number>>;
  /** Charged per byte of the result the host finds. */
  readonly perResultByte?: number;
  /** Charged per entry that the host finds, with the bytes of its key and value as result bytes. */
  readonly perResultEntry?: number;
  /** Extra by the value of one parameter; a value that is not listed costs the dearest. */
  readonly byValue?: { readonly parameter: string; readonly gas: Readonly<Record<number, number>> };
  /** Charged by the host for each item of a list, by its algorithm, when it has read the list and not yet worked on it. */
  readonly perItem?: Readonly<Record<number, number>>;
}

export interface HostFunction {
  readonly module: string;
  readonly name: string;
  readonly params: readonly HostParameter[];
  readonly result: WasmType | null;
  readonly cost: HostCost;
  /** True when a read-only frame may not call it. */
  readonly writes: boolean;
  /** True when it never returns: it ends the frame. */
  readonly endsFrame?: true;
  /** Protocol version that introduced it. */
  readonly since: number;
  /** What is true after the call. */
  readonly doc: string;
  /** Names of HOST_REFUSALS (or other outcomes) it can end the frame with. */
  readonly refusals: readonly string[];
  /** Bounds of vm/limits.ts that it holds its arguments to. */
  readonly limits?: readonly (keyof typeof LIMITS)[];
  /** True when only test chains have it: admission refuses a module that imports it. */
  readonly debugOnly?: boolean;
}

export const PROTOCOL_VERSION = 1;
export const HOST_MODULE = "cinnabar";

const i32 = (name: string): HostParameter => ({ name, type: "i32" });
const i64 = (name: string): HostParameter => ({ name, type: "i64" });

/** Gas of a byte that stays in a block's results. */
export const RESULT_BYTE_GAS = 60;

/**
 * Gas of hashes and signatures: at least twice the nanoseconds that the reference driver (accel/reference) takes in the
 * worst case. Measured on a 2-vCPU AMD EPYC with Node 20.20, median CPU time of 9 interleaved rounds, valid inputs, a
 * fresh key each time; docs/gas.md has the table.
 */
const SIGNATURE_GAS = { 1: 3_400_000, 2: 3_600_000, 3: 5_600_000, 4: 6_400_000 } as const;
/** Per byte of a message: SHA-512 in ed25519 is the dearest, 13.7 ns. */
const SIGNATURE_BYTE_GAS = 30;
/** A key of a fast aggregate (decoded, in the subgroup, added) is 48 bytes of this: 3,000,000. */
const BLS_KEY_BYTE_GAS = 62_500;
/** A key and its message (decoded, hashed to the curve, paired) is 48 bytes of this: 29,760,000. */
const BLS_PAIR_BYTE_GAS = 620_000;
/** Per byte of a message that is hashed to the curve: SHA-256, 6.7 ns. */
const BLS_BYTE_GAS = 16;

type Row = Omit<HostFunction, "module" | "since"> & { readonly module?: string };
const row = (entry: Row): HostFunction => ({ module: HOST_MODULE, since: 1, ...entry });

export const HOST_FUNCTIONS: readonly HostFunction[] = [
  row({
    module: "env",
    name: "abort",
    params: [i32("message"), i32("fileName"), i32("line"), i32("column")],
    result: null,
    cost: { base: 25_000 },
    writes: false,
    endsFrame: true,
    doc: "Ends the frame with a revert (code 0xffff0001) whose message is the AssemblyScript string at `message` (UTF-16 with its byte length at -4, lone surrogates become U+FFFD), cut to 1 KiB of UTF-8. The file and position are not part of the result.",
    refusals: ["outsideMemory"],
    limits: ["revertMessageBytes"],
  }),
  row({
    name: "input_size",
    params: [],
    result: "i32",
    cost: { base: 100 },
    writes: false,
    doc: "Returns the length of the call's argument bytes.",
    refusals: [],
  }),
  row({
    name: "input_read",
    params: [i32("target")],
    result: null,
    cost: { base: 100, perResultByte: 1 },
    writes: false,
    doc: "The call's argument bytes stand at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "output_write",
    params: [i32("source"), i32("length")],
    result: null,
    cost: { base: 600, perByte: { length: RESULT_BYTE_GAS } },
    writes: false,
    doc: "The frame's return bytes are those at `source`; a later call replaces them. At most 65536 bytes.",
    refusals: ["outsideMemory", "outputTooLong"],
    limits: ["outputBytes"],
  }),
  row({
    name: "result_read",
    params: [i32("target")],
    result: null,
    cost: { base: 100, perResultByte: 1 },
    writes: false,
    doc: "The bytes of the result register stand at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "revert",
    params: [i32("code"), i32("message"), i32("length")],
    result: null,
    cost: { base: 25_000, perByte: { length: 1 } },
    writes: false,
    endsFrame: true,
    doc: "Ends the frame with a revert: all its effects are undone, gas is what ran. `code` below 0xffff0000, or 0xffff0002 for arguments that do not decode (another reserved one is recorded as 0xffff0001); the message is UTF-8, invalid bytes become U+FFFD, cut to 1 KiB.",
    refusals: ["outsideMemory"],
    limits: ["revertMessageBytes"],
  }),
  row({
    name: "storage_get",
    params: [i32("key"), i32("keyLength")],
    result: "i32",
    cost: { base: 1400, perByte: { keyLength: 20 }, perResultByte: 1 },
    writes: false,
    doc: "Returns the length of the value under the key and leaves it in the result register; -1 when there is none.",
    refusals: ["outsideMemory", "keyTooLong", "emptyKey"],
    limits: ["storageKeyBytes"],
  }),
  row({
    name: "storage_has",
    params: [i32("key"), i32("keyLength")],
    result: "i32",
    cost: { base: 1400, perByte: { keyLength: 20 } },
    writes: false,
    doc: "Returns 1 when there is a value under the key, else 0.",
    refusals: ["outsideMemory", "keyTooLong", "emptyKey"],
    limits: ["storageKeyBytes"],
  }),
  row({
    name: "storage_put",
    params: [i32("key"), i32("keyLength"), i32("value"), i32("valueLength")],
    result: null,
    cost: { base: 3000, perByte: { keyLength: RESULT_BYTE_GAS, valueLength: RESULT_BYTE_GAS } },
    writes: true,
    doc: "The value stands under the key in this frame's checkpoint. Key 1..512 bytes, value at most 65536.",
    refusals: ["outsideMemory", "keyTooLong", "emptyKey", "valueTooLong", "readOnly"],
    limits: ["storageKeyBytes", "storageValueBytes"],
  }),
  row({
    name: "storage_delete",
    params: [i32("key"), i32("keyLength")],
    result: "i32",
    cost: { base: 3000, perByte: { keyLength: RESULT_BYTE_GAS } },
    writes: true,
    doc: "There is no value under the key; returns 1 when there was one, else 0.",
    refusals: ["outsideMemory", "keyTooLong", "emptyKey", "readOnly"],
    limits: ["storageKeyBytes"],
  }),
  row({
    name: "storage_scan",
    params: [i32("prefix"), i32("prefixLength"), i32("start"), i32("startLength"), i32("entriesMax"), i32("bytesMax")],
    result: "i32",
    cost: { base: 8000, perByte: { prefixLength: 20, startLength: 20 }, perResultByte: 2, perResultEntry: 2000 },
    writes: false,
    doc: "The result register holds a page of the contract's own storage: the entries whose keys begin with the prefix and are not before `start` (empty: from the first), in byte order of the keys, as this frame sees them. The page ends behind `entriesMax` (1..100) entries, behind the entry with which keys and values are `bytesMax` (1..65536) bytes or more, or at the end of the range: `1 or 0 (u8; 1: it did not reach the end) | u32 count | each: u32 length, key, u32 length, value`. The next page starts at the last key and a zero byte. Returns the register's length.",
    refusals: ["outsideMemory", "keyTooLong", "badPage"],
    limits: ["storageKeyBytes", "scanStartBytes", "scanEntries", "scanBytes"],
  }),
  row({
    name: "counter_add",
    params: [i32("key"), i32("keyLength"), i32("change")],
    result: "i32",
    cost: { base: 4200, perByte: { keyLength: RESULT_BYTE_GAS } },
    writes: true,
    doc: "Returns 1 and the counter under the key is its value + delta, when that sum (of integers, it cannot wrap) is in [minimum, maximum]; else returns 0 and nothing has changed. The 24 bytes at `change` are delta, minimum and maximum, each an i64. A counter is a value of 8 bytes, an i64 in the codec's form, whatever put it there; no value counts as 0. The answer says nothing else of the counter, so that the order of two adds matters only near a bound.",
    refusals: ["outsideMemory", "keyTooLong", "emptyKey", "notACounter", "readOnly"],
    limits: ["storageKeyBytes", "counterBytes", "counterChangeBytes"],
  }),
  row({
    name: "counter_read",
    params: [i32("key"), i32("keyLength"), i32("target")],
    result: null,
    cost: { base: 1420, perByte: { keyLength: 20 } },
    writes: false,
    doc: "The counter under the key, an i64, stands in the 8 bytes at `target`; 0 when there is no value.",
    refusals: ["outsideMemory", "keyTooLong", "emptyKey", "notACounter"],
    limits: ["storageKeyBytes", "counterBytes"],
  }),
  row({
    name: "event_emit",
    params: [i32("name"), i32("nameLength"), i32("data"), i32("dataLength")],
    result: null,
    cost: { base: 3000, perByte: { nameLength: RESULT_BYTE_GAS, dataLength: RESULT_BYTE_GAS } },
    writes: true,
    doc: "The event is the next of this transaction's receipt, unless the frame or one above it fails. Name 1..64 bytes of ASCII letters, digits, `_`; data at most 16384 bytes; 256 events a transaction.",
    refusals: ["outsideMemory", "eventTooLong", "eventsTooMany", "badName", "readOnly"],
    limits: ["eventNameBytes", "eventDataBytes", "eventsPerTransaction"],
  }),
  row({
    name: "event_emit_indexed",
    params: [i32("name"), i32("nameLength"), i32("topics"), i32("topicsLength"), i32("data"), i32("dataLength")],
    result: null,
    cost: {
      base: 3200,
      perByte: { nameLength: RESULT_BYTE_GAS, topicsLength: RESULT_BYTE_GAS, dataLength: RESULT_BYTE_GAS },
    },
    writes: true,
    doc: "As `event_emit`, with topics by which the event is found: `topics` is a `u32` count of at most 4 and each topic, `u32` length and at most 64 bytes, with nothing behind.",
    refusals: ["outsideMemory", "eventTooLong", "eventsTooMany", "badName", "badTopics", "readOnly"],
    limits: ["eventNameBytes", "eventTopics", "eventTopicBytes", "eventDataBytes", "eventsPerTransaction"],
  }),
  row({
    name: "call",
    params: [
      i32("contract"),
      i32("contractLength"),
      i32("method"),
      i32("methodLength"),
      i32("args"),
      i32("argsLength"),
      i64("gasLimit"),
    ],
    result: "i32",
    cost: { base: 5000, perByte: { contractLength: 2, methodLength: 2, argsLength: 2 } },
    writes: false,
    doc: "The callee's method has run; returns the length of its output, left in the result register. A failed callee ends this frame with calleeFailed. The callee gets min(gasLimit, gas left - gas left / 64); what it used is charged. Depth at most 8; a contract on the call stack cannot be entered again; a read-only frame calls read-only.",
    refusals: ["outsideMemory", "callDepth", "reentrancy", "badName"],
    limits: ["contractNameBytes", "methodNameBytes", "callDepth", "callGasDivisor"],
  }),
  row({
    name: "try_call",
    params: [
      i32("contract"),
      i32("contractLength"),
      i32("method"),
      i32("methodLength"),
      i32("args"),
      i32("argsLength"),
      i64("gasLimit"),
    ],
    result: "i32",
    cost: { base: 5000, perByte: { contractLength: 2, methodLength: 2, argsLength: 2 } },
    writes: false,
    doc: "As `call`, but a failed callee is caught: its effects are undone, and the result register holds outcome (u8), revert code (u32 LE) and output in either case. Returns the register's length.",
    refusals: ["outsideMemory", "callDepth", "reentrancy", "badName"],
    limits: ["contractNameBytes", "methodNameBytes", "callDepth", "callGasDivisor"],
  }),
  row({
    name: "sender",
    params: [i32("target")],
    result: null,
    cost: { base: 100 },
    writes: false,
    doc: "The 32-byte address of the transaction's signer stands at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "caller",
    params: [i32("target")],
    result: null,
    cost: { base: 100 },
    writes: false,
    doc: "The 32-byte address of the direct caller (sender or contract) stands at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "caller_contract",
    params: [],
    result: "i32",
    cost: { base: 500 },
    writes: false,
    doc: "Returns the length of the calling contract's name, left in the result register; 0 when the sender called.",
    refusals: [],
  }),
  row({
    name: "self",
    params: [i32("target")],
    result: null,
    cost: { base: 100 },
    writes: false,
    doc: "The 32-byte address of this contract stands at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "transaction_id",
    params: [i32("target")],
    result: null,
    cost: { base: 100 },
    writes: false,
    doc: "The 32-byte id of the transaction stands at `target`; zeros in a query.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "chain_id",
    params: [],
    result: "i32",
    cost: { base: 500 },
    writes: false,
    doc: "Returns the length of the chain id (UTF-8), left in the result register.",
    refusals: [],
  }),
  row({
    name: "block_height",
    params: [],
    result: "i64",
    cost: { base: 100 },
    writes: false,
    doc: "Returns the height of the block being executed.",
    refusals: [],
  }),
  row({
    name: "block_time",
    params: [],
    result: "i64",
    cost: { base: 100 },
    writes: false,
    doc: "Returns the block's time in seconds since 1970-01-01.",
    refusals: [],
  }),
  row({
    name: "gas_left",
    params: [],
    result: "i64",
    cost: { base: 100 },
    writes: false,
    doc: "Returns the gas this frame has left after this call was paid.",
    refusals: [],
  }),
  row({
    name: "debug_log",
    params: [i32("source"), i32("length")],
    result: null,
    cost: { base: 100, perByte: { length: 1 } },
    writes: false,
    doc: "Whoever runs the test chain has seen the text (UTF-8, invalid bytes become U+FFFD, cut to 1 KiB). No result knows of it. A chain refuses a module that imports it; only the test kit takes one.",
    refusals: ["outsideMemory"],
    limits: ["debugLogBytes"],
    debugOnly: true,
  }),
  row({
    name: "sha256",
    params: [i32("source"), i32("length"), i32("target")],
    result: null,
    cost: { base: 1400, perByte: { length: 4 } },
    writes: false,
    doc: "The 32-byte SHA-256 hash (FIPS 180-4) stands at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "sm3",
    params: [i32("source"), i32("length"), i32("target")],
    result: null,
    cost: { base: 2000, perByte: { length: 8 } },
    writes: false,
    doc: "The 32-byte SM3 hash (GB/T 32905) stands at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "keccak256",
    params: [i32("source"), i32("length"), i32("target")],
    result: null,
    cost: { base: 17_000, perByte: { length: 96 } },
    writes: false,
    doc: "The 32-byte Keccak-256 hash (original padding, as in Ethereum) stands at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "signature_verify",
    params: [
      i32("algorithm"),
      i32("publicKey"),
      i32("publicKeyLength"),
      i32("signature"),
      i32("message"),
      i32("messageLength"),
    ],
    result: "i32",
    cost: {
      base: 1000,
      perByte: { messageLength: SIGNATURE_BYTE_GAS },
      byValue: {
        parameter: "algorithm",
        gas: SIGNATURE_GAS,
      },
    },
    writes: false,
    doc: "Returns 1 when the 64-byte signature at `signature` is accepted by the chain's rule for the algorithm (1 ed25519 by ZIP-215, 2 secp256k1 and 3 P-256 over SHA-256 with low s, 4 SM2 with SM3 and the chain's user id), else 0.",
    refusals: ["outsideMemory", "badAlgorithm"],
  }),
  row({
    name: "sha512",
    params: [i32("source"), i32("length"), i32("target")],
    result: null,
    cost: { base: 5000, perByte: { length: 28 } },
    writes: false,
    doc: "The 64-byte SHA-512 hash (FIPS 180-4) stands at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "blake2b256",
    params: [i32("source"), i32("length"), i32("target")],
    result: null,
    cost: { base: 11_000, perByte: { length: 52 } },
    writes: false,
    doc: "The BLAKE2b hash (RFC 7693, no key) with a digest of 32 bytes stands at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "blake2b512",
    params: [i32("source"), i32("length"), i32("target")],
    result: null,
    cost: { base: 8000, perByte: { length: 46 } },
    writes: false,
    doc: "The BLAKE2b hash (RFC 7693, no key) with a digest of 64 bytes stands at `target`; its first half is not blake2b256.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "blake3",
    params: [i32("source"), i32("length"), i32("target")],
    result: null,
    cost: { base: 9000, perByte: { length: 48 } },
    writes: false,
    doc: "The 32-byte BLAKE3 hash (no key) stands at `target`.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "secp256k1_recover",
    params: [i32("digest"), i32("signature"), i32("recoveryId"), i32("target")],
    result: "i32",
    cost: { base: 4_000_000 },
    writes: false,
    doc: "Returns 1 and the 33-byte compressed key stands at `target` under which the 64-byte signature (r, s, low s) over the 32-byte digest is valid; 0, and nothing is written, when there is none or the recovery id (the parity of y) is not 0 or 1. The digest is what was signed: the contract hashes.",
    refusals: ["outsideMemory"],
  }),
  row({
    name: "signature_verify_many",
    params: [i32("items"), i32("itemsLength")],
    result: "i32",
    cost: { base: 1000, perByte: { itemsLength: SIGNATURE_BYTE_GAS }, perItem: SIGNATURE_GAS },
    writes: false,
    doc: "Returns how many signatures of the list are accepted, and leaves one bit for each in the result register: bit (i mod 8) of byte (i / 8), unused bits 0. An item is algorithm (u8), public key (32 bytes for 1, else 33), signature (64), length of the message (u32 LE), message; the rules are those of signature_verify. At most 256 items, without padding; none gives 0.",
    refusals: ["outsideMemory", "tooManyItems", "badAlgorithm", "badList"],
    limits: ["verifyManyItems"],
  }),
  row({
    name: "bls_fast_aggregate_verify",
    params: [i32("publicKeys"), i32("publicKeysLength"), i32("signature"), i32("message"), i32("messageLength")],
    result: "i32",
    cost: { base: 70_000_000, perByte: { publicKeysLength: BLS_KEY_BYTE_GAS, messageLength: BLS_BYTE_GAS } },
    writes: false,
    doc: "Returns 1 when the 96-byte aggregate signature is that of all the keys (48 bytes each, at most 512) over the one message, else 0; also 0 without keys. BLS12-381, ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_: safe only with keys whose possession was proven (bls_pop_verify). Points are compressed, in the subgroup and not infinity.",
    refusals: ["outsideMemory", "tooManyItems", "badList"],
    limits: ["blsKeys"],
  }),
  row({
    name: "bls_aggregate_verify",
    params: [i32("publicKeys"), i32("publicKeysLength"), i32("signature"), i32("messages"), i32("messagesLength")],
    result: "i32",
    cost: { base: 36_000_000, perByte: { publicKeysLength: BLS_PAIR_BYTE_GAS, messagesLength: BLS_BYTE_GAS } },
    writes: false,
    doc: "Returns 1 when the 96-byte aggregate signature is that of each key (48 bytes each, at most 128) over the message at its place, else 0; also 0 without keys. A message of the list is its length (u32 LE) and its bytes; there are as many as keys. Ciphersuite and points as in bls_fast_aggregate_verify; messages may be equal.",
    refusals: ["outsideMemory", "tooManyItems", "badList"],
    limits: ["blsMessages"],
  }),
  row({
    name: "bls_pop_verify",
    params: [i32("publicKey"), i32("proof")],
    result: "i32",
    cost: { base: 64_000_000 },
    writes: false,
    doc: "Returns 1 when the 96-byte proof shows possession of the secret key of the 48-byte BLS12-381 public key (PopVerify of the ciphersuite in bls_fast_aggregate_verify, tag BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_), else 0.",
    refusals: ["outsideMemory"],
  }),
];
