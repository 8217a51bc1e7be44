/** The opcode table against lists written out by hand and against the engine, one module for each instruction. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { admit } from "../../../../vm/admission/admit.ts";
import { OPCODE_ROWS, OPCODES, prefixed } from "../../../../vm/admission/opcodes.ts";
import { type Bytes, contractOfCode, DROP, END, FUNCREF, I32, UNREACHABLE, u } from "./module-builder.ts";

function span(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Core specification 1.0, appendix "Index of Instructions": every one with f32 or f64 in its type. */
const FLOAT_BYTES = [
  ...[0x2a, 0x2b, 0x38, 0x39, 0x43, 0x44],
  ...span(0x5b, 0x66),
  ...span(0x8b, 0xa6),
  ...span(0xa8, 0xab),
  ...span(0xae, 0xbf),
];
const SATURATING = span(0, 7);

/** Immediates with which the instruction can stand behind `unreachable` in a module with a table and a memory. */
function immediatesOf(code: number): Bytes {
  const kind = OPCODES.get(code)?.kind;
  switch (kind) {
    case "memoryAccess":
      return [0, 0];
    case "f32Const":
      return [0, 0, 0, 0];
    case "f64Const":
      return [0, 0, 0, 0, 0, 0, 0, 0];
    default:
      return [];
  }
}

function encoded(code: number): Bytes {
  return code < 0x100 ? [code] : [code >>> 16, ...u(code & 0xffff)];
}

/** The instruction behind `unreachable`, where every operand is there; `unreachable` again takes its results away. */
function moduleWith(code: number): Uint8Array {
  return contractOfCode([UNREACHABLE, ...encoded(code), ...immediatesOf(code), UNREACHABLE]);
}

/** The module ends with the instruction, `unreachable` and `end`. */
function instructionOffset(code: number, bytes: Uint8Array): number {
  return bytes.length - encoded(code).length - immediatesOf(code).length - 2;
}

describe("float instructions", () => {
  const codes = [...FLOAT_BYTES, ...SATURATING.map((number) => prefixed(0xfc, number))];

  it("are 76", () => {
    assert.equal(codes.length, 76);
  });

  for (const code of codes) {
    it(`refuses ${OPCODES.get(code)?.name} at its offset`, () => {
      const bytes = moduleWith(code);
      const found = admit(bytes).reasons.map((reason) => [reason.code, reason.offset]);
      assert.deepEqual(found, [["feature.float", instructionOffset(code, bytes)]]);
    });
  }

  it("are accepted without the profile", () => {
    for (const code of codes) assert.deepEqual(admit(moduleWith(code), { profile: false }).reasons, []);
  });
});

describe("integer instructions", () => {
  it("are all in the profile", () => {
    const floats = new Set(FLOAT_BYTES);
    const codes = span(0x45, 0xc4).filter((code) => !floats.has(code));
    assert.equal(codes.length, 128 - FLOAT_BYTES.length + 6);
    for (const code of codes) assert.deepEqual(admit(moduleWith(code)).reasons, [], OPCODES.get(code)?.name);
  });
});

/** Bodies for the kinds that need more than `unreachable` before them; the rest get their operands from it. */
const IMMEDIATES: Readonly<Record<string, Bytes>> = {
  block: [0x40, END],
  loop: [0x40, END],
  if: [0x40, END],
  br: [0],
  brIf: [0],
  brTable: [1, 0, 0],
  call: [0],
  callIndirect: [0, 0],
  selectTyped: [1, I32],
  localGet: [0],
  localSet: [0],
  localTee: [0],
  globalGet: [0],
  globalSet: [0],
  tableGet: [0],
  tableSet: [0],
  tableSize: [0],
  tableGrow: [0],
  tableFill: [0],
  tableCopy: [0, 0],
  tableInit: [0, 0],
  elementDrop: [0],
  memoryAccess: [0, 0],
  memorySize: [0],
  memoryCopy: [0, 0],
  memoryInit: [0, 0],
  dataDrop: [0],
  i32Const: [1],
  i64Const: [1],
  f32Const: [0, 0, 0, 0],
  f64Const: [0, 0, 0, 0, 0, 0, 0, 0],
  v128Const: new Array<number>(16).fill(0),
  shuffle: new Array<number>(16).fill(0),
  lane: [0],
  memoryLane: [0, 0, 0],
  refNull: [FUNCREF],
  refFunc: [0],
};

