import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DIGEST_LENGTH, type HashName } from "../../../accel/device.ts";
import { createHashes, provenHash } from "../../../accel/hashes.ts";
import { referenceHashes } from "../../../accel/reference/hashes.ts";

const NAMES = Object.keys(DIGEST_LENGTH) as readonly HashName[];
const hashes = createHashes();

function assertSame(message: Uint8Array, name: HashName): void {
  assert.deepEqual(hashes[name](message), referenceHashes[name](message), `${name} of ${message.length} bytes`);
}

test("platform and reference agree on every length around the blocks of all hashes", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 31) & 0xff);
  for (let length = 0; length <= bytes.length; length++) {
    for (const name of NAMES) assertSame(bytes.subarray(0, length), name);
  }
});

test("platform and reference agree on any bytes, at any offset of a buffer", () => {
  const message = fc.uint8Array({ maxLength: 700 });
  fc.assert(
    fc.property(message, fc.nat(64), (bytes, skipped) => {
      for (const name of NAMES) assertSame(bytes.subarray(skipped), name);
    }),
    { numRuns: 200 },
  );
});

test("platform and reference agree on 1 MiB and one byte", () => {
  const message = new Uint8Array(1024 * 1024 + 1).fill(0xa5);
  for (const name of NAMES) assertSame(message, name);
});

test("a digest is plain bytes of its own, as many as the table says", () => {
  for (const name of NAMES) {
    for (const set of [hashes, referenceHashes]) {
      const message = Uint8Array.of(1, 2, 3);
      const first = set[name](message);
      const copy = first.slice();
      assert.equal(Object.getPrototypeOf(first), Uint8Array.prototype);
      assert.equal(first.length, DIGEST_LENGTH[name]);
      set[name](Uint8Array.of(4)).fill(0);
      assert.deepEqual(first, copy);
      assert.deepEqual(message, Uint8Array.of(1, 2, 3));
    }
  }
});

test("a platform without an algorithm gets the reference", () => {
  const missing = (): Uint8Array => {
    throw new RangeError("unsupported");
  };
  assert.equal(provenHash("SM3", missing, referenceHashes.sm3), referenceHashes.sm3);
});

test("a platform that hashes wrong is refused", () => {
  assert.throws(() => provenHash("SM3", referenceHashes.sha256, referenceHashes.sm3), { code: "accel.hashSelfTest" });
  const short = (message: Uint8Array): Uint8Array => referenceHashes.sm3(message).subarray(0, 31);
  assert.throws(() => provenHash("SM3", short, referenceHashes.sm3), { code: "accel.hashSelfTest" });
});
