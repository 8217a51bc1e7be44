import assert from "node:assert/strict";
import { test } from "node:test";
import { joinDataSegments } from "../../../../contracts/compiler/data-segments.ts";

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** One memory of one page, exported as "m". */
const MEMORY = [5, 3, 1, 0, 1, 7, 5, 1, 1, 0x6d, 2, 0];

function leb(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  return (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0) ? [low] : [low | 0x80, ...leb(rest)];
}

const segment = (offset: number, ...bytes: number[]) => [0, 0x41, ...leb(offset), 0x0b, bytes.length, ...bytes];

function moduleOf(segments: readonly number[][], isCounted = false): Uint8Array {
  const contents = [segments.length, ...segments.flat()];
  const count = isCounted ? [12, 1, segments.length] : [];
  return Uint8Array.from([...HEADER, ...MEMORY, ...count, 11, ...leb(contents.length), ...contents]);
}

function memoryOf(module: Uint8Array): Uint8Array {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(module)));
  return new Uint8Array((instance.exports as { m: WebAssembly.Memory }).m.buffer);
}

function sectionLength(module: Uint8Array): number {
  return module.length - HEADER.length - MEMORY.length;
}

test("neighbouring segments become one, and memory is the same", () => {
  const before = moduleOf([segment(1036, 1, 2), segment(1048, 3), segment(1100, 9)], true);
  const after = joinDataSegments(before);
  assert.deepEqual(memoryOf(after), memoryOf(before));
  assert.deepEqual([...after.subarray(-sectionLength(after))].slice(0, 3), [11, sectionLength(after) - 2, 2]);
});

test("segments are joined in the order of their addresses, and far ones stay apart", () => {
  const before = moduleOf([segment(40, 4), segment(0, 1), segment(8, 2), segment(9000, 5)]);
  const after = joinDataSegments(before);
  assert.deepEqual(memoryOf(after), memoryOf(before));
  assert.deepEqual(
    after,
    moduleOf([segment(0, 1, 0, 0, 0, 0, 0, 0, 0, 2, ...new Array(31).fill(0), 4), segment(9000, 5)]),
  );
});

test("segments that touch are joined without a gap, and offsets of every size survive", () => {
  for (const offset of [0, 63, 64, 127, 128, 8191, 8192, 65_500]) {
    const before = moduleOf([segment(offset, 7), segment(offset + 1, 8)]);
    assert.deepEqual(joinDataSegments(before), moduleOf([segment(offset, 7, 8)]));
  }
});

test("a module without data stays as it is", () => {
  const module = Uint8Array.from([...HEADER, ...MEMORY]);
  assert.deepEqual(joinDataSegments(module), module);
});
