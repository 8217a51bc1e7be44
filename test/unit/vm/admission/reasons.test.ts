/** Each code of a refusal: a module that is refused for exactly this, beside a twin that is accepted. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AdmissionOptions, admit } from "../../../../vm/admission/admit.ts";
import { REASON_TEXTS, type ReasonCode } from "../../../../vm/admission/reasons.ts";
import {
  AT_ZERO,
  type Bytes,
  body,
  bytesOf,
  contract,
  contractOfCode,
  custom,
  DROP,
  EMPTY,
  END,
  EXTERNREF,
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
  V128,
  vec,
} from "./module-builder.ts";

interface Case {
  readonly code: ReasonCode;
  readonly refused: Uint8Array;
  readonly twin: Uint8Array;
  readonly options?: AdmissionOptions;
  /** The bytes the reason's offset points at, by their first occurrence. */
  readonly at?: Bytes;
}

const LIFTED: AdmissionOptions = { profile: false, limits: false };
const NO_PROFILE: AdmissionOptions = { profile: false };
const PLAIN = contract();
const VOID_TYPE = functionType([], []);
const BASE_EXPORTS = [exportOf("memory", 2, 0), exportOf("call_run", 0, 0)];
const TABLE = [FUNCREF, 1, 1, 1];
const EXTERN_TABLE = [EXTERNREF, 1, 1, 1];
const MUTABLE_I32 = [I32, 1, ...AT_ZERO];
const CONSTANT_I32 = [I32, 0, ...AT_ZERO];
const ONE_FUNCTION = [0, ...AT_ZERO, 1, 0];
const I32_ZERO = [0x41, 0];

/** A contract with sections in the order given; the parts are those of the plain contract. */
const TYPES = section(1, vec([VOID_TYPE]));
const FUNCTIONS = section(3, vec([[0]]));
const MEMORY = section(5, vec([[1, 1, 2]]));
const EXPORTS = section(7, vec(BASE_EXPORTS));
const CODE = section(10, vec([body([])]));

/**
 * One function body of nops. The engines' limit of a body's size (JavaScript interface) is one the reader does not
 * have.
 */
function contractOfBodySize(size: number): Uint8Array {
  const code = new Uint8Array(size).fill(NOP);
  code.set([0]);
  code.set([END], size - 1);
  const head = [1, ...u(size)];
  return moduleOf(TYPES, FUNCTIONS, MEMORY, EXPORTS, [10, ...u(head.length + size), ...head], code);
}

const ENCODING: readonly Case[] = [
  {
    code: "module.magic",
    refused: new Uint8Array([...HEADER.slice(0, 3), 0x6e, 1, 0, 0, 0]),
    twin: PLAIN,
    at: [0, 0x61],
  },
  { code: "module.magic", refused: new Uint8Array(), twin: PLAIN },
  {
    code: "module.version",
    refused: new Uint8Array([...HEADER.slice(0, 4), 2, 0, 0, 0]),
    twin: PLAIN,
    at: [2, 0, 0, 0],
  },
  {
    code: "module.engineRefused",
    refused: contractOfBodySize(7_654_322),
    twin: contractOfBodySize(7_654_321),
    options: LIFTED,
  },
  {
    code: "encoding.truncated",
    refused: moduleOf(section(1, [1, 0x60, 2, I32]), FUNCTIONS, MEMORY, EXPORTS, CODE),
    twin: PLAIN,
  },
  {
    code: "encoding.leb",
    refused: contract({ memories: [[1, 0x81, 0x80, 0x80, 0x80, 0x80, 0, 2]] }),
    twin: contract({ memories: [[1, 0x81, 0x80, 0x80, 0x80, 0, 2]] }),
    at: [0x81, 0x80],
  },
  {
    code: "encoding.leb",
    refused: contract({ memories: [[1, 0x81, 0x80, 0x80, 0x80, 0x10, 2]] }),
    twin: contract({ memories: [[1, 0x81, 0x80, 0x80, 0x80, 0x00, 2]] }),
  },
  {
    code: "encoding.leb",
    refused: contractOfCode([0x41, 0xff, 0xff, 0xff, 0xff, 0x4f, DROP]),
    twin: contractOfCode([0x41, 0xff, 0xff, 0xff, 0xff, 0x7f, DROP]),
  },
  {
    code: "encoding.leb",
    refused: contractOfCode([0x42, ...repeat(9, [0xff]), 0x7e, DROP]),
    twin: contractOfCode([0x42, ...repeat(9, [0xff]), 0x7f, DROP]),
  },
  {
    code: "encoding.utf8",
    refused: contract({ exports: [...BASE_EXPORTS, [2, 0xed, 0xa0, 0, 0]] }),
    twin: contract({ exports: [...BASE_EXPORTS, [2, 0xc3, 0xa9, 0, 0]] }),
    at: [0xed, 0xa0],
  },
  {
    code: "encoding.utf8",
    refused: contract({ behind: [section(0, [1, 0xff])] }),
    twin: contract({ behind: [section(0, [1, 0x61])] }),
  },
  { code: "section.unknown", refused: contract({ behind: [section(14, [])] }), twin: PLAIN, at: [14, 0] },
  {
    code: "section.order",
    refused: moduleOf(TYPES, FUNCTIONS, EXPORTS, MEMORY, CODE),
    twin: moduleOf(TYPES, FUNCTIONS, MEMORY, EXPORTS, CODE),
    at: MEMORY,
  },
  { code: "section.duplicate", refused: contract({ behind: [MEMORY] }), twin: contract({ behind: [custom("a", [])] }) },
  { code: "section.pastEnd", refused: contract({ behind: [[0, 9, 1, 0x61]] }), twin: PLAIN, at: [0, 9, 1] },
  {
    code: "section.sizeMismatch",
    refused: moduleOf(TYPES, FUNCTIONS, section(5, [1, 1, 1, 2, 0xee]), EXPORTS, CODE),
    twin: PLAIN,
    at: [0xee],
  },
];

