import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareBytes } from "../../../../runtime/format/bytes.ts";
import { halfSipHash, KeyTable } from "../../../../runtime/state/key-table.ts";

const SEED = { low: 0x0302_0100, high: 0x0706_0504 };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("the hash is HalfSipHash-1-3 as the Linux kernel tests it", () => {
  // lib/siphash_kunit.c, test_vectors_hsiphash for 32-bit words: key 00..07, messages of 0, 1, 2, ... bytes 00, 01, 02, ...
  const want = [
    0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6, 0x577999b1,
    0xc839caed, 0xe4fa32cf,
  ];
  const message = Uint8Array.from({ length: 16 }, (_, index) => index);
  for (const [length, hash] of want.entries()) assert.equal(halfSipHash(SEED, message, length), hash);
});

test("another seed gives another hash", () => {
  const message = Uint8Array.of(1, 2, 3, 4, 5);
  assert.notEqual(halfSipHash(SEED, message, 5), halfSipHash({ low: 1, high: 2 }, message, 5));
});

test("a key gets one id for ever, and ids count up from 0", () => {
  const key = fc.uint8Array({ minLength: 0, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 400 }), (keys) => {
      const table = new KeyTable(SEED);
      const model = new Map<string, number>();
      for (const bytes of keys) {
        const known = model.get(hex(bytes));
        assert.equal(table.find(bytes, bytes.length), known ?? -1);
        if (known === undefined) model.set(hex(bytes), model.size);
        assert.equal(table.intern(bytes, bytes.length), model.get(hex(bytes)));
      }
      assert.equal(table.count, model.size);
      for (const [text, id] of model) assert.equal(hex(table.keyOf(id)), text);
    }),
  );
});

test("tables keep their keys while they grow", () => {
  const table = new KeyTable(SEED);
  const keyOf = (number: number): Uint8Array => Uint8Array.of(number, number >> 8, number >> 16, 7);
  for (let number = 0; number < 20_000; number += 1) assert.equal(table.intern(keyOf(number), 4), number);
  for (let number = 0; number < 20_000; number += 1) assert.equal(table.find(keyOf(number), 4), number);
  assert.equal(table.find(keyOf(20_000), 4), -1);
});

test("only the given length of the buffer is the key", () => {
  const table = new KeyTable(SEED);
  const buffer = Uint8Array.of(1, 2, 3, 4);
  assert.equal(table.intern(buffer, 2), 0);
  assert.equal(table.intern(buffer, 3), 1);
  buffer[2] = 9;
  assert.equal(table.find(buffer, 2), 0);
  assert.equal(table.find(buffer, 3), -1);
  assert.deepEqual(table.keyOf(1), Uint8Array.of(1, 2, 3));
});

test("keys compare in byte order", () => {
  const key = fc.uint8Array({ maxLength: 4 });
  fc.assert(
    fc.property(key, key, (left, right) => {
      const table = new KeyTable(SEED);
      const order = table.compare(table.intern(left, left.length), table.intern(right, right.length));
      assert.equal(Math.sign(order), Math.sign(compareBytes(left, right)));
    }),
  );
});
