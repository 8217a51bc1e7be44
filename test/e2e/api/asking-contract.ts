/**
 * A contract for tests of the node that asks about signatures: `ask(number)` verifies one of ed25519, made for something
 * else, over the number, and stores the verdict, one byte, under the number. The right one is always 0.
 */
import binaryen from "binaryen";
import { ALGORITHMS } from "../../../accel/device.ts";
import { publicKeyOf, sign } from "../../../accel/reference/sign.ts";
import { encodeAbi } from "../../../runtime/format/abi.ts";
import { ABI_SECTION, type ContractAbi } from "../../../runtime/format/contract-abi.ts";

export const ASKING_ABI: ContractAbi = {
  abi: 1,
  contract: "asking",
  version: 1,
  types: {},
  methods: [
    { name: "ask", kind: "call", params: [{ name: "number", type: "u64" }], returns: null, object: ["number"] },
  ],
  events: [],
  storage: [],
  errors: [],
};

const SECRET_KEY = new Uint8Array(32).fill(5);
const escaped = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");

/** The module's bytes. Memory: 0 the key, 32 the signature, 128 the number, 160 the verdict. */
export function askingModule(): Uint8Array {
  const key = publicKeyOf(ALGORITHMS.ed25519, SECRET_KEY);
  const signature = sign(ALGORITHMS.ed25519, SECRET_KEY, new TextEncoder().encode("something else"));
  const module = binaryen.parseText(`(module
    (import "cinnabar" "input_read" (func $input_read (param i32)))
    (import "cinnabar" "storage_put" (func $storage_put (param i32 i32 i32 i32)))
    (import "cinnabar" "signature_verify" (func $verify (param i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1 1)
    (data (i32.const 0) "${escaped(key)}${escaped(signature)}")
    (func (export "call_ask")
      (call $input_read (i32.const 128))
      (i32.store8 (i32.const 160)
        (call $verify (i32.const ${ALGORITHMS.ed25519}) (i32.const 0) (i32.const 32) (i32.const 32)
          (i32.const 128) (i32.const 8)))
      (call $storage_put (i32.const 128) (i32.const 8) (i32.const 160) (i32.const 1))))`);
  try {
    module.addCustomSection(ABI_SECTION, encodeAbi(ASKING_ABI));
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

/** The state key of a number. */
export function askedKey(number: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(number), true);
  return key;
}