const FEATURES: readonly Case[] = [
  {
    code: "feature.float",
    refused: contract({ types: [VOID_TYPE, functionType([F32], [])] }),
    twin: contract({ types: [VOID_TYPE, functionType([I64], [])] }),
    at: [F32],
  },
  {
    code: "feature.float",
    refused: contract({ code: [body([], [[1, F32]])] }),
    twin: contract({ code: [body([], [[1, I32]])] }),
    at: [F32],
  },
  {
    code: "feature.float",
    refused: contractOfCode([UNREACHABLE, 0x02, F32, UNREACHABLE, END, DROP]),
    twin: contractOfCode([UNREACHABLE, 0x02, I64, UNREACHABLE, END, DROP]),
    at: [F32],
  },
  {
    code: "feature.multiValue",
    refused: contractOfCode([0x02, 0, END]),
    twin: contractOfCode([0x02, EMPTY, END]),
    at: [0, END, END],
  },
  {
    code: "feature.multiValue",
    refused: contract({ types: [VOID_TYPE, functionType([], [I32, I32])] }),
    twin: contract({ types: [VOID_TYPE, functionType([], [I32])] }),
    at: functionType([], [I32, I32]),
  },
  {
    code: "feature.referenceTypes",
    refused: contractOfCode([0xd0, FUNCREF, DROP]),
    twin: contractOfCode([...I32_ZERO, DROP]),
    at: [0xd0],
  },
  {
    code: "feature.referenceTypes",
    refused: contract({ tables: [EXTERN_TABLE] }),
    twin: contract({ tables: [TABLE] }),
    at: EXTERN_TABLE,
  },
  {
    code: "feature.tableInstructions",
    refused: contractOfCode([0xfc, 16, 0, DROP], { tables: [TABLE] }),
    twin: contractOfCode([0x3f, 0, DROP], { tables: [TABLE] }),
    at: [0xfc, 16],
  },
  {
    code: "feature.tableInstructions",
    refused: contractOfCode([UNREACHABLE, 0xfc, 15, 0, DROP], { tables: [TABLE] }),
    twin: contractOfCode([UNREACHABLE, 0xfc, 11, 0], { tables: [TABLE] }),
    at: [0xfc, 15],
  },
  {
    code: "feature.multipleTables",
    refused: contract({ tables: [TABLE, TABLE] }),
    twin: contract({ tables: [TABLE] }),
  },
  {
    code: "feature.passiveSegments",
    refused: contract({ data: [[1, 1, 0xaa]] }),
    twin: contract({ data: [[0, ...AT_ZERO, 1, 0xaa]] }),
  },
  {
    code: "feature.passiveSegments",
    refused: contractOfCode([UNREACHABLE, 0xfc, 8, 0, 0], { dataCount: 1, data: [[0, ...AT_ZERO, 0]] }),
    twin: contractOfCode([UNREACHABLE, 0xfc, 10, 0, 0], { dataCount: 1, data: [[0, ...AT_ZERO, 0]] }),
    at: [0xfc, 8],
  },
  { code: "feature.startSection", refused: contract({ start: 0 }), twin: PLAIN },
  { code: "feature.importedTable", refused: contract({ imports: [importOf("a", "t", [1, ...TABLE])] }), twin: PLAIN },
  {
    code: "feature.importedMemory",
    refused: contract({ imports: [importOf("a", "m", [2, 1, 1, 2])], memories: [] }),
    twin: PLAIN,
    at: importOf("a", "m", []),
  },
  { code: "feature.importedGlobal", refused: contract({ imports: [importOf("a", "g", [3, I32, 0])] }), twin: PLAIN },
  {
    code: "feature.exportedMutableGlobal",
    refused: contract({ globals: [MUTABLE_I32], exports: [...BASE_EXPORTS, exportOf("g", 3, 0)] }),
    twin: contract({ globals: [CONSTANT_I32], exports: [...BASE_EXPORTS, exportOf("g", 3, 0)] }),
    at: exportOf("g", 3, 0),
  },
  { code: "feature.simd", refused: contract({ code: [body([], [[1, V128]])] }), twin: PLAIN, at: [V128] },
  { code: "feature.simd", refused: contractOfCode([UNREACHABLE, 0xfd, 77, DROP]), twin: PLAIN, at: [0xfd, 77] },
  { code: "feature.relaxedSimd", refused: contractOfCode([UNREACHABLE, 0xfd, 0x80, 2]), twin: PLAIN, at: [0xfd] },
  { code: "feature.threads", refused: contractOfCode([0xfe, 3, 0]), twin: PLAIN, at: [0xfe, 3] },
  { code: "feature.threads", refused: contract({ memories: [[3, 1, 2]] }), twin: PLAIN, at: [3, 1, 2] },
  { code: "feature.exceptions", refused: contractOfCode([0x06, EMPTY, END]), twin: PLAIN, at: [0x06, EMPTY] },
  { code: "feature.exceptions", refused: contract({ behind: [section(13, [1, 0, 0])] }), twin: PLAIN },
  { code: "feature.tailCalls", refused: contractOfCode([0x12, 0]), twin: contractOfCode([0x10, 0]), at: [0x12, 0] },
  { code: "feature.memory64", refused: contract({ memories: [[5, 1, 2]] }), twin: PLAIN, at: [5, 1, 2] },
  { code: "feature.gc", refused: contractOfCode([0xfb, 0, 0]), twin: PLAIN, at: [0xfb, 0] },
  { code: "feature.gc", refused: contract({ types: [VOID_TYPE, [0x5f, 0]] }), twin: PLAIN, at: [0x5f] },
];

