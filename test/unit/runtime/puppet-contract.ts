/**
 * A contract that does what its arguments say, so that tests of the runtime need no compiler and can drive any order of host
 * calls. Method `run` takes a script: operations one after the other, each an opcode (u8) and two chunks (u16 length, bytes).
 *
 *   1 put(key, value)     2 delete(key)       3 emit(name, data)      4 revert(code u8, message)   5 trap
 *   6 call(contract, script)                  7 try_call(contract, script)
 *   8 copy(key, target): the value under `key`, as seen now, also stands under `target` (or nothing does)
 *   9 output(bytes)       10 burn: loops for ever
 *  11 verify(algorithm u8 ‖ length of the key u8 ‖ key ‖ signature, message): the verdict, one byte, stands under `message`
 *  12 require(as 11): reverts with code 12 when the signature is not accepted
 *  13 verify_many(list, key): the bitmap, at byte 32 the number of accepted ones, stand under `key`
 *  14 add(key, delta i64 ‖ minimum i64 ‖ maximum i64): counter_add; reverts with code 14 when it is refused
 *  15 try_add(as 14): its answer is not looked at     16 sum(key): what counter_read gives is the output
 *  17 scan(prefix, key): the first page of the prefix, 8 entries, stands under `key`
 *  18 time(key): height and time of the block stand under `key`
 */
import binaryen from "binaryen";

export const OPERATIONS = {
  put: 1,
  delete: 2,
  emit: 3,
  revert: 4,
  trap: 5,
  call: 6,
  tryCall: 7,
  copy: 8,
  output: 9,
  burn: 10,
  verify: 11,
  require: 12,
  verifyMany: 13,
  add: 14,
  tryAdd: 15,
  sum: 16,
  scan: 17,
  time: 18,
} as const;

export interface Step {
  readonly operation: keyof typeof OPERATIONS;
  readonly first?: Uint8Array;
  readonly second?: Uint8Array;
}

const NOTHING = new Uint8Array(0);

export function encodeScript(steps: readonly Step[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { operation, first = NOTHING, second = NOTHING } of steps) {
    parts.push(Uint8Array.of(OPERATIONS[operation]));
    for (const chunk of [first, second]) parts.push(Uint8Array.of(chunk.length & 255, chunk.length >> 8), chunk);
  }
  return new Uint8Array(Buffer.concat(parts));
}

const host = (name: string, signature: string): string => `(import "cinnabar" "${name}" (func $${name} ${signature}))`;

/** One branch of the interpreter: runs `body` when the opcode is `code`. */
const when = (code: number, body: string): string => `(if (i32.eq (local.get $op) (i32.const ${code})) (then ${body}))`;

const A = "(local.get $a) (local.get $al)";
const B = "(local.get $b) (local.get $bl)";
const CALL = `${A} (i32.const 0) (i32.const 3) ${B} (i64.const 0x7fffffffffffffff)`;

const VERIFY = `(call $signature_verify (i32.load8_u (local.get $a))
  (i32.add (local.get $a) (i32.const 2)) (i32.load8_u (i32.add (local.get $a) (i32.const 1)))
  (i32.add (i32.add (local.get $a) (i32.const 2)) (i32.load8_u (i32.add (local.get $a) (i32.const 1)))) ${B})`;

