/**
 * The heaviest work of the host below the deepest stack that a contract may have: the engine's own limit is not met
 * there. It would not be seen as one: a decoder that catches what its library throws would call a good key bad, and
 * nodes with other stacks would call it good.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { ALGORITHMS } from "../../../../accel/device.ts";
import { BLS_POSSESSION_TAG } from "../../../../accel/reference/bls.ts";
import { publicKeyOf, sign } from "../../../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { SmallChain, testHashes } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

const GAS = 2 ** 40;
const DATA = 64;

function dataOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
}

/** Calls itself as often as the input's u32 says, then the host, and returns the host's answer. */
function deepCaller(importLine: string, call: string, data: Uint8Array): Uint8Array {
  return contractWat(
    `(data (i32.const ${DATA}) "${dataOf(data)}")
     (func $down (param $left i32) (result i32)
       (if (result i32) (local.get $left)
         (then (i32.add (i32.const 0) (call $down (i32.sub (local.get $left) (i32.const 1)))))
         (else ${call})))
     (func (export "call_run") (call $input_read (i32.const 0))
       (i32.store8 (i32.const 0) (call $down (i32.load (i32.const 0)))) (call $output (i32.const 0) (i32.const 1)))`,
    [HOST.inputRead, HOST.output, importLine],
  );
}

/** The answer at the greatest depth that does not end in `stack`, and that depth. */
function deepest(code: Uint8Array): { depth: number; answer: number } {
  const chain = new SmallChain(createMachine({ hashes: testHashes, verifier: createReferenceVerifier() }));
  chain.deploy("a", code);
  const run = (depth: number) =>
    chain.run("a", "run", { gas: GAS, input: new Uint8Array(Uint32Array.of(depth).buffer) });
  let low = 0;
  let high = 1 << 16;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    const { outcome } = run(middle);
    if (outcome === OUTCOMES.ok) low = middle;
    else {
      assert.equal(outcome, OUTCOMES.stack);
      high = middle;
    }
  }
  return { depth: low, answer: run(low).output[0]! };
}

describe("at the deepest stack of a contract", () => {
  it("a proof of possession is still good", (t) => {
    const { longSignatures } = bls12_381;
    const { secretKey, publicKey } = longSignatures.keygen(new Uint8Array(48).fill(7));
    const key = publicKey.toBytes();
    const proof = longSignatures.sign(longSignatures.hash(key, BLS_POSSESSION_TAG), secretKey).toBytes();
    const code = deepCaller(
      `"cinnabar" "bls_pop_verify" (func $pop (param i32 i32) (result i32))`,
      `(call $pop (i32.const ${DATA}) (i32.const ${DATA + 48}))`,
      Uint8Array.from([...key, ...proof]),
    );
    const { depth, answer } = deepest(code);
    t.diagnostic(`${depth} calls deep`);
    assert.ok(depth > 1000);
    assert.equal(answer, 1);
  });

  for (const [name, algorithm] of Object.entries(ALGORITHMS)) {
    it(`a signature is still good: ${name}`, () => {
      const secretKey = new Uint8Array(32).fill(5);
      const key = publicKeyOf(algorithm, secretKey);
      const signature = sign(algorithm, secretKey, new Uint8Array(0));
      const code = deepCaller(
        `"cinnabar" "signature_verify" (func $verify (param i32 i32 i32 i32 i32 i32) (result i32))`,
        `(call $verify (i32.const ${algorithm}) (i32.const ${DATA}) (i32.const ${key.length})
           (i32.const ${DATA + key.length}) (i32.const 0) (i32.const 0))`,
        Uint8Array.from([...key, ...signature]),
      );
      assert.equal(deepest(code).answer, 1);
    });
  }
});