/** A module whose size is exactly this: the rest is one data segment. */
function contractOfSize(size: number): Uint8Array {
  const withData = (length: number): Uint8Array =>
    contract({ memories: [[1, 32, 32]], data: [[0, ...AT_ZERO, ...u(length), ...new Array<number>(length).fill(0)]] });
  const length = size - 600;
  return withData(length + size - withData(length).length);
}

function contractOfFunctions(count: number, changes: Parameters<typeof contract>[0] = {}): Uint8Array {
  const functions = new Array<number>(count).fill(0);
  return contract({ functions, code: functions.map(() => body([])), ...changes });
}

function contractOfLocals(functions: number, last: number): Uint8Array {
  const code: number[][] = [];
  for (let index = 0; index < functions; index++) code.push(body([], [[64, I32]]));
  code.push(body([], [[last, I32]]));
  return contract({ functions: code.map(() => 0), code });
}

const brTable = (targets: number): number[] => [...I32_ZERO, 0x0e, ...u(targets), ...repeat(targets, [0]), 0];
const nested = (opcode: number, depth: number): number[] => [
  ...repeat(depth, [opcode, EMPTY]),
  ...repeat(depth, [END]),
];
const emptyData = [0, ...AT_ZERO, 0];
const manyImports = (count: number): Uint8Array =>
  contract({
    imports: Array.from({ length: count }, (_, index) => importOf("a", `f${index}`, [0, 0])),
    exports: [exportOf("memory", 2, 0)],
  });
const manyExports = (count: number): Bytes[] =>
  Array.from({ length: count }, (_, index) => exportOf(`e${index}`, 0, 0));
const sixteenParams = [VOID_TYPE, functionType(repeat(16, [I32]), [])];