/** A module in which all index spaces have an entry. */
function richModule(code: Bytes): Uint8Array {
  return contractOfCode(code, {
    tables: [[FUNCREF, 1, 1, 1]],
    globals: [[I32, 1, 0x41, 0, END]],
    elements: [[1, 0, 1, 0]],
    dataCount: 1,
    code: [[...u(code.length + 4), 1, 1, I32, ...code, END]],
    data: [[1, 0]],
  });
}

describe("the opcode table", () => {
  it("has every code once", () => {
    assert.equal(OPCODES.size, OPCODE_ROWS.length);
  });

  it("has the 236 vector instructions of 2.0", () => {
    assert.equal(OPCODE_ROWS.filter((row) => row.feature === "simd").length, 236);
  });

  it("agrees with the engine on the results of every instruction", () => {
    const lifted = { profile: false, limits: false };
    const rows = OPCODE_ROWS.filter((row) => !["unread", "else", "end"].includes(row.kind));
    for (const row of rows) {
      const immediates = IMMEDIATES[row.kind] ?? [];
      const instruction = [UNREACHABLE, ...encoded(row.code), ...immediates];
      // As many operands are dropped as the instruction gives: one fewer or more and the types do not fit.
      for (const drops of [0, 1, 2]) {
        const code = [0x02, 0x40, ...instruction, ...new Array<number>(drops).fill(DROP), END];
        const bytes = richModule(code);
        assert.equal(admit(bytes, lifted).accepted, WebAssembly.validate(bytes), `${row.name}, ${drops} drops`);
      }
    }
  });

  it("agrees with the engine on the types of every instruction with a signature", () => {
    const lifted = { profile: false, limits: false };
    const rows = OPCODE_ROWS.filter((row) => row.params.length + row.results.length > 0);
    for (const row of rows) {
      const immediates = IMMEDIATES[row.kind] ?? [];
      for (const operands of operandLists(row.params.length)) {
        for (const result of ["i", "I", "f", "F", "v"]) {
          const bytes = richModule([...operands, ...encoded(row.code), ...immediates, ...consumerOf(result)]);
          assert.equal(admit(bytes, lifted).accepted, WebAssembly.validate(bytes), `${row.name} ${operands} ${result}`);
        }
      }
    }
  });

  it("refuses every byte that is not in it", () => {
    for (const byte of span(0, 0xff)) {
      if (OPCODES.has(byte) || byte >= 0xfb) continue;
      const { reasons } = admit(contractOfCode([byte]), { profile: false, limits: false });
      assert.deepEqual([reasons.length, reasons[0]?.code], [1, "body.opcode"], `0x${byte.toString(16)}`);
    }
  });
});

const CONSTANTS: readonly Bytes[] = [
  [0x41, 0],
  [0x42, 0],
  [0x43, 0, 0, 0, 0],
  [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  [0xfd, 12, ...new Array<number>(16).fill(0)],
];

/** Operands of every type, all of them for up to two; for three, every type with itself and i32 in either place. */
function operandLists(count: number): Bytes[] {
  if (count === 0) return [[]];
  if (count === 1) return [...CONSTANTS];
  if (count === 2) return CONSTANTS.flatMap((left) => CONSTANTS.map((right) => [...left, ...right]));
  return CONSTANTS.flatMap((each) => [
    [...each, ...each, ...each],
    [...each, ...CONSTANTS[0]!, ...CONSTANTS[0]!],
  ]);
}

/**
 * An instruction that takes one value of the type and gives one that is dropped; an i32 is also what a store leaves
 * none of.
 */
function consumerOf(letter: string): Bytes {
  const consumers: Readonly<Record<string, Bytes>> = {
    i: [0x45, DROP],
    I: [0x50, DROP],
    f: [0x8b, DROP],
    F: [0x99, DROP],
    v: [0xfd, 77, DROP],
  };
  return consumers[letter] ?? [];
}
