/**
 * Modules made to break a reader, a compiler or a host: bombs (few bytes, much work), lies about counts and sizes, names
 * that mean something to JavaScript, code that would run before it is paid. Generators, so that nothing large is kept.
 *
 * Each row names the codes with which admission refuses it, all of them; none: it is a contract like any other.
 */
import type { ReasonCode } from "../../vm/admission/admit.ts";
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
  FUNCREF,
  functionType,
  I32,
  I64,
  importOf,
  moduleOf,
  NOP,
  repeat,
  section,
  UNREACHABLE,
  u,
} from "../unit/vm/admission/module-builder.ts";

export interface Hostile {
  readonly id: string;
  readonly bytes: () => Uint8Array;
  readonly codes: readonly ReasonCode[];
}

const LOOP: Bytes = [0x03, EMPTY];
const BLOCK: Bytes = [0x02, EMPTY];
const CALL = 0x10;
const U32_MAX = 4_294_967_295;
const VOID = functionType([], []);
const MEMORY = exportOf("memory", 2, 0);

const nested = (depth: number, open: Bytes, inside: Bytes = []): number[] => [
  ...repeat(depth, open),
  ...inside,
  ...repeat(depth, [END]),
];
const setLocals = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => [0x20, ...u((index + 1) % count), 0x21, ...u(index)]).flat();
const brTable = (targets: number): number[] => [0x41, 0, 0x0e, ...u(targets), ...repeat(targets, [0]), 0];
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** A section that claims to have as many entries as a number can say. */
const claiming = (id: number): Uint8Array => moduleOf(section(id, u(U32_MAX)));