const LIMIT_CASES: readonly Case[] = [
  { code: "limit.moduleBytes", refused: contractOfSize(524_289), twin: contractOfSize(524_288) },
  {
    code: "limit.types",
    refused: contract({ types: Array.from({ length: 1_025 }, () => VOID_TYPE) }),
    twin: contract({ types: Array.from({ length: 1_024 }, () => VOID_TYPE) }),
  },
  { code: "limit.functions", refused: contractOfFunctions(4_097), twin: contractOfFunctions(4_096) },
  { code: "limit.imports", refused: manyImports(65), twin: manyImports(64), options: NO_PROFILE },
  {
    code: "limit.exports",
    refused: contract({ exports: [...BASE_EXPORTS, ...manyExports(127)] }),
    twin: contract({ exports: [...BASE_EXPORTS, ...manyExports(126)] }),
  },
  {
    code: "limit.nameBytes",
    refused: contract({ exports: [...BASE_EXPORTS, exportOf("n".repeat(257), 0, 0)] }),
    twin: contract({ exports: [...BASE_EXPORTS, exportOf("n".repeat(256), 0, 0)] }),
  },
  {
    code: "limit.functionParams",
    refused: contract({ types: [VOID_TYPE, functionType(repeat(17, [I32]), [])] }),
    twin: contract({ types: sixteenParams }),
  },
  {
    code: "limit.totalParams",
    refused: contractOfFunctions(514, { types: sixteenParams, functions: [0, ...repeat(513, [1])] }),
    twin: contractOfFunctions(513, { types: sixteenParams, functions: [0, ...repeat(512, [1])] }),
  },
  {
    code: "limit.functionResults",
    refused: contract({ types: [VOID_TYPE, functionType([], [I32, I32])] }),
    twin: contract({ types: [VOID_TYPE, functionType([], [I32])] }),
    options: NO_PROFILE,
  },
  {
    code: "limit.functionLocals",
    refused: contract({
      code: [
        body(
          [],
          [
            [60, I32],
            [5, I64],
          ],
        ),
      ],
    }),
    twin: contract({
      code: [
        body(
          [],
          [
            [60, I32],
            [4, I64],
          ],
        ),
      ],
    }),
  },
  {
    code: "limit.functionLocals",
    refused: contract({ code: [body([], [[8_000, I32]])] }),
    twin: contract({ code: [body([], [[0, I32]])] }),
  },
  { code: "limit.totalLocals", refused: contractOfLocals(128, 1), twin: contractOfLocals(128, 0) },
  {
    code: "limit.functionOps",
    refused: contractOfCode(repeat(16_384, [NOP])),
    twin: contractOfCode(repeat(16_383, [NOP])),
  },
  { code: "limit.brTableTargets", refused: contractOfCode(brTable(257)), twin: contractOfCode(brTable(256)) },
  {
    code: "limit.totalBrTableTargets",
    refused: contractOfCode([...repeat(16, brTable(256)), ...brTable(1)]),
    twin: contractOfCode(repeat(16, brTable(256))),
  },
  {
    code: "limit.functionLoops",
    refused: contractOfCode(repeat(65, [0x03, EMPTY, END])),
    twin: contractOfCode(repeat(64, [0x03, EMPTY, END])),
  },
  {
    code: "limit.functionBlocks",
    refused: contractOfCode(repeat(1_025, [0x02, EMPTY, END])),
    twin: contractOfCode(repeat(1_024, [0x02, EMPTY, END])),
  },
  {
    code: "limit.functionCalls",
    refused: contractOfCode(repeat(1_025, [0x10, 0])),
    twin: contractOfCode(repeat(1_024, [0x10, 0])),
  },
  { code: "limit.loopNesting", refused: contractOfCode(nested(0x03, 33)), twin: contractOfCode(nested(0x03, 32)) },
  {
    code: "limit.expressionDepth",
    refused: contractOfCode([0x41, 0, ...repeat(126, [0x45]), 0x1a]),
    twin: contractOfCode([0x41, 0, ...repeat(125, [0x45]), 0x1a]),
  },
  {
    code: "limit.heldOperands",
    refused: contractOfCode(repeat(257, [0x41, 0, NOP, 0x1a])),
    twin: contractOfCode(repeat(256, [0x41, 0, NOP, 0x1a])),
  },
  {
    code: "limit.heldOperands",
    refused: contractOfCode([0x00, ...repeat(257, [0x41, 0, NOP, 0x1a])]),
    twin: contractOfCode([0x00, ...repeat(256, [0x41, 0, NOP, 0x1a])]),
  },
  {
    code: "limit.loopNesting",
    refused: contractOfCode([0x03, EMPTY, ...repeat(31, nested(0x03, 1)), ...nested(0x03, 32), END]),
    twin: contractOfCode([0x03, EMPTY, ...repeat(31, nested(0x03, 1)), ...nested(0x03, 31), END]),
  },
  { code: "limit.blockNesting", refused: contractOfCode(nested(0x02, 65)), twin: contractOfCode(nested(0x02, 64)) },
  {
    code: "limit.globals",
    refused: contract({ globals: Array.from({ length: 65 }, () => MUTABLE_I32) }),
    twin: contract({ globals: Array.from({ length: 64 }, () => MUTABLE_I32) }),
  },
  {
    code: "limit.dataSegments",
    refused: contract({ data: Array.from({ length: 129 }, () => emptyData) }),
    twin: contract({ data: Array.from({ length: 128 }, () => emptyData) }),
  },
  {
    code: "limit.elementSegments",
    refused: contract({ tables: [TABLE], elements: Array.from({ length: 9 }, () => ONE_FUNCTION) }),
    twin: contract({ tables: [TABLE], elements: Array.from({ length: 8 }, () => ONE_FUNCTION) }),
  },
  {
    code: "limit.tableEntries",
    refused: contract({ tables: [[FUNCREF, 1, ...u(1_025), ...u(1_025)]] }),
    twin: contract({ tables: [[FUNCREF, 1, ...u(1_024), ...u(1_024)]] }),
  },
  {
    code: "limit.memoryInitialPages",
    refused: contract({ memories: [[1, 33, 33]] }),
    twin: contract({ memories: [[1, 32, 33]] }),
  },
  {
    code: "limit.memoryMaximumPages",
    refused: contract({ memories: [[1, 1, ...u(65)]] }),
    twin: contract({ memories: [[1, 1, ...u(64)]] }),
  },
  {
    code: "limit.customBytes",
    refused: contract({ behind: [custom("a", repeat(40_000, [0])), custom("b", repeat(25_533, [0]))] }),
    twin: contract({ behind: [custom("a", repeat(40_000, [0])), custom("b", repeat(25_532, [0]))] }),
  },
];

