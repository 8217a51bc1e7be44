import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DIGEST_LENGTH, type HashMany, type HashName, type MessageList } from "../../../accel/device.ts";
import { createHashes, manyOf, provenHash, provenMany } from "../../../accel/hashes.ts";
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

/** Messages of these lengths, each of other bytes. */
function listOf(lengths: readonly number[]): MessageList {
  const offsets = new Uint32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i]! + length;
  return {
    count: lengths.length,
    bytes: Uint8Array.from({ length: offsets.at(-1)! }, (_, i) => (i * 73) >> 3),
    offsets,
  };
}

const messagesOf = ({ count, bytes, offsets }: MessageList): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => bytes.slice(offsets[i], offsets[i + 1]));

const byReference: HashMany = (list, digests) => {
  for (const [i, message] of messagesOf(list).entries()) digests.set(referenceHashes.sha256(message), 32 * i);
};

test("lists of short and long messages in any order have the reference's digests", () => {
  assert.ok(hashes.many !== undefined, "the hash kernels are not used");
  const length = fc.oneof(fc.nat(200), fc.nat(200), fc.nat(200), fc.constantFrom(183, 184, 2039, 2040, 5000));
  fc.assert(
    fc.property(fc.array(length, { maxLength: 40 }), (lengths) => {
      const list = listOf(lengths);
      for (const name of ["sha256", "sm3"] as const) {
        const digests = new Uint8Array(list.count * 32);
        hashes.many![name](list, digests);
        for (const [i, message] of messagesOf(list).entries()) {
          assert.deepEqual(digests.slice(32 * i, 32 * i + 32), referenceHashes[name](message));
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("runs of short messages are hashed together, few and long ones alone", () => {
  const runs: number[] = [];
  const alone: number[] = [];
  const together: HashMany = (list, digests) => {
    runs.push(list.count);
    byReference(list, digests);
  };
  const single = (message: Uint8Array): Uint8Array => {
    alone.push(message.length);
    return referenceHashes.sha256(message);
  };
  const list = listOf([1, 2, 9, 3, 4, 5, 6, 9, 9, 7]);
  const digests = new Uint8Array(list.count * 32);
  manyOf(together, single, { countMin: 3, lengthMax: 8 })(list, digests);
  assert.deepEqual(runs, [4]);
  assert.deepEqual(alone, [1, 2, 9, 9, 9, 7]);
  const want = new Uint8Array(list.count * 32);
  byReference(list, want);
  assert.deepEqual(digests, want);
});

test("kernels that hash a list wrong, or throw, are left alone", () => {
  assert.equal(provenMany(byReference, referenceHashes.sha256), byReference);
  assert.equal(provenMany(byReference, referenceHashes.sm3), undefined);
  const skipsOne: HashMany = (list, digests) => byReference({ ...list, count: list.count - 1 }, digests);
  assert.equal(provenMany(skipsOne, referenceHashes.sha256), undefined);
  const throws: HashMany = () => {
    throw new RangeError("out of bounds");
  };
  assert.equal(provenMany(throws, referenceHashes.sha256), undefined);
});
