import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { admit, admitInstrumented } from "../../../../vm/admission/admit.ts";
import { customSection } from "../../../../vm/admission/custom-section.ts";
import { quoted } from "../../../../vm/admission/reasons.ts";
import { LIMITS } from "../../../../vm/limits.ts";
import {
  AT_ZERO,
  type Bytes,
  body,
  contract,
  contractOfCode,
  custom,
  DROP,
  EMPTY,
  END,
  exportOf,
  F32,
  FUNCREF,
  functionType,
  HEADER,
  I32,
  I64,
  importOf,
  moduleOf,
  NOP,
  name,
  offsetOf,
  repeat,
  section,
  UNREACHABLE,
  u,
  vec,
} from "./module-builder.ts";

const MEMORY_EXPORT = exportOf("memory", 2, 0);
const VOID_TYPE = functionType([], []);

describe("admit", () => {
  it("lists every reason of a module that is wrong in many ways, by offset", () => {
    const bytes = contract({
      types: [VOID_TYPE, functionType([F32], [])],
      imports: [importOf("env", "clock", [0, 0]), importOf("env", "memory", [2, 0, 1])],
      memories: [],
      globals: [[I32, 1, ...AT_ZERO]],
      exports: [MEMORY_EXPORT, exportOf("call_run", 3, 0), exportOf("__cinnabar_gas", 3, 0)],
      start: 1,
      code: [body([0x43, 0, 0, 0, 0, DROP, 0x20, 9, DROP, ...repeat(33, [0x03, EMPTY]), ...repeat(33, [END])])],
      data: [[0, 0x41, 0x7f, END, 1, 0xaa]],
    });
    const { accepted, reasons } = admit(bytes);
    assert.equal(accepted, false);
    const codes = reasons.map((reason) => reason.code);
    assert.deepEqual(codes, [
      "feature.float",
      "import.unknown",
      "feature.importedMemory",
      "memory.noMaximum",
      "feature.exportedMutableGlobal",
      "export.methodType",
      "export.reservedName",
      "feature.exportedMutableGlobal",
      "feature.startSection",
      "feature.float",
      "body.local",
      "limit.loopNesting",
      "data.bounds",
    ]);
    const offsets = reasons.map((reason) => reason.offset);
    assert.deepEqual(
      offsets,
      offsets.toSorted((left, right) => left - right),
    );
  });

  it("says the value and the limit", () => {
    const { reasons } = admit(contract({ memories: [[1, 33, 40]] }));
    assert.deepEqual(
      reasons.map((reason) => reason.detail),
      ["initial pages of a memory: value 33, limit 32"],
    );
  });

  it("names one error of types in a body and goes on to list what is outside the profile", () => {
    const code = [DROP, DROP, 0x45, 0x50, DROP, 0x43, 0, 0, 0, 0, DROP, DROP];
    const codes = admit(contractOfCode(code)).reasons.map((reason) => reason.code);
    assert.deepEqual(codes, ["body.type", "feature.float"]);
  });

  it("reads the bodies behind one that cannot be read", () => {
    const bytes = contract({ functions: [0, 0], code: [body([0xff, NOP]), body([0x43, 0, 0, 0, 0, DROP])] });
    const codes = admit(bytes).reasons.map((reason) => reason.code);
    assert.deepEqual(codes, ["body.opcode", "feature.float"]);
  });

  it("lists the first of many reasons of one code and counts the others", () => {
    const bytes = contractOfCode(repeat(1_000, [0x43, 0, 0, 0, 0, DROP]), { start: 0 });
    const { reasons } = admit(bytes);
    const floats = reasons.filter((reason) => reason.code === "feature.float");
    assert.equal(floats.length, LIMITS.reasonsPerCode);
    assert.match(floats.at(-1)!.detail, /and 936 more of this code$/);
    assert.equal(reasons.length, LIMITS.reasonsPerCode + 1);
  });

  it("reads a view into a larger buffer", () => {
    const bytes = contract();
    const buffer = new Uint8Array(bytes.length + 20).fill(0xee);
    buffer.set(bytes, 10);
    assert.equal(admit(buffer.subarray(10, 10 + bytes.length)).accepted, true);
  });

  it("takes names as bytes, whatever they mean to JavaScript", () => {
    const names = ["__proto__", "constructor", "then", "toString", "", "\uFEFFa"];
    const exports = [MEMORY_EXPORT, ...names.map((each) => exportOf(each, 0, 0))];
    const admission = admit(contract({ exports }));
    assert.ok(admission.accepted);
    assert.deepEqual(
      admission.facts.exports.slice(1).map((entry) => entry.name),
      names,
    );
  });

  it("shows names of the module quoted and cut", () => {
    assert.equal(quoted("a\u001b[2J\n"), '"a\\u001b[2J\\n"');
    assert.equal(quoted("x".repeat(1_000)).length, 69);
  });
});