const importing = (module: string, importName: string, types: readonly Bytes[] = [VOID_TYPE]): Uint8Array =>
  contract({
    types: [...types, VOID_TYPE],
    imports: [importOf(module, importName, [0, 0])],
    functions: [types.length],
    exports: [exportOf("memory", 2, 0), exportOf("call_run", 0, 1)],
  });
const GET_SIZE = functionType([], [I32]);

const DECLARATIONS: readonly Case[] = [
  { code: "type.form", refused: contract({ types: [VOID_TYPE, [0x41, 0, 0]] }), twin: PLAIN, at: [0x41] },
  { code: "type.valueType", refused: contract({ types: [VOID_TYPE, [0x60, 1, 0x01, 0]] }), twin: PLAIN },
  { code: "type.index", refused: contract({ functions: [1] }), twin: contract({ functions: [0] }) },
  {
    code: "type.index",
    refused: contractOfCode([UNREACHABLE, 0x11, 1, 0], { tables: [TABLE] }),
    twin: contractOfCode([UNREACHABLE, 0x11, 0, 0], { tables: [TABLE] }),
  },
  { code: "import.kind", refused: contract({ imports: [importOf("a", "b", [9, 0])] }), twin: PLAIN },
  {
    code: "import.unknown",
    refused: importing("cinnabar", "input_sizes", [GET_SIZE]),
    twin: importing("cinnabar", "input_size", [GET_SIZE]),
    at: name("cinnabar"),
  },
  {
    code: "import.unknown",
    refused: importing("env", "input_size", [GET_SIZE]),
    twin: importing("env", "abort", [functionType([I32, I32, I32, I32], [])]),
  },
  {
    code: "import.signature",
    refused: importing("cinnabar", "input_size", [functionType([], [I64])]),
    twin: importing("cinnabar", "block_time", [functionType([], [I64])]),
  },
  {
    code: "import.signature",
    refused: importing("cinnabar", "input_read", [functionType([I32], [I32])]),
    twin: importing("cinnabar", "input_read", [functionType([I32], [])]),
  },
  {
    code: "import.duplicate",
    refused: contract({
      types: [GET_SIZE, VOID_TYPE],
      imports: [importOf("cinnabar", "input_size", [0, 0]), importOf("cinnabar", "input_size", [0, 0])],
      functions: [1],
      exports: [exportOf("memory", 2, 0), exportOf("call_run", 0, 2)],
    }),
    twin: contract({
      types: [GET_SIZE, VOID_TYPE],
      imports: [importOf("cinnabar", "input_size", [0, 0]), importOf("cinnabar", "caller_contract", [0, 0])],
      functions: [1],
      exports: [exportOf("memory", 2, 0), exportOf("call_run", 0, 2)],
    }),
  },
  {
    code: "import.debugOnly",
    refused: importing("cinnabar", "debug_log", [functionType([I32, I32], [])]),
    twin: importing("cinnabar", "output_write", [functionType([I32, I32], [])]),
    at: name("cinnabar"),
  },
  {
    code: "import.reservedName",
    refused: importing("cinnabar", "__cinnabar_gas"),
    twin: importing("cinnabar", "input_size", [GET_SIZE]),
  },
  {
    code: "table.elementType",
    refused: contract({ tables: [[I32, 1, 1, 1]] }),
    twin: contract({ tables: [TABLE] }),
    at: [I32, 1, 1, 1],
  },
  { code: "table.bounds", refused: contract({ tables: [[FUNCREF, 1, 1, 2]] }), twin: contract({ tables: [TABLE] }) },
  { code: "table.bounds", refused: contract({ tables: [[FUNCREF, 0, 1]] }), twin: contract({ tables: [TABLE] }) },
  { code: "memory.missing", refused: contract({ memories: [], exports: [exportOf("call_run", 0, 0)] }), twin: PLAIN },
  {
    code: "memory.tooMany",
    refused: contract({
      memories: [
        [1, 1, 2],
        [1, 1, 2],
      ],
    }),
    twin: PLAIN,
  },
  { code: "memory.pages", refused: contract({ memories: [[1, 1, ...u(65_537)]] }), twin: PLAIN },
  { code: "memory.noMaximum", refused: contract({ memories: [[0, 1]] }), twin: PLAIN, at: [0, 1, 7] },
  { code: "limits.flag", refused: contract({ memories: [[8, 1, 2]] }), twin: PLAIN, at: [8, 1, 2] },
  { code: "limits.order", refused: contract({ memories: [[1, 2, 1]] }), twin: contract({ memories: [[1, 2, 2]] }) },
  { code: "global.mutability", refused: contract({ globals: [[I32, 2, ...AT_ZERO]] }), twin: PLAIN, at: [2, 0x41] },
  { code: "constant.instruction", refused: contract({ globals: [[I32, 0, NOP, END]] }), twin: PLAIN, at: [NOP, END] },
  {
    code: "constant.type",
    refused: contract({ globals: [[I32, 0, 0x42, 0, END]] }),
    twin: contract({ globals: [[I64, 0, 0x42, 0, END]] }),
    at: [0x42, 0, END],
  },
  { code: "constant.type", refused: contract({ globals: [[I32, 0, END]] }), twin: PLAIN },
  { code: "constant.type", refused: contract({ globals: [[I32, 0, 0x41, 0, 0x41, 0, END]] }), twin: PLAIN },
  {
    code: "constant.global",
    refused: contract({ globals: [CONSTANT_I32, [I32, 0, 0x23, 0, END]] }),
    twin: contract({ globals: [CONSTANT_I32, CONSTANT_I32] }),
  },
  {
    code: "constant.function",
    refused: contract({ globals: [[FUNCREF, 0, 0xd2, 1, END]] }),
    twin: contract({ globals: [[FUNCREF, 0, 0xd2, 0, END]] }),
    options: LIFTED,
  },
  { code: "export.kind", refused: contract({ exports: [...BASE_EXPORTS, exportOf("a", 9, 0)] }), twin: PLAIN },
  { code: "export.index", refused: contract({ exports: [...BASE_EXPORTS, exportOf("a", 0, 1)] }), twin: PLAIN },
  { code: "export.index", refused: contract({ exports: [...BASE_EXPORTS, exportOf("a", 3, 0)] }), twin: PLAIN },
  {
    code: "export.duplicate",
    refused: contract({ exports: [...BASE_EXPORTS, exportOf("memory", 0, 0)] }),
    twin: contract({ exports: [...BASE_EXPORTS, exportOf("memory2", 0, 0)] }),
  },
  {
    code: "export.reservedName",
    refused: contract({ exports: [...BASE_EXPORTS, exportOf("__cinnabar_gas", 0, 0)] }),
    twin: contract({ exports: [...BASE_EXPORTS, exportOf("_cinnabar_gas", 0, 0)] }),
    at: name("__cinnabar_gas"),
  },
  { code: "export.memoryMissing", refused: contract({ exports: [exportOf("call_run", 0, 0)] }), twin: PLAIN },
  { code: "export.memoryMissing", refused: contract({ exports: [exportOf("memory", 0, 0)] }), twin: PLAIN },
  {
    code: "export.methodType",
    refused: contract({ types: [functionType([I32], [])] }),
    twin: contract({ types: [functionType([I32], [])], exports: [exportOf("memory", 2, 0), exportOf("run", 0, 0)] }),
    at: name("call_run"),
  },
  {
    code: "export.methodType",
    refused: contract({ exports: [...BASE_EXPORTS, exportOf("call_a", 2, 0)] }),
    twin: PLAIN,
  },
  {
    code: "export.methodType",
    refused: contract({ types: [functionType([], [I32])], code: [body(I32_ZERO)] }),
    twin: PLAIN,
  },
  ...["", "1a", "a-b", "é", "\u001b[2J", "a".repeat(65)].map(
    (method): Case => ({
      code: "export.methodName",
      refused: contract({ exports: [...BASE_EXPORTS, exportOf(`call_${method}`, 0, 0)] }),
      twin: contract({ exports: [...BASE_EXPORTS, exportOf(`call_${"a".repeat(64)}`, 0, 0)] }),
    }),
  ),
  { code: "start.index", refused: contract({ start: 1 }), twin: contract({ start: 0 }), options: LIFTED },
  {
    code: "start.type",
    refused: contract({ types: [functionType([I32], [])], start: 0 }),
    twin: contract({ start: 0 }),
    options: LIFTED,
  },
];