/** `extra`: more of the module's text, for tests that want another method or another code hash. */
export function puppetModule(extra = ""): Uint8Array {
  const text = `(module
    ${host("input_size", "(result i32)")}
    ${host("input_read", "(param i32)")}
    ${host("output_write", "(param i32 i32)")}
    ${host("result_read", "(param i32)")}
    ${host("storage_get", "(param i32 i32) (result i32)")}
    ${host("storage_put", "(param i32 i32 i32 i32)")}
    ${host("storage_delete", "(param i32 i32) (result i32)")}
    ${host("event_emit", "(param i32 i32 i32 i32)")}
    ${host("revert", "(param i32 i32 i32)")}
    ${host("call", "(param i32 i32 i32 i32 i32 i32 i64) (result i32)")}
    ${host("try_call", "(param i32 i32 i32 i32 i32 i32 i64) (result i32)")}
    ${host("signature_verify", "(param i32 i32 i32 i32 i32 i32) (result i32)")}
    ${host("signature_verify_many", "(param i32 i32) (result i32)")}
    ${host("counter_add", "(param i32 i32 i32) (result i32)")}
    ${host("counter_read", "(param i32 i32 i32)")}
    ${host("storage_scan", "(param i32 i32 i32 i32 i32 i32) (result i32)")}
    ${host("block_height", "(result i64)")}
    ${host("block_time", "(result i64)")}
    (memory (export "memory") 4 4)
    (data (i32.const 0) "run")
    (func (export "call_run")
      (local $p i32) (local $end i32) (local $op i32)
      (local $a i32) (local $al i32) (local $b i32) (local $bl i32) (local $n i32)
      (call $input_read (i32.const 1024))
      (local.set $p (i32.const 1024))
      (local.set $end (i32.add (i32.const 1024) (call $input_size)))
      (block $done
        (loop $next
          (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
          (local.set $op (i32.load8_u (local.get $p)))
          (local.set $al (i32.load16_u (i32.add (local.get $p) (i32.const 1))))
          (local.set $a (i32.add (local.get $p) (i32.const 3)))
          (local.set $p (i32.add (local.get $a) (local.get $al)))
          (local.set $bl (i32.load16_u (local.get $p)))
          (local.set $b (i32.add (local.get $p) (i32.const 2)))
          (local.set $p (i32.add (local.get $b) (local.get $bl)))
          ${when(1, `(call $storage_put ${A} ${B})`)}
          ${when(2, `(drop (call $storage_delete ${A}))`)}
          ${when(3, `(call $event_emit ${A} ${B})`)}
          ${when(4, `(call $revert (i32.load8_u (local.get $a)) ${B})`)}
          ${when(5, "(unreachable)")}
          ${when(6, `(drop (call $call ${CALL}))`)}
          ${when(7, `(drop (call $try_call ${CALL}))`)}
          ${when(
            8,
            `(local.set $n (call $storage_get ${A}))
             (if (i32.ge_s (local.get $n) (i32.const 0))
               (then
                 (call $result_read (i32.const 196608))
                 (call $storage_put ${B} (i32.const 196608) (local.get $n)))
               (else (drop (call $storage_delete ${B}))))`,
          )}
          ${when(9, `(call $output_write ${A})`)}
          ${when(10, "(loop $ever (br $ever))")}
          ${when(11, `(i32.store8 (i32.const 16) ${VERIFY}) (call $storage_put ${B} (i32.const 16) (i32.const 1))`)}
          ${when(12, `(if (i32.eqz ${VERIFY}) (then (call $revert (i32.const 12) (i32.const 0) (i32.const 0))))`)}
          ${when(
            13,
            `(i32.store (i32.const 196640) (call $signature_verify_many ${A}))
             (call $result_read (i32.const 196608))
             (call $storage_put ${B} (i32.const 196608) (i32.const 36))`,
          )}
          ${when(
            14,
            `(if (i32.eqz (call $counter_add ${A} (local.get $b)))
               (then (call $revert (i32.const 14) (i32.const 0) (i32.const 0))))`,
          )}
          ${when(15, `(drop (call $counter_add ${A} (local.get $b)))`)}
          ${when(16, `(call $counter_read ${A} (i32.const 16)) (call $output_write (i32.const 16) (i32.const 8))`)}
          ${when(
            17,
            `(local.set $n (call $storage_scan ${A} (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 4096)))
             (call $result_read (i32.const 196608))
             (call $storage_put ${B} (i32.const 196608) (local.get $n))`,
          )}
          ${when(
            18,
            `(i64.store (i32.const 16) (call $block_height)) (i64.store (i32.const 24) (call $block_time))
             (call $storage_put ${A} (i32.const 16) (i32.const 16))`,
          )}
          (br $next))))
    ${extra}
  )`;
  const module = binaryen.parseText(text);
  try {
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