const BOMBS: readonly Hostile[] = [
  {
    id: "1,000 nested loops with 1,000 locals (12.7 s of an optimising compiler)",
    bytes: () => contract({ code: [body(nested(1_000, LOOP, setLocals(1_000)), [[1_000, I32]])] }),
    codes: [
      "limit.functionLocals",
      "limit.functionLoops",
      "limit.loopNesting",
      "limit.blockNesting",
      "limit.expressionDepth",
    ],
  },
  {
    id: "2,000 loops behind one another (their square is the work of an optimising compiler)",
    bytes: () => contractOfCode(repeat(2_000, [...LOOP, 0x41, 0, 0x0d, 0, END])),
    codes: ["limit.functionBlocks", "limit.functionLoops"],
  },
  {
    id: "33 nested loops, one too many",
    bytes: () => contractOfCode(nested(33, LOOP)),
    codes: ["limit.loopNesting"],
  },
  {
    id: "100,000 nested blocks",
    bytes: () => contractOfCode(nested(100_000, BLOCK)),
    codes: ["limit.functionOps", "limit.blockNesting", "limit.functionBlocks", "limit.expressionDepth"],
  },
  {
    id: "2,000 functions with 1,000 parameters",
    bytes: () =>
      contract({
        types: [VOID, functionType(repeat(1_000, [I64]), [])],
        functions: [0, ...repeat(2_000, [1])],
        code: repeat(2_001, [0]).map(() => body([])),
      }),
    codes: ["limit.functionParams"],
  },
  {
    id: "4,096 functions with 16 parameters",
    bytes: () =>
      contract({
        types: [VOID, functionType(repeat(16, [I64]), [])],
        functions: [0, ...repeat(4_095, [1])],
        code: repeat(4_096, [0]).map(() => body([])),
      }),
    codes: ["limit.totalParams"],
  },
  {
    id: "4,097 functions",
    bytes: () => contract({ functions: repeat(4_097, [0]), code: repeat(4_097, [0]).map(() => body([])) }),
    codes: ["limit.functions"],
  },
  {
    id: "100,000 functions without bodies",
    bytes: () => contract({ functions: repeat(100_000, [0]), code: [] }),
    codes: ["limit.functions", "code.countMismatch"],
  },
  {
    id: "50,000 locals in six bytes",
    bytes: () => contract({ code: [body([], [[50_000, I64]])] }),
    codes: ["limit.functionLocals", "limit.totalLocals"],
  },
  {
    id: "more locals than a number can say",
    bytes: () =>
      contract({
        code: [
          body(
            [],
            [
              [U32_MAX, I64],
              [U32_MAX, I32],
            ],
          ),
        ],
      }),
    codes: ["body.localsOverflow"],
  },
  {
    id: "200 functions with 64 locals",
    bytes: () => contract({ functions: repeat(200, [0]), code: times(200, () => body([], [[64, I64]])) }),
    codes: ["limit.totalLocals"],
  },
  {
    id: "a br_table of 100,000 targets",
    bytes: () => contractOfCode(brTable(100_000)),
    codes: ["limit.brTableTargets", "limit.totalBrTableTargets"],
  },
  {
    id: "a br_table that claims 4,294,967,295 targets",
    bytes: () => contractOfCode([0x41, 0, 0x0e, ...u(U32_MAX), 0, 0]),
    codes: ["encoding.truncated"],
  },
  {
    id: "20 br_tables of 256 targets",
    bytes: () => contractOfCode(times(20, () => [...BLOCK, ...brTable(256), END]).flat()),
    codes: ["limit.totalBrTableTargets"],
  },
  {
    id: "16,385 instructions",
    bytes: () => contractOfCode(repeat(16_384, [NOP])),
    codes: ["limit.functionOps"],
  },
  {
    id: "8,000 operands that wait, then 8,000 drops",
    bytes: () => contractOfCode([...repeat(8_000, [0x41, 0]), ...repeat(8_000, [DROP])]),
    codes: ["limit.expressionDepth", "limit.heldOperands"],
  },
  {
    id: "513 operands that wait under an instruction without a result",
    bytes: () => contractOfCode(repeat(513, [0x41, 1, NOP, DROP])),
    codes: ["limit.heldOperands"],
  },
  {
    id: "5,000 operators inside one another",
    bytes: () => contractOfCode([0x41, 0, ...repeat(5_000, [0x41, 0, 0x6a]), DROP]),
    codes: ["limit.expressionDepth"],
  },
  ...Object.entries({
    drop: [UNREACHABLE, ...repeat(5_000, [DROP])],
    "return, i32.add, drop": repeat(1_000, [0x0f, 0x6a, DROP]),
    "i32.add, drop": [UNREACHABLE, ...repeat(1_000, [0x6a, DROP])],
    "i32.store": [UNREACHABLE, ...repeat(5_000, [0x36, 0, 0])],
  }).map(
    ([what, code]): Hostile => ({
      id: `thousands of ${what} that are never reached: each takes what is in front of it as its operand`,
      bytes: () => contractOfCode(code),
      codes: ["limit.expressionDepth", ...(what === "i32.add, drop" ? (["limit.heldOperands"] as const) : [])],
    }),
  ),
  {
    id: "2,000 function types",
    bytes: () => contract({ types: times(2_000, () => VOID) }),
    codes: ["limit.types"],
  },
  {
    id: "1,000 globals",
    bytes: () => contract({ globals: times(1_000, () => [I32, 1, ...AT_ZERO]) }),
    codes: ["limit.globals"],
  },
  {
    id: "10,000 data segments",
    bytes: () => contract({ data: times(10_000, () => [0, ...AT_ZERO, 0]) }),
    codes: ["limit.dataSegments"],
  },
  {
    id: "1,000 element segments",
    bytes: () => contract({ tables: [[FUNCREF, 1, 1, 1]], elements: times(1_000, () => [0, ...AT_ZERO, 0]) }),
    codes: ["limit.elementSegments"],
  },
  {
    id: "a table of ten million entries",
    bytes: () => contract({ tables: [[FUNCREF, 1, ...u(10_000_000), ...u(10_000_000)]] }),
    codes: ["limit.tableEntries"],
  },
  {
    id: "a memory of 4 GiB",
    bytes: () => contract({ memories: [[1, ...u(65_536), ...u(65_536)]] }),
    codes: ["limit.memoryInitialPages", "limit.memoryMaximumPages"],
  },
  {
    id: "100,000 empty custom sections",
    bytes: () => contract({ behind: times(100_000, () => custom("", [])) }),
    codes: ["limit.customBytes"],
  },
  {
    id: "a custom section of 64 KiB and a byte more",
    bytes: () => contract({ behind: [custom("a", repeat(65_536, [0]))] }),
    codes: ["limit.customBytes"],
  },
  {
    id: "100,000 exports",
    bytes: () => contract({ exports: [MEMORY, ...times(100_000, (i) => exportOf(i.toString(36), 0, 0))] }),
    codes: ["limit.moduleBytes"],
  },
  {
    id: "1,000 exports",
    bytes: () => contract({ exports: [MEMORY, ...times(1_000, (i) => exportOf(i.toString(36), 0, 0))] }),
    codes: ["limit.exports"],
  },
  {
    id: "an export's name of 300,000 bytes",
    bytes: () => contract({ exports: [MEMORY, exportOf("n".repeat(300_000), 0, 0)] }),
    codes: ["limit.nameBytes"],
  },
  {
    id: "a name that claims 4,294,967,295 bytes",
    bytes: () => contract({ exports: [MEMORY, [...u(U32_MAX), 0x61, 0, 0]] }),
    codes: ["encoding.truncated", "limit.nameBytes"],
  },
];