const withTable = (segment: Bytes, table: Bytes = TABLE): Uint8Array =>
  contract({ tables: [table], elements: [segment] });
const withData = (segment: Bytes): Uint8Array => contract({ data: [segment] });
const GOOD_TABLE = withTable(ONE_FUNCTION);

const SEGMENTS: readonly Case[] = [
  { code: "element.flags", refused: withTable([8, ...AT_ZERO, 1, 0]), twin: GOOD_TABLE },
  { code: "element.kind", refused: withTable([1, 1, 1, 0]), twin: withTable([1, 0, 1, 0]), options: LIFTED },
  { code: "element.table", refused: contract({ elements: [ONE_FUNCTION] }), twin: GOOD_TABLE },
  {
    code: "element.type",
    refused: withTable(ONE_FUNCTION, EXTERN_TABLE),
    twin: withTable([6, 0, ...AT_ZERO, EXTERNREF, 1, 0xd0, EXTERNREF, END], EXTERN_TABLE),
    options: LIFTED,
  },
  { code: "element.function", refused: withTable([0, ...AT_ZERO, 1, 1]), twin: GOOD_TABLE },
  { code: "element.bounds", refused: withTable([0, 0x41, 1, END, 1, 0]), twin: GOOD_TABLE },
  { code: "element.bounds", refused: withTable([0, 0x41, 2, END, 0]), twin: withTable([0, 0x41, 1, END, 0]) },
  // -1 as an offset is 4294967295.
  { code: "element.bounds", refused: withTable([0, 0x41, 0x7f, END, 1, 0]), twin: GOOD_TABLE },
  { code: "data.flags", refused: withData([3, ...AT_ZERO, 0]), twin: withData(emptyData) },
  {
    code: "data.memory",
    refused: contract({ memories: [], exports: [], data: [emptyData] }),
    twin: contract({ data: [emptyData] }),
    options: LIFTED,
  },
  {
    code: "data.bounds",
    refused: withData([0, 0x41, 0xff, 0xff, 3, END, 2, 0xaa, 0xbb]),
    twin: withData([0, 0x41, 0xff, 0xff, 3, END, 1, 0xaa]),
  },
  { code: "data.bounds", refused: withData([0, 0x41, 0x7f, END, 0]), twin: withData(emptyData) },
  {
    code: "data.countMismatch",
    refused: contract({ dataCount: 2, data: [emptyData] }),
    twin: contract({ dataCount: 1, data: [emptyData] }),
  },
  { code: "data.countMismatch", refused: contract({ dataCount: 1 }), twin: contract({ dataCount: 0 }) },
  { code: "code.countMismatch", refused: contract({ functions: [0, 0] }), twin: PLAIN },
  { code: "code.countMismatch", refused: contract({ code: [] }), twin: PLAIN },
];