function factsOf(bytes: Uint8Array) {
  const admission = admit(bytes);
  assert.ok(admission.accepted, JSON.stringify(admission.reasons));
  return admission.facts;
}

const STRAIGHT = { isStraight: true, callsIndirectly: false, callees: [] };

describe("facts", () => {
  it("hold what a module has", () => {
    const facts = factsOf(
      contract({
        types: [VOID_TYPE, functionType([I32], [])],
        imports: [importOf("cinnabar", "input_read", [0, 1])],
        tables: [[FUNCREF, 1, 3, 3]],
        memories: [[1, 2, 9]],
        globals: [
          [I32, 0, ...AT_ZERO],
          [I64, 1, 0x42, 5, END],
        ],
        exports: [MEMORY_EXPORT, exportOf("call_run", 0, 1)],
        code: [body([NOP], [[3, I64]])],
        data: [[0, ...AT_ZERO, 2, 0xaa, 0xbb]],
        behind: [custom("abi", [1, 2, 3])],
      }),
    );
    assert.deepEqual(facts.imports, [{ module: "cinnabar", name: "input_read", kind: "function" }]);
    assert.deepEqual(facts.exports, [
      { name: "memory", kind: "memory", index: 0 },
      { name: "call_run", kind: "function", index: 1 },
    ]);
    assert.deepEqual(facts.functions, [{ ...STRAIGHT, params: 0, locals: 3, operandHeightMax: 0, instructions: 0 }]);
    assert.deepEqual(facts.memory, { initialPages: 2, maximumPages: 9 });
    assert.deepEqual(facts.table, { minimum: 3, maximum: 3 });
    assert.deepEqual(facts.globals, [
      { type: "i32", isMutable: false, isImported: false },
      { type: "i64", isMutable: true, isImported: false },
    ]);
    assert.deepEqual([facts.importedFunctionCount, facts.mutableGlobalCount, facts.dataBytes], [1, 1, 2]);
    assert.deepEqual([facts.codeBytes, facts.customSections.length], [5, 1]);
    assert.equal(facts.customSections[0]?.length, 3);
  });

  const zero = [0x41, 0];
  const heights: readonly { readonly id: string; readonly code: Bytes; readonly height: number }[] = [
    { id: "nothing", code: [], height: 0 },
    { id: "one after another", code: [...zero, DROP, ...zero, DROP], height: 1 },
    { id: "three at once", code: [...zero, ...zero, ...zero, 0x6a, 0x6a, DROP], height: 3 },
    { id: "operands under a block", code: [...zero, 0x02, I32, ...zero, ...zero, 0x6a, END, 0x6a, DROP], height: 3 },
    { id: "a block's result", code: [...zero, 0x02, I32, ...zero, END, 0x6a, DROP], height: 2 },
    { id: "a branch on a condition", code: [...zero, ...zero, 0x0d, 0, DROP], height: 2 },
    { id: "behind unreachable", code: [UNREACHABLE, ...zero, ...zero, 0x6a, DROP], height: 2 },
  ];
  for (const { id, code, height } of heights) {
    it(`give the most operands at one time: ${id}`, () => {
      assert.equal(factsOf(contractOfCode(code)).functions[0]?.operandHeightMax, height);
    });
  }

  it("give parameters and locals of each function in index order", () => {
    const facts = factsOf(
      contract({
        types: [VOID_TYPE, functionType([I32, I64], [I32])],
        functions: [0, 1],
        code: [
          body(
            [],
            [
              [2, I32],
              [1, I64],
            ],
          ),
          body([0x20, 0]),
        ],
      }),
    );
    assert.deepEqual(facts.functions, [
      { ...STRAIGHT, params: 0, locals: 3, operandHeightMax: 0, instructions: 0 },
      { ...STRAIGHT, params: 2, locals: 0, operandHeightMax: 1, instructions: 1 },
    ]);
  });

  const bodies: readonly { id: string; code: Bytes; instructions: number; isStraight: boolean; callees: number[] }[] = [
    { id: "free instructions", code: [0x02, 0x40, NOP, END], instructions: 0, isStraight: true, callees: [] },
    { id: "calls, one twice", code: [0x10, 0, 0x10, 0], instructions: 2, isStraight: true, callees: [0, 0] },
    { id: "a loop", code: [0x03, 0x40, END], instructions: 0, isStraight: false, callees: [] },
    {
      id: "a loop that is never reached",
      code: [UNREACHABLE, 0x03, 0x40, END],
      instructions: 1,
      isStraight: false,
      callees: [],
    },
    { id: "a growth", code: [...zero, 0x40, 0, DROP], instructions: 2, isStraight: false, callees: [] },
    { id: "a fill", code: [...zero, ...zero, ...zero, 0xfc, 11, 0], instructions: 4, isStraight: false, callees: [] },
    {
      id: "a copy",
      code: [...zero, ...zero, ...zero, 0xfc, 10, 0, 0],
      instructions: 4,
      isStraight: false,
      callees: [],
    },
    { id: "memory.size", code: [0x3f, 0, DROP], instructions: 1, isStraight: true, callees: [] },
  ];
  for (const { id, code, instructions, isStraight, callees } of bodies) {
    it(`give what the meters need of a body: ${id}`, () => {
      const fact = factsOf(contractOfCode(code)).functions[0]!;
      assert.deepEqual(
        { instructions: fact.instructions, isStraight: fact.isStraight, callees: fact.callees },
        { instructions, isStraight, callees },
      );
    });
  }
});

