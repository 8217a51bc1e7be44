import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SignatureBatchBuilder } from "../../../accel/batch.ts";
import { ALGORITHMS, PUBLIC_KEY_LENGTH, PUBLIC_KEY_STRIDE, SIGNATURE_LENGTH } from "../../../accel/device.ts";

const LIMITS = { batchItemsMax: 1000, messageBytesMax: 100_000 };

/** Bytes that tell where they come from. */
function marked(length: number, mark: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (mark + i) & 0xff);
}

function appendMarked(builder: SignatureBatchBuilder, algorithm: 1 | 2 | 3 | 4, mark: number, bytes: number): number {
  const publicKey = marked(PUBLIC_KEY_LENGTH[algorithm], mark);
  return builder.append(algorithm, publicKey, marked(SIGNATURE_LENGTH, mark + 1), marked(bytes, mark + 2));
}

describe("SignatureBatchBuilder", () => {
  test("keeps every item at its place while the arrays grow", () => {
    const builder = new SignatureBatchBuilder(LIMITS);
    const count = 300;
    for (let i = 0; i < count; i++) {
      assert.equal(appendMarked(builder, ((i % 4) + 1) as 1 | 2 | 3 | 4, i, i), i);
    }
    assert.equal(builder.count, count);
    assert.equal(builder.messageBytes, (count * (count - 1)) / 2);
    const batch = builder.take();
    assert.equal(batch.count, count);
    assert.equal(batch.messageOffsets.length, count + 1);
    for (let i = 0; i < count; i++) {
      const algorithm = ((i % 4) + 1) as 1 | 2 | 3 | 4;
      const keyStart = i * PUBLIC_KEY_STRIDE;
      const signatureStart = i * SIGNATURE_LENGTH;
      const key = batch.publicKeys.subarray(keyStart, keyStart + PUBLIC_KEY_LENGTH[algorithm]);
      assert.equal(batch.algorithms[i], algorithm);
      assert.deepEqual(key, marked(PUBLIC_KEY_LENGTH[algorithm], i));
      assert.deepEqual(
        batch.signatures.subarray(signatureStart, signatureStart + SIGNATURE_LENGTH),
        marked(SIGNATURE_LENGTH, i + 1),
      );
      const message = batch.messages.subarray(batch.messageOffsets[i], batch.messageOffsets[i + 1]);
      assert.deepEqual(message, marked(i, i + 2));
    }
  });

  test("starts empty again after take", () => {
    const builder = new SignatureBatchBuilder(LIMITS);
    appendMarked(builder, ALGORITHMS.ed25519, 1, 10);
    builder.take();
    assert.deepEqual([builder.count, builder.messageBytes], [0, 0]);
    const empty = builder.take();
    assert.deepEqual([empty.count, empty.messages.length, [...empty.messageOffsets]], [0, 0, [0]]);
  });

  test("does not write into a batch that was taken and not given back", () => {
    const builder = new SignatureBatchBuilder(LIMITS);
    appendMarked(builder, ALGORITHMS.ed25519, 1, 10);
    const first = builder.take();
    const before = [...first.publicKeys, ...first.signatures, ...first.messages];
    for (let i = 0; i < 3; i++) {
      appendMarked(builder, ALGORITHMS.p256, 100 + i, 10);
      builder.take();
    }
    assert.deepEqual([...first.publicKeys, ...first.signatures, ...first.messages], before);
  });

  test("uses arrays that were given back, and leaves nothing of the old items in them", () => {
    const builder = new SignatureBatchBuilder(LIMITS);
    appendMarked(builder, ALGORITHMS.p256, 200, 50);
    const first = builder.take();
    const { buffer } = first.publicKeys;
    builder.reuse(first);
    builder.take();
    appendMarked(builder, ALGORITHMS.ed25519, 1, 4);
    const again = builder.take();
    assert.equal(again.publicKeys.buffer, buffer);
    assert.deepEqual([again.count, again.algorithms[0], [...again.messageOffsets]], [1, ALGORITHMS.ed25519, [0, 4]]);
    assert.deepEqual(again.publicKeys.subarray(0, 32), marked(32, 1));
    assert.equal(again.publicKeys[32], 0, "the byte behind a 32-byte key");
    assert.deepEqual(again.messages, marked(4, 3));
  });

  test("a batch given back twice, or of another builder, is not handed out twice", () => {
    const builder = new SignatureBatchBuilder(LIMITS);
    const foreign = new SignatureBatchBuilder(LIMITS).take();
    const first = builder.take();
    builder.reuse(first);
    builder.reuse(first);
    builder.reuse(foreign);
    const buffers = [builder.take(), builder.take(), builder.take(), builder.take()].map((b) => b.algorithms.buffer);
    assert.equal(new Set(buffers).size, buffers.length);
    assert.equal(buffers.includes(foreign.algorithms.buffer), false);
  });

  const MALFORMED = [
    { id: "an unknown algorithm", algorithm: 9, keyLength: 33, signatureLength: 64 },
    { id: "an algorithm that does not fit a byte", algorithm: 257, keyLength: 32, signatureLength: 64 },
    {
      id: "a key of ed25519 length for secp256k1",
      algorithm: ALGORITHMS.secp256k1,
      keyLength: 32,
      signatureLength: 64,
    },
    { id: "an uncompressed key", algorithm: ALGORITHMS.p256, keyLength: 65, signatureLength: 64 },
    { id: "a DER signature", algorithm: ALGORITHMS.p256, keyLength: 33, signatureLength: 70 },
    { id: "no signature", algorithm: ALGORITHMS.sm2, keyLength: 33, signatureLength: 0 },
  ];

  for (const { id, algorithm, keyLength, signatureLength } of MALFORMED) {
    test(`${id} takes its place as an item without algorithm`, () => {
      const builder = new SignatureBatchBuilder(LIMITS);
      appendMarked(builder, ALGORITHMS.ed25519, 1, 3);
      const index = builder.append(algorithm, marked(keyLength, 5), marked(signatureLength, 6), marked(2, 7));
      appendMarked(builder, ALGORITHMS.ed25519, 9, 1);
      const batch = builder.take();
      assert.equal(index, 1);
      assert.deepEqual([...batch.algorithms], [1, 0, 1]);
      assert.deepEqual([...batch.messageOffsets], [0, 3, 5, 6]);
    });
  }

  test("refuses what does not fit the device and keeps what it has", () => {
    const builder = new SignatureBatchBuilder({ batchItemsMax: 2, messageBytesMax: 10 });
    appendMarked(builder, ALGORITHMS.ed25519, 1, 6);
    assert.deepEqual([builder.hasRoomFor(4), builder.hasRoomFor(5)], [true, false]);
    assert.throws(() => appendMarked(builder, ALGORITHMS.ed25519, 2, 5), { code: "accel.messagesTooLong" });
    appendMarked(builder, ALGORITHMS.ed25519, 3, 4);
    assert.equal(builder.hasRoomFor(0), false);
    assert.throws(() => appendMarked(builder, ALGORITHMS.ed25519, 4, 0), { code: "accel.batchTooLarge" });
    const batch = builder.take();
    assert.deepEqual([...batch.messageOffsets], [0, 6, 10]);
    assert.deepEqual(batch.publicKeys.subarray(33, 65), marked(32, 3));
  });
});
