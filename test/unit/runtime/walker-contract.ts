/** A contract that writes, deletes, counts and walks over its keys: what a puppet cannot do. */
import { contractWat, HOST } from "../vm/wat.ts";
import { utf8 } from "./test-chain.ts";

/**
 * put: u8 length of the key, key, value. delete: key. add: 24 bytes of change, key. scan: u8 length of the prefix, prefix,
 * start; returns the page.
 */
export const WALKER = contractWat(
  `(func $rest (param $from i32) (result i32) (i32.sub (i32.add (i32.const 1024) (call $input_size)) (local.get $from)))
   (func $head (result i32) (call $input_read (i32.const 1024))
     (i32.add (i32.const 1025) (i32.load8_u (i32.const 1024))))
   (func (export "call_put") (local $p i32) (local.set $p (call $head))
     (call $put (i32.const 1025) (i32.load8_u (i32.const 1024)) (local.get $p) (call $rest (local.get $p))))
   (func (export "call_delete") (drop (call $head))
     (drop (call $delete (i32.const 1024) (call $input_size))))
   (func (export "call_add") (drop (call $head))
     (i32.store8 (i32.const 0) (call $add (i32.const 1048) (call $rest (i32.const 1048)) (i32.const 1024)))
     (call $output (i32.const 0) (i32.const 1)))
   (func (export "call_scan") (local $p i32) (local $n i32) (local.set $p (call $head))
     (local.set $n (call $scan (i32.const 1025) (i32.load8_u (i32.const 1024))
       (local.get $p) (call $rest (local.get $p)) (i32.const 100) (i32.const 65536)))
     (call $result_read (i32.const 4096)) (call $output (i32.const 4096) (local.get $n)))`,
  [
    HOST.inputSize,
    HOST.inputRead,
    HOST.output,
    HOST.resultRead,
    HOST.put,
    `"cinnabar" "storage_delete" (func $delete (param i32 i32) (result i32))`,
    `"cinnabar" "counter_add" (func $add (param i32 i32 i32) (result i32))`,
    `"cinnabar" "storage_scan" (func $scan (param i32 i32 i32 i32 i32 i32) (result i32))`,
  ],
);

/** The arguments of `put` and `scan`. */
export const headed = (head: string, rest: string): Uint8Array =>
  Uint8Array.from([head.length, ...utf8(head), ...utf8(rest)]);