describe("admitInstrumented", () => {
  const reserved = contract({
    globals: [[I64, 1, 0x42, 0, END]],
    imports: [importOf("cinnabar", "__cinnabar_trap", [0, 0])],
    exports: [MEMORY_EXPORT, exportOf("call_run", 0, 1), exportOf("__cinnabar_gas", 3, 0)],
  });

  it("takes the instrumenter's names, which admit refuses", () => {
    assert.deepEqual(admitInstrumented(reserved).reasons, []);
    const codes = admit(reserved).reasons.map((reason) => reason.code);
    assert.deepEqual(codes, ["import.reservedName", "export.reservedName", "feature.exportedMutableGlobal"]);
  });

  it("keeps the profile", () => {
    const codes = admitInstrumented(contract({ start: 0, code: [body([0x43, 0, 0, 0, 0, DROP])] })).reasons;
    assert.deepEqual(
      codes.map((reason) => reason.code),
      ["feature.startSection", "feature.float"],
    );
  });

  it("has room for what instrumentation adds, and an end to it", () => {
    const withLocals = (count: number): Uint8Array => contract({ code: [body([], [[count, I32]])] });
    assert.equal(admitInstrumented(withLocals(512)).accepted, true);
    assert.equal(admitInstrumented(withLocals(513)).accepted, false);
  });

  it("refuses reserved names of a module that lifts the profile", () => {
    const codes = admit(reserved, { profile: false, limits: false }).reasons.map((reason) => reason.code);
    assert.deepEqual(codes, ["import.reservedName", "export.reservedName"]);
    assert.deepEqual(admitInstrumented(reserved, { profile: false, limits: false }).reasons, []);
  });
});

describe("customSection", () => {
  const bytes = contract({ behind: [custom("abi", [1, 2, 3]), custom("abi", [9]), custom("empty", [])] });

  it("gives the contents of the first section of the name", () => {
    assert.deepEqual(customSection(bytes, "abi"), Uint8Array.of(1, 2, 3));
    assert.deepEqual(customSection(bytes, "empty"), new Uint8Array());
  });

  it("gives nothing for a name that is not there, or for bytes that are no module", () => {
    assert.equal(customSection(bytes, "ab"), undefined);
    assert.equal(customSection(bytes.subarray(0, 20), "abi"), undefined);
    assert.equal(customSection(new Uint8Array(3), "abi"), undefined);
  });
});

/**
 * Shapes that cost an engine or a careless reader much more than their bytes. Each is refused in one pass over its
 * bytes.
 */