const lifted = (code: ReasonCode, refused: Uint8Array, twin: Uint8Array): Case => ({
  code,
  refused,
  twin,
  options: LIFTED,
});

/** A refused and an accepted body of a function () -> (). */
const bodies = (code: ReasonCode, refused: Bytes, twin: Bytes, at?: Bytes): Case => ({
  code,
  refused: contractOfCode(refused),
  twin: contractOfCode(twin),
  ...(at === undefined ? {} : { at }),
});
const I64_ZERO = [0x42, 0];
const IF = [...I32_ZERO, 0x04];

const BODIES: readonly Case[] = [
  { code: "body.pastEnd", refused: contract({ code: [[9, 0, END]] }), twin: PLAIN, at: [9, 0, END] },
  { code: "body.sizeMismatch", refused: contract({ code: [bytesOf([0, NOP])] }), twin: PLAIN },
  { code: "body.sizeMismatch", refused: contract({ code: [bytesOf([0, END, 0xee])] }), twin: PLAIN, at: [0xee] },
  bodies("body.sizeMismatch", [0x02, EMPTY], [0x02, EMPTY, END]),
  {
    code: "body.localsOverflow",
    refused: contract({
      code: [
        body(
          [],
          [
            [0xffff_ffff, I32],
            [1, I64],
          ],
        ),
      ],
    }),
    twin: contract({
      code: [
        body(
          [],
          [
            [1, I32],
            [1, I64],
          ],
        ),
      ],
    }),
  },
  bodies("body.opcode", [0xff], [NOP], [0xff]),
  bodies("body.opcode", [0xfc, 18], [NOP], [0xfc, 18]),
  bodies("body.reservedByte", [0x3f, 1, DROP], [0x3f, 0, DROP], [0x3f, 1]),
  bodies("body.reservedByte", [UNREACHABLE, 0xfc, 10, 0, 1], [UNREACHABLE, 0xfc, 10, 0, 0]),
  bodies("body.type", [...I32_ZERO, 0x50, DROP], [...I32_ZERO, 0x45, DROP], [0x50]),
  bodies("body.type", [DROP], [NOP]),
  bodies("body.type", [...I32_ZERO], [...I32_ZERO, DROP]),
  bodies("body.type", [0x02, I32, END, DROP], [0x02, I32, ...I32_ZERO, END, DROP]),
  bodies("body.type", [0x02, EMPTY, ...I32_ZERO, END], [0x02, EMPTY, END]),
  bodies("body.type", [...IF, I32, ...I32_ZERO, END, DROP], [...IF, I32, ...I32_ZERO, 0x05, ...I32_ZERO, END, DROP]),
  bodies("body.type", [UNREACHABLE, ...I64_ZERO, 0x45, DROP], [UNREACHABLE, 0x45, DROP]),
  bodies(
    "body.type",
    [...I32_ZERO, ...I64_ZERO, ...I32_ZERO, 0x1b, DROP],
    [...I32_ZERO, ...I32_ZERO, ...I32_ZERO, 0x1b, DROP],
  ),
  // A branch to a loop goes to its beginning and takes nothing; one to a block takes its result.
  bodies("body.type", [0x02, I32, 0x0c, 0, END, DROP], [0x03, I32, 0x0c, 0, END, DROP]),
  bodies("body.else", [0x05], [...IF, EMPTY, 0x05, END]),
  bodies("body.else", [...IF, EMPTY, 0x05, 0x05, END], [...IF, EMPTY, 0x05, END]),
  bodies("body.label", [0x0c, 1], [0x0c, 0], [0x0c, 1]),
  bodies("body.label", [...I32_ZERO, 0x0e, 1, 7, 0], [...I32_ZERO, 0x0e, 1, 0, 0]),
  bodies(
    "body.labelTypes",
    [0x02, I32, ...I32_ZERO, ...I32_ZERO, 0x0e, 1, 0, 1, END, DROP],
    [0x02, I32, ...I32_ZERO, ...I32_ZERO, 0x0e, 1, 0, 0, END, DROP],
  ),
  {
    code: "body.local",
    refused: contract({ code: [body([0x20, 2, DROP], [[2, I32]])] }),
    twin: contract({ code: [body([0x20, 1, DROP], [[2, I32]])] }),
    at: [0x20, 2],
  },
  bodies("body.global", [0x23, 0, DROP], [NOP]),
  {
    code: "body.immutableGlobal",
    refused: contractOfCode([...I32_ZERO, 0x24, 0], { globals: [CONSTANT_I32] }),
    twin: contractOfCode([...I32_ZERO, 0x24, 0], { globals: [MUTABLE_I32] }),
  },
  bodies("body.function", [0x10, 1], [0x10, 0], [0x10, 1]),
  lifted("body.undeclaredReference", contractOfCode([0xd2, 0, DROP], { exports: [] }), contractOfCode([0xd2, 0, DROP])),
  bodies("body.table", [UNREACHABLE, 0x11, 0, 0], [UNREACHABLE]),
  lifted(
    "body.tableType",
    contractOfCode([UNREACHABLE, 0x11, 0, 0], { tables: [EXTERN_TABLE] }),
    contractOfCode([UNREACHABLE, 0x11, 0, 0], { tables: [TABLE] }),
  ),
  lifted(
    "body.memory",
    contractOfCode([...I32_ZERO, 0x28, 2, 0, DROP], { memories: [], exports: [] }),
    contractOfCode([...I32_ZERO, 0x28, 2, 0, DROP]),
  ),
  bodies("body.alignment", [...I32_ZERO, 0x2c, 1, 0, DROP], [...I32_ZERO, 0x2c, 0, 0, DROP], [0x2c]),
  bodies("body.alignment", [UNREACHABLE, 0x37, 4, 0], [UNREACHABLE, 0x37, 3, 0], [0x37]),
  lifted(
    "body.lane",
    contractOfCode([UNREACHABLE, 0xfd, 21, 16, DROP]),
    contractOfCode([UNREACHABLE, 0xfd, 21, 15, DROP]),
  ),
  lifted(
    "body.data",
    contractOfCode([0xfc, 9, 1], { dataCount: 1, data: [emptyData] }),
    contractOfCode([0xfc, 9, 0], { dataCount: 1, data: [emptyData] }),
  ),
  lifted("body.dataCount", contractOfCode([0xfc, 9, 0], { data: [emptyData] }), contractOfCode([])),
  lifted(
    "body.element",
    contractOfCode([0xfc, 13, 1], { tables: [TABLE], elements: [ONE_FUNCTION] }),
    contractOfCode([0xfc, 13, 0], { tables: [TABLE], elements: [ONE_FUNCTION] }),
  ),
  lifted(
    "body.selectTypes",
    contractOfCode([UNREACHABLE, 0x1c, 2, I32, I32, DROP]),
    contractOfCode([UNREACHABLE, 0x1c, 1, I32, DROP]),
  ),
];

