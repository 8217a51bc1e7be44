import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBytes, concatBytes, equalBytes, hexToBytes, parseHex } from "../../../../runtime/format/bytes.ts";
import { ByteReader, ByteWriter, utf8Bytes, WRITER_BYTES_MAX } from "../../../../runtime/format/codec.ts";

test("a writer that grows inside any field keeps what was written before and after", () => {
  const fields: readonly ((writer: ByteWriter) => void)[] = [
    (writer) => writer.u8(0xa1),
    (writer) => writer.u16(0xa1a2),
    (writer) => writer.u32(0xa1a2a3a4),
    (writer) => writer.u64(0xa1a2a3a4a5a6a7a8n),
    (writer) => writer.i8(-2),
    (writer) => writer.i16(-2),
    (writer) => writer.i32(-2),
    (writer) => writer.i64(-2n),
    (writer) => writer.safeInteger(Number.MAX_SAFE_INTEGER),
    (writer) => writer.boolean(true),
    (writer) => writer.string("ascii"),
    (writer) => writer.string("ünïcödé"),
    (writer) => writer.bytes(Uint8Array.of(1, 2, 3)),
    (writer) => writer.fixed(Uint8Array.of(1, 2, 3), 3),
  ];
  fields.forEach((write, index) => {
    const roomy = new ByteWriter(1024);
    write(roomy);
    for (let capacity = 0; capacity <= 20; capacity++) {
      const tight = new ByteWriter(capacity);
      for (let i = 0; i < capacity; i++) tight.u8(i);
      write(tight);
      tight.u8(0xee);
      const want = [...Array(capacity).keys(), ...roomy.finish(), 0xee];
      assert.deepEqual([...tight.finish()], want, `field ${index}, capacity ${capacity}`);
    }
  });
});

test("a writer is reused after reset, and what it finished does not change", () => {
  const writer = new ByteWriter(4).string("first");
  const first = writer.finish();
  const second = writer.reset().string("2nd").finish();
  assert.deepEqual(first, concatBytes(Uint8Array.of(5, 0, 0, 0), utf8Bytes("first")));
  assert.deepEqual(second, concatBytes(Uint8Array.of(3, 0, 0, 0), utf8Bytes("2nd")));
});

test("a number outside its type is refused, and nothing is written", () => {
  const writer = new ByteWriter();
  const refused: readonly (() => unknown)[] = [
    () => writer.u8(256),
    () => writer.u8(-1),
    () => writer.u8(0.5),
    () => writer.u8(-0),
    () => writer.u16(65_536),
    () => writer.u32(2 ** 32),
    () => writer.u32(Number.NaN),
    () => writer.u64(1n << 64n),
    () => writer.u64(-1n),
    () => writer.i8(128),
    () => writer.i16(-32_769),
    () => writer.i32(2 ** 31),
    () => writer.i64(1n << 63n),
    () => writer.i64(-(1n << 63n) - 1n),
    () => writer.safeInteger(2 ** 53),
    () => writer.safeInteger(-1),
    () => writer.safeInteger(Number.POSITIVE_INFINITY),
  ];
  refused.forEach((write, index) => {
    assert.throws(write, { code: "codec.range" }, `case ${index}`);
  });
  assert.equal(writer.length, 0);
});

test("a lone surrogate is refused on the way out, a pair is not", () => {
  for (const text of ["\ud800", "a\udc00b", "\udc00\ud800", "ä\ud834"]) {
    assert.throws(() => new ByteWriter().string(text), { code: "codec.utf8" });
    assert.throws(() => utf8Bytes(text), { code: "codec.utf8" });
  }
  assert.equal(new ByteWriter().string("\ud834\udd1e").length, 8);
});

test("a writer refuses to grow without bound", () => {
  assert.throws(() => new ByteWriter().fixed({ length: WRITER_BYTES_MAX + 1 } as Uint8Array, WRITER_BYTES_MAX + 1), {
    code: "codec.length",
  });
});

test("fixed bytes of another length are refused", () => {
  assert.throws(() => new ByteWriter().fixed(new Uint8Array(31), 32), { code: "codec.length" });
});

test("a reader refuses what is cut, too long, too many, or left over, and says where", () => {
  const at = (offset: number, code: string) => (error: { code: string; details: { offset: number } }) =>
    error.code === code && error.details.offset === offset;
  const reader = (...bytes: readonly number[]): ByteReader => new ByteReader(Uint8Array.from(bytes));
  assert.throws(() => reader(1, 2, 3).u32(), at(0, "codec.truncated"));
  assert.throws(() => reader(5, 0, 0, 0, 1, 2, 3, 4, 5).bytes(4), at(0, "codec.length"));
  assert.throws(() => reader(5, 0, 0, 0, 1, 2, 3, 4, 5).string(4), at(0, "codec.length"));
  assert.throws(() => reader(3, 0, 0, 0, 1, 2, 3, 4, 5).count(100, 2), at(0, "codec.truncated"));
  assert.throws(() => reader(0, 0, 0, 0, 0, 0, 0x20, 0).safeInteger(), at(0, "codec.range"));
  assert.equal(reader(255, 255, 255, 255, 255, 255, 0x1f, 0).safeInteger(), Number.MAX_SAFE_INTEGER);
  const rest = reader(1, 2);
  rest.u8();
  assert.throws(() => rest.end(), at(1, "codec.trailing"));
});

test("what a reader hands out is a copy, also of a Buffer, and it reads a part of a larger buffer", () => {
  const buffer = Buffer.from([9, 9, 2, 0, 0, 0, 7, 8, 9]);
  const part = buffer.subarray(2, 8);
  const read = new ByteReader(part).bytes(10);
  buffer.fill(0);
  assert.deepEqual(read, Uint8Array.of(7, 8));
  assert.equal(read.buffer.byteLength, 2);
});

test("byte strings have one order and one text", () => {
  const sorted = ["", "00", "0000", "0001", "01", "ff", "ff00"].map(hexToBytes);
  sorted.forEach((a, i) => {
    sorted.forEach((b, j) => {
      assert.equal(Math.sign(compareBytes(a, b)), Math.sign(i - j));
      assert.equal(equalBytes(a, b), i === j);
    });
  });
  for (const text of ["0", "0g", "AB", "0x00", " 00", "é0"]) {
    assert.equal(parseHex(text), null);
    assert.throws(() => hexToBytes(text), { code: "codec.hex" });
  }
});
