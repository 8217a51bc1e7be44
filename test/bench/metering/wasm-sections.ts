/**
 * Modules of the profile as bytes, for the bench's own changes to them: sections apart and together, numbers, and how
 * long an instruction is. The modules come from compilers: whatever is unexpected ends the bench.
 */
import { ByteCursor } from "../../../vm/admission/reader.ts";
import { NodeError } from "../../../vm/errors.ts";

export const SECTION = { import: 2, global: 6, export: 7, code: 10 } as const;
const HEADER_BYTES = 8;
export const END = 0x0b;
const PREFIX = 0xfc;

export interface Section {
  readonly id: number;
  readonly contents: Uint8Array;
}

export function sectionsOf(module: Uint8Array): Section[] {
  const cursor = new ByteCursor(module, HEADER_BYTES, module.length);
  const sections: Section[] = [];
  while (cursor.ok && cursor.remaining > 0) {
    const id = cursor.u8();
    const length = cursor.u32();
    sections.push({ id, contents: module.subarray(cursor.position, cursor.position + length) });
    cursor.skip(length);
  }
  return sections;
}

export function moduleOf(sections: readonly Section[]): Uint8Array {
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const parts = sections.map(({ id, contents }) =>
    Buffer.concat([Buffer.from([id, ...unsignedLeb(contents.length)]), contents]),
  );
  return new Uint8Array(Buffer.concat([Buffer.from(header), ...parts]));
}

/** The same module with the contents of one section replaced; it must have one. */
export function withSection(module: Uint8Array, id: number, change: (contents: Uint8Array) => Uint8Array): Uint8Array {
  return moduleOf(
    sectionsOf(module).map((section) => (section.id === id ? { id, contents: change(section.contents) } : section)),
  );
}

export function cursorOf(contents: Uint8Array): ByteCursor {
  return new ByteCursor(contents, 0, contents.length);
}

export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** A number from 0 to 2^30 as the signed operand of a constant. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest < 0x40) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

type Operands = (cursor: ByteCursor) => void;
const none: Operands = () => {};
const oneIndex: Operands = (cursor) => void cursor.u32();
const twoIndices: Operands = (cursor) => {
  cursor.u32();
  cursor.u32();
};
const list: Operands = (cursor) => {
  for (let left = cursor.u32(); left > 0 && cursor.ok; left--) cursor.u32();
};
const branchTable: Operands = (cursor) => {
  list(cursor);
  cursor.u32();
};

/** Opcodes from, to (inclusive) and what follows them. */
const OPERANDS: readonly (readonly [number, number, Operands])[] = [
  [0x00, 0x01, none],
  [0x02, 0x04, (cursor) => void cursor.s33()],
  [0x05, 0x05, none],
  [0x0b, 0x0b, none],
  [0x0c, 0x0d, oneIndex],
  [0x0e, 0x0e, branchTable],
  [0x0f, 0x0f, none],
  [0x10, 0x10, oneIndex],
  [0x11, 0x11, twoIndices],
  [0x1a, 0x1b, none],
  [0x1c, 0x1c, list],
  [0x20, 0x24, oneIndex],
  [0x28, 0x3e, twoIndices],
  [0x3f, 0x40, oneIndex],
  [0x41, 0x41, (cursor) => void cursor.s32()],
  [0x42, 0x42, (cursor) => cursor.skipS64()],
  [0x45, 0x5a, none],
  [0x67, 0x8a, none],
  [0xa7, 0xa7, none],
  [0xac, 0xad, none],
  [0xc0, 0xc4, none],
];

/** The opcode at the cursor, which now stands behind the whole instruction. */
export function skipInstruction(cursor: ByteCursor): number {
  const opcode = cursor.u8();
  if (opcode === PREFIX) {
    const sub = cursor.u32();
    if (sub === 10) cursor.skip(2);
    else if (sub === 11) cursor.skip(1);
    else throw new NodeError("bench.opcode", `opcode 0xfc ${sub} is not in the profile`);
    return opcode;
  }
  const found = OPERANDS.find(([from, to]) => opcode >= from && opcode <= to);
  if (found === undefined) throw new NodeError("bench.opcode", `opcode ${opcode} is not in the profile`);
  found[2](cursor);
  return opcode;
}