describe("bombs", () => {
  const loops = [...repeat(1_000, [0x03, EMPTY]), ...repeat(1_000, [END])];
  const tooMany = 0xffff_ffff;
  const bombs: readonly { readonly id: string; readonly bytes: Uint8Array; readonly code: string }[] = [
    {
      id: "1000 nested loops over 1000 locals",
      bytes: contract({ code: [body(loops, [[1_000, I32]])] }),
      code: "limit.loopNesting",
    },
    {
      id: "100,000 nested blocks that never end",
      bytes: contractOfCode(repeat(100_000, [0x02, EMPTY])),
      code: "limit.blockNesting",
    },
    {
      id: "4294967295 locals in six bytes",
      bytes: contract({ code: [body([], [[tooMany, I32]])] }),
      code: "limit.functionLocals",
    },
    {
      id: "1000 parameters on 2000 functions",
      bytes: contract({
        types: [VOID_TYPE, functionType(repeat(1_000, [I32]), [])],
        functions: [0, ...repeat(2_000, [1])],
        code: Array.from({ length: 2_001 }, () => body([])),
      }),
      code: "limit.functionParams",
    },
    {
      id: "a br_table of 200,000 targets",
      bytes: contractOfCode([0x41, 0, 0x0e, ...u(200_000), ...repeat(200_000, [0]), 0]),
      code: "limit.brTableTargets",
    },
    {
      id: "a br_table that claims 4294967295 targets",
      bytes: contractOfCode([0x41, 0, 0x0e, ...u(tooMany)]),
      code: "encoding.truncated",
    },
    { id: "1 MiB of zeros", bytes: new Uint8Array(1_048_576), code: "limit.moduleBytes" },
    {
      id: "half a MiB of custom sections",
      bytes: moduleOf(repeat(150_000, [0, 1, 0])),
      code: "limit.customBytes",
    },
    {
      id: "10,000 imports",
      bytes: contract({ imports: Array.from({ length: 10_000 }, (_, index) => importOf("a", `${index}`, [0, 0])) }),
      code: "limit.imports",
    },
    {
      id: "10,000 exports of one name",
      bytes: contract({ exports: Array.from({ length: 10_000 }, () => exportOf("a", 0, 0)) }),
      code: "limit.exports",
    },
    {
      id: "a type section that claims 4294967295 types",
      bytes: moduleOf(section(1, [...u(tooMany), 0x60, 0, 0])),
      code: "limit.types",
    },
    {
      id: "a type with 200,000 results, and 50,000 blocks of it",
      bytes: contract({
        types: [VOID_TYPE, functionType([], repeat(200_000, [I32]))],
        code: [body(repeat(50_000, [0x02, 1, UNREACHABLE, END]))],
      }),
      code: "feature.multiValue",
    },
    {
      id: "a start function that never ends",
      bytes: contractOfCode([0x03, EMPTY, 0x0c, 0, END], { start: 0 }),
      code: "feature.startSection",
    },
  ];
  for (const { id, bytes, code } of bombs) {
    it(`are refused: ${id}`, () => {
      const codes = admit(bytes).reasons.map((reason) => reason.code as string);
      assert.ok(codes.includes(code), codes.join());
    });
  }

  it("leave the list of reasons short", () => {
    for (const { bytes } of bombs) assert.ok(admit(bytes).reasons.length < 5 * LIMITS.reasonsPerCode);
  });
});

describe("section framing", () => {
  it("lists what it found before a size that reaches past the end, and no consequences", () => {
    const bytes = moduleOf(section(1, vec([functionType([F32], [])])), [3, 100, 0]);
    const codes = admit(bytes).reasons.map((reason) => reason.code);
    assert.deepEqual(codes, ["feature.float", "section.pastEnd"]);
  });

  it("says nothing about what is missing behind a wrong header", () => {
    const codes = admit(new Uint8Array([...HEADER.slice(0, 4), 0x0d, 0, 1, 0])).reasons.map((reason) => reason.code);
    assert.deepEqual(codes, ["module.version"]);
  });

  it("says what an empty module lacks", () => {
    assert.deepEqual(
      admit(moduleOf()).reasons.map((reason) => reason.code),
      ["memory.missing"],
    );
    assert.equal(admit(moduleOf(), { profile: false }).accepted, true);
  });

  it("points at the byte that is wrong inside a name", () => {
    const bytes = contract({ behind: [section(0, [2, 0xc3, 0x28])] });
    assert.equal(admit(bytes).reasons[0]?.offset, offsetOf(bytes, [0xc3, 0x28]));
    assert.deepEqual(name("é"), [2, 0xc3, 0xa9]);
  });
});
