/**
 * The host functions of the virtual machine, as AssemblyScript sees them.
 * Made from vm/abi.ts by contracts/compiler/generate-host.ts; do not edit. The SDK wraps every one of them: a contract
 * imports the wrappers, and its compiler refuses a `declare` of its own.
 */

declare module "cinnabar";

/** Returns the length of the call's argument bytes. */
export declare function input_size(): i32;

/** The call's argument bytes stand at `target`. */
export declare function input_read(target: u32): void;

/** The frame's return bytes are those at `source`; a later call replaces them. At most 65536 bytes. */
export declare function output_write(source: u32, length: u32): void;

/** The bytes of the result register stand at `target`. */
export declare function result_read(target: u32): void;

/**
 * Ends the frame with a revert: all its effects are undone, gas is what ran. `code` below 0xffff0000, or 0xffff0002 for
 * arguments that do not decode (another reserved one is recorded as 0xffff0001); the message is UTF-8, invalid bytes
 * become U+FFFD, cut to 1 KiB.
 */
export declare function revert(code: u32, message: u32, length: u32): void;

/** Returns the length of the value under the key and leaves it in the result register; -1 when there is none. */
export declare function storage_get(key: u32, keyLength: u32): i32;

/** Returns 1 when there is a value under the key, else 0. */
export declare function storage_has(key: u32, keyLength: u32): i32;

/** The value stands under the key in this frame's checkpoint. Key 1..512 bytes, value at most 65536. */
export declare function storage_put(key: u32, keyLength: u32, value: u32, valueLength: u32): void;

/** There is no value under the key; returns 1 when there was one, else 0. */
export declare function storage_delete(key: u32, keyLength: u32): i32;

/**
 * The result register holds a page of the contract's own storage: the entries whose keys begin with the prefix and are
 * not before `start` (empty: from the first), in byte order of the keys, as this frame sees them. The page ends behind
 * `entriesMax` (1..100) entries, behind the entry with which keys and values are `bytesMax` (1..65536) bytes or more,
 * or at the end of the range: `1 or 0 (u8; 1: it did not reach the end) | u32 count | each: u32 length, key, u32
 * length, value`. The next page starts at the last key and a zero byte. Returns the register's length.
 */
export declare function storage_scan(
  prefix: u32,
  prefixLength: u32,
  start: u32,
  startLength: u32,
  entriesMax: u32,
  bytesMax: u32,
): i32;

/**
 * Returns 1 and the counter under the key is its value + delta, when that sum (of integers, it cannot wrap) is in
 * [minimum, maximum]; else returns 0 and nothing has changed. The 24 bytes at `change` are delta, minimum and maximum,
 * each an i64. A counter is a value of 8 bytes, an i64 in the codec's form, whatever put it there; no value counts as
 * 0. The answer says nothing else of the counter, so that the order of two adds matters only near a bound.
 */
export declare function counter_add(key: u32, keyLength: u32, change: u32): i32;

/** The counter under the key, an i64, stands in the 8 bytes at `target`; 0 when there is no value. */
export declare function counter_read(key: u32, keyLength: u32, target: u32): void;

/**
 * The event is the next of this transaction's receipt, unless the frame or one above it fails. Name 1..64 bytes of
 * ASCII letters, digits, `_`; data at most 16384 bytes; 256 events a transaction.
 */
export declare function event_emit(name: u32, nameLength: u32, data: u32, dataLength: u32): void;

/**
 * As `event_emit`, with topics by which the event is found: `topics` is a `u32` count of at most 4 and each topic,
 * `u32` length and at most 64 bytes, with nothing behind.
 */
export declare function event_emit_indexed(
  name: u32,
  nameLength: u32,
  topics: u32,
  topicsLength: u32,
  data: u32,
  dataLength: u32,
): void;

/**
 * The callee's method has run; returns the length of its output, left in the result register. A failed callee ends this
 * frame with calleeFailed. The callee gets min(gasLimit, gas left - gas left / 64); what it used is charged. Depth at
 * most 8; a contract on the call stack cannot be entered again; a read-only frame calls read-only.
 */
export declare function call(
  contract: u32,
  contractLength: u32,
  method: u32,
  methodLength: u32,
  args: u32,
  argsLength: u32,
  gasLimit: i64,
): i32;

/**
 * As `call`, but a failed callee is caught: its effects are undone, and the result register holds outcome (u8), revert
 * code (u32 LE) and output in either case. Returns the register's length.
 */
export declare function try_call(
  contract: u32,
  contractLength: u32,
  method: u32,
  methodLength: u32,
  args: u32,
  argsLength: u32,
  gasLimit: i64,
): i32;

/** The 32-byte address of the transaction's signer stands at `target`. */
export declare function sender(target: u32): void;

/** The 32-byte address of the direct caller (sender or contract) stands at `target`. */
export declare function caller(target: u32): void;

