/** The hashes inside the kernels against the reference: all lengths around the blocks, in two pieces cut anywhere. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { referenceHashes } from "../../../../accel/reference/hashes.ts";
import { Random } from "../../../fuzz/random.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const OUTPUT_BYTES = 64;

type HashOfTwo = (input: number, first: number, length: number, output: number) => void;

interface Probe {
  readonly memory: WebAssembly.Memory;
  readonly arena: (bytes: number) => number;
  readonly sha256: HashOfTwo;
  readonly sha512: HashOfTwo;
  readonly sm3: HashOfTwo;
}

function loadProbe(): Probe {
  // dist/test/unit/accel/kernels -> build/kernels
  const path = fileURLToPath(new URL("../../../../../build/kernels/probe-hash.wasm", import.meta.url));
  const module = new WebAssembly.Module(readFileSync(path) as Uint8Array<ArrayBuffer>);
  return new WebAssembly.Instance(module).exports as unknown as Probe;
}

describe(`scalar hashes of the kernels (seed ${SEED})`, () => {
  const probe = loadProbe();
  const random = new Random(SEED);

  const digestOf = (name: "sha256" | "sha512" | "sm3", message: Uint8Array, first: number): Uint8Array => {
    const output = probe.arena(OUTPUT_BYTES + message.length + 16);
    // Any alignment.
    const input = output + OUTPUT_BYTES + random.below(16);
    new Uint8Array(probe.memory.buffer, input, message.length).set(message);
    probe[name](input, first, message.length, output);
    return new Uint8Array(probe.memory.buffer, output, name === "sha512" ? 64 : 32).slice();
  };

  for (const name of ["sha256", "sha512", "sm3"] as const) {
    it(`${name}: lengths 0..300`, () => {
      for (let length = 0; length <= 300; length++) {
        const message = Uint8Array.from({ length }, () => random.below(256));
        const digest = digestOf(name, message, random.below(length + 1));
        assert.deepEqual(digest, referenceHashes[name](message), `${length} bytes`);
      }
    });

    it(`${name}: a million bytes`, () => {
      const message = new Uint8Array(1_000_000).fill(0x61);
      assert.deepEqual(digestOf(name, message, 333_333), referenceHashes[name](message));
    });
  }
});
