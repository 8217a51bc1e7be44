/**
 * Modules from WebAssembly text, so that a test shows the program it is about. The text is written as it stands,
 * unoptimised.
 */
import binaryen from "binaryen";

const FEATURES = binaryen.Features.MutableGlobals | binaryen.Features.SignExt | binaryen.Features.BulkMemory;

/** The bytes of a module given as text. */
export function wat(text: string): Uint8Array {
  const level = binaryen.getOptimizeLevel();
  binaryen.setOptimizeLevel(0);
  const module = binaryen.parseText(text);
  try {
    module.setFeatures(FEATURES);
    return module.emitBinary();
  } finally {
    module.dispose();
    binaryen.setOptimizeLevel(level);
  }
}

/** A contract with one page of memory (at most `pages`), the named imports and the given parts. */
export function contractWat(parts: string, imports: readonly string[] = [], pages = 4): Uint8Array {
  const declared = imports.map((line) => `(import ${line})`).join("\n");
  return wat(`(module ${declared} (memory (export "memory") 1 ${pages}) ${parts})`);
}

/** Import lines of host functions, for `contractWat`. */
export const HOST = {
  abort: `"env" "abort" (func $abort (param i32 i32 i32 i32))`,
  inputSize: `"cinnabar" "input_size" (func $input_size (result i32))`,
  inputRead: `"cinnabar" "input_read" (func $input_read (param i32))`,
  output: `"cinnabar" "output_write" (func $output (param i32 i32))`,
  resultRead: `"cinnabar" "result_read" (func $result_read (param i32))`,
  revert: `"cinnabar" "revert" (func $revert (param i32 i32 i32))`,
  get: `"cinnabar" "storage_get" (func $get (param i32 i32) (result i32))`,
  put: `"cinnabar" "storage_put" (func $put (param i32 i32 i32 i32))`,
  emit: `"cinnabar" "event_emit" (func $emit (param i32 i32 i32 i32))`,
  call: `"cinnabar" "call" (func $call (param i32 i32 i32 i32 i32 i32 i64) (result i32))`,
  tryCall: `"cinnabar" "try_call" (func $try_call (param i32 i32 i32 i32 i32 i32 i64) (result i32))`,
  gasLeft: `"cinnabar" "gas_left" (func $gas_left (result i64))`,
} as const;