/** Returns the length of the calling contract's name, left in the result register; 0 when the sender called. */
export declare function caller_contract(): i32;

/** The 32-byte address of this contract stands at `target`. */
export declare function self(target: u32): void;

/** The 32-byte id of the transaction stands at `target`; zeros in a query. */
export declare function transaction_id(target: u32): void;

/** Returns the length of the chain id (UTF-8), left in the result register. */
export declare function chain_id(): i32;

/** Returns the height of the block being executed. */
export declare function block_height(): i64;

/** Returns the block's time in seconds since 1970-01-01. */
export declare function block_time(): i64;

/** Returns the gas this frame has left after this call was paid. */
export declare function gas_left(): i64;

/**
 * Whoever runs the test chain has seen the text (UTF-8, invalid bytes become U+FFFD, cut to 1 KiB). No result knows of
 * it. A chain refuses a module that imports it; only the test kit takes one.
 */
export declare function debug_log(source: u32, length: u32): void;

/** The 32-byte SHA-256 hash (FIPS 180-4) stands at `target`. */
export declare function sha256(source: u32, length: u32, target: u32): void;

/** The 32-byte SM3 hash (GB/T 32905) stands at `target`. */
export declare function sm3(source: u32, length: u32, target: u32): void;

/** The 32-byte Keccak-256 hash (original padding, as in Ethereum) stands at `target`. */
export declare function keccak256(source: u32, length: u32, target: u32): void;

/**
 * Returns 1 when the 64-byte signature at `signature` is accepted by the chain's rule for the algorithm (1 ed25519 by
 * ZIP-215, 2 secp256k1 and 3 P-256 over SHA-256 with low s, 4 SM2 with SM3 and the chain's user id), else 0.
 */
export declare function signature_verify(
  algorithm: u32,
  publicKey: u32,
  publicKeyLength: u32,
  signature: u32,
  message: u32,
  messageLength: u32,
): i32;

/** The 64-byte SHA-512 hash (FIPS 180-4) stands at `target`. */
export declare function sha512(source: u32, length: u32, target: u32): void;

/** The BLAKE2b hash (RFC 7693, no key) with a digest of 32 bytes stands at `target`. */
export declare function blake2b256(source: u32, length: u32, target: u32): void;

/** The BLAKE2b hash (RFC 7693, no key) with a digest of 64 bytes stands at `target`; its first half is not blake2b256. */
export declare function blake2b512(source: u32, length: u32, target: u32): void;

/** The 32-byte BLAKE3 hash (no key) stands at `target`. */
export declare function blake3(source: u32, length: u32, target: u32): void;

/**
 * Returns 1 and the 33-byte compressed key stands at `target` under which the 64-byte signature (r, s, low s) over the
 * 32-byte digest is valid; 0, and nothing is written, when there is none or the recovery id (the parity of y) is not 0
 * or 1. The digest is what was signed: the contract hashes.
 */
export declare function secp256k1_recover(digest: u32, signature: u32, recoveryId: u32, target: u32): i32;

/**
 * Returns how many signatures of the list are accepted, and leaves one bit for each in the result register: bit (i mod
 * 8) of byte (i / 8), unused bits 0. An item is algorithm (u8), public key (32 bytes for 1, else 33), signature (64),
 * length of the message (u32 LE), message; the rules are those of signature_verify. At most 256 items, without padding;
 * none gives 0.
 */
export declare function signature_verify_many(items: u32, itemsLength: u32): i32;

/**
 * Returns 1 when the 96-byte aggregate signature is that of all the keys (48 bytes each, at most 512) over the one
 * message, else 0; also 0 without keys. BLS12-381, ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_: safe only
 * with keys whose possession was proven (bls_pop_verify). Points are compressed, in the subgroup and not infinity.
 */
export declare function bls_fast_aggregate_verify(
  publicKeys: u32,
  publicKeysLength: u32,
  signature: u32,
  message: u32,
  messageLength: u32,
): i32;

/**
 * Returns 1 when the 96-byte aggregate signature is that of each key (48 bytes each, at most 128) over the message at
 * its place, else 0; also 0 without keys. A message of the list is its length (u32 LE) and its bytes; there are as many
 * as keys. Ciphersuite and points as in bls_fast_aggregate_verify; messages may be equal.
 */
export declare function bls_aggregate_verify(
  publicKeys: u32,
  publicKeysLength: u32,
  signature: u32,
  messages: u32,
  messagesLength: u32,
): i32;

/**
 * Returns 1 when the 96-byte proof shows possession of the secret key of the 48-byte BLS12-381 public key (PopVerify of
 * the ciphersuite in bls_fast_aggregate_verify, tag BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_), else 0.
 */
export declare function bls_pop_verify(publicKey: u32, proof: u32): i32;