const CLAIMS: Readonly<Record<number, readonly ReasonCode[]>> = {
  1: ["encoding.truncated", "limit.types", "memory.missing"],
  2: ["encoding.truncated", "limit.imports", "export.memoryMissing"],
  3: ["encoding.truncated", "limit.functions", "memory.missing"],
  4: ["encoding.truncated", "memory.missing"],
  5: ["encoding.truncated", "export.memoryMissing"],
  6: ["encoding.truncated", "limit.globals", "memory.missing"],
  7: ["encoding.truncated", "limit.exports", "memory.missing"],
  9: ["encoding.truncated", "limit.elementSegments", "memory.missing"],
  11: ["encoding.truncated", "limit.dataSegments", "memory.missing"],
};

const LIES: readonly Hostile[] = [
  ...Object.entries(CLAIMS).map(([id, codes]) => ({
    id: `section ${id} claims 4,294,967,295 entries`,
    bytes: () => claiming(Number(id)),
    codes,
  })),
  { id: "nothing", bytes: () => new Uint8Array(0), codes: ["module.magic"] },
  { id: "1 MiB of zeros", bytes: () => new Uint8Array(1_048_576), codes: ["limit.moduleBytes"] },
  { id: "512 KiB of zeros", bytes: () => new Uint8Array(524_288), codes: ["module.magic"] },
  {
    id: "zeros behind a right header: empty custom sections without a name",
    bytes: () => moduleOf(new Uint8Array(100_000)),
    codes: ["encoding.truncated", "memory.missing"],
  },
  {
    id: "the same section a thousand times",
    bytes: () => moduleOf(...times(1_000, () => section(1, [0]))),
    codes: ["section.duplicate", "memory.missing"],
  },
  {
    id: "a body size that reaches past the end",
    bytes: () => moduleOf(section(1, [1, ...VOID]), section(3, [1, 0]), section(10, [1, ...u(U32_MAX), 0, END])),
    codes: ["body.pastEnd", "memory.missing"],
  },
  {
    id: "a number of eleven bytes",
    bytes: () => moduleOf([1, ...repeat(10, [0x80]), 0]),
    codes: ["encoding.leb"],
  },
];

const importing = (count: number, line: (index: number) => Bytes, types: readonly Bytes[] = [VOID]): Uint8Array =>
  contract({ types, imports: times(count, line), exports: [MEMORY] });

const IMPORTS: readonly Hostile[] = [
  {
    id: "10,000 imports of functions the host does not have",
    bytes: () => importing(10_000, (i) => importOf("env", `f${i}`, [0, 0])),
    codes: ["limit.imports", "import.unknown"],
  },
  {
    id: "10,000 imports of one function",
    bytes: () => importing(10_000, () => importOf("cinnabar", "gas_left", [0, 1]), [VOID, functionType([], [I64])]),
    codes: ["limit.imports", "import.duplicate"],
  },
  {
    id: "a host function with another signature",
    bytes: () => importing(1, () => importOf("cinnabar", "gas_left", [0, 0])),
    codes: ["import.signature"],
  },
  {
    id: "the functions of WASI",
    bytes: () => importing(1, () => importOf("wasi_snapshot_preview1", "fd_write", [0, 0])),
    codes: ["import.unknown"],
  },
  ...["__proto__", "constructor", "toString", "hasOwnProperty"].map((word) => ({
    id: `an import from ${word}`,
    bytes: () => importing(2, (i) => importOf(i === 0 ? word : "cinnabar", word, [0, 0])),
    codes: ["import.unknown"] as const,
  })),
  {
    id: "an import named like the instrumenter's own",
    bytes: () => importing(1, () => importOf("cinnabar", "__cinnabar_gas", [0, 0])),
    codes: ["import.reservedName"],
  },
  {
    id: "imports of memory, table and global",
    bytes: () =>
      contract({
        imports: [
          importOf("env", "memory", [2, 1, 1, 1]),
          importOf("env", "table", [1, FUNCREF, 1, 1, 1]),
          importOf("env", "global", [3, I32, 0]),
        ],
        memories: [],
      }),
    codes: ["feature.importedMemory", "feature.importedTable", "feature.importedGlobal"],
  },
];