const FAMILIES = { ENCODING, FEATURES, LIMIT_CASES, DECLARATIONS, SEGMENTS, BODIES };

for (const [family, cases] of Object.entries(FAMILIES)) {
  describe(`reasons: ${family.toLowerCase()}`, () => {
    for (const [index, { code, refused, twin, options, at }] of cases.entries()) {
      it(`gives ${code} alone, and nothing for the twin (${index})`, () => {
        const { accepted, reasons } = admit(refused, options);
        assert.deepEqual([accepted, ...new Set(reasons.map((reason) => reason.code))], [false, code]);
        if (at !== undefined) assert.equal(reasons[0]?.offset, offsetOf(refused, at));
        assert.deepEqual(admit(twin, options).reasons, []);
      });
    }
  });
}

describe("the table of reasons", () => {
  it("says the value and the limit wherever there is a limit", () => {
    const bounded: ReasonCode[] = ["memory.pages", "memory.tooMany", "body.localsOverflow"];
    const cases = Object.values(FAMILIES)
      .flat()
      .filter(({ code }) => code.startsWith("limit.") || bounded.includes(code));
    assert.ok(cases.length > 20);
    for (const { refused, options } of cases) {
      for (const { code, detail, value, limit } of admit(refused, options).reasons) {
        assert.match(detail, /value \d+, limit \d+/);
        if (code === "body.localsOverflow") continue;
        assert.ok(value! > limit!, code);
        assert.ok(detail.includes(`value ${value}, limit ${limit}`));
      }
    }
  });

  it("has a case for every code", () => {
    const tested = new Set(Object.values(FAMILIES).flatMap((cases) => cases.map((each) => each.code)));
    // Given by what stands behind admission (test/fuzz/known-misreads.test.ts).
    tested.add("module.instrumentedForm");
    const untested = Object.keys(REASON_TEXTS).filter((code) => !tested.has(code as ReasonCode));
    assert.deepEqual(untested, []);
  });
});