/** Names that an object of JavaScript has or is asked for. */
export const NAMES_OF_NOTE = [
  "then",
  "__proto__",
  "toString",
  "constructor",
  "hasOwnProperty",
  "valueOf",
  "default",
  "",
];

const EXPORTS: readonly Hostile[] = [
  {
    id: "exports named as what objects have",
    bytes: () => contract({ exports: [MEMORY, ...NAMES_OF_NOTE.map((word) => exportOf(word, 0, 0))] }),
    codes: [],
  },
  {
    id: "a function exported as memory",
    bytes: () => contract({ exports: [exportOf("memory", 0, 0)] }),
    codes: ["export.memoryMissing"],
  },
  {
    id: "a method called __proto__",
    bytes: () => contract({ exports: [MEMORY, exportOf("call___proto__", 0, 0)] }),
    codes: ["export.methodName"],
  },
  {
    id: "an export named like the gas counter",
    bytes: () => contract({ exports: [MEMORY, exportOf("__cinnabar_gas", 0, 0)] }),
    codes: ["export.reservedName"],
  },
  {
    id: "two exports of one name",
    bytes: () => contract({ exports: [MEMORY, exportOf("call_run", 0, 0), exportOf("call_run", 0, 0)] }),
    codes: ["export.duplicate"],
  },
  {
    id: "a name that is not UTF-8",
    bytes: () => contract({ exports: [MEMORY, [2, 0xc3, 0x28, 0, 0]] }),
    codes: ["encoding.utf8"],
  },
];

const STARTS: readonly Hostile[] = [
  { id: "a start function that never ends", code: [...LOOP, 0x0c, 0, END] },
  { id: "a start function that traps", code: [UNREACHABLE] },
  { id: "a start function that calls the host", code: [0x41, 0, 0x41, 0, CALL, 0] },
].map(
  ({ id, code }): Hostile => ({
    id,
    bytes: () =>
      contract({
        types: [VOID, functionType([I32, I32], [])],
        imports: [importOf("cinnabar", "output_write", [0, 1])],
        exports: [MEMORY],
        start: 1,
        code: [body(code)],
      }),
    codes: ["feature.startSection"],
  }),
);

const at = (offset: Bytes): Bytes => [0x41, ...offset, END];
const OFFSETS: Readonly<Record<string, Bytes>> = {
  "behind the end": [0x80, 0x80, 0x04],
  "at -1": [0x7f],
  "at the largest number": [0xff, 0xff, 0xff, 0xff, 0x07],
  "at the smallest number": [0x80, 0x80, 0x80, 0x80, 0x78],
};

const SEGMENTS: readonly Hostile[] = Object.entries(OFFSETS).flatMap(([where, offset]): Hostile[] => [
  {
    id: `a data segment ${where}`,
    bytes: () => contract({ data: [[0, ...at(offset), 1, 0xaa]] }),
    codes: ["data.bounds"],
  },
  {
    id: `an element segment ${where}`,
    bytes: () => contract({ tables: [[FUNCREF, 1, 2, 2]], elements: [[0, ...at(offset), 1, 0]] }),
    codes: ["element.bounds"],
  },
]);

export const HOSTILE: readonly Hostile[] = [...BOMBS, ...LIES, ...IMPORTS, ...EXPORTS, ...STARTS, ...SEGMENTS];
