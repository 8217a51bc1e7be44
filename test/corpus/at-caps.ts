/**
 * The worst modules that admission lets through: each goes to the caps of vm/limits.ts in one way that a compiler, an
 * instrumenter or a host might take badly. They grow by whole functions to about the size wanted, as far as the caps let
 * them.
 */
import { HOST_FUNCTIONS } from "../../vm/abi.ts";
import { LIMITS } from "../../vm/limits.ts";
import {
  type Bytes,
  body,
  contract,
  DROP,
  EMPTY,
  END,
  exportOf,
  FUNCREF,
  functionType,
  I32,
  I64,
  importOf,
  type Parts,
  repeat,
  u,
} from "../unit/vm/admission/module-builder.ts";

export interface AtCaps {
  readonly id: string;
  /** A contract of about so many bytes, or the largest of its kind. */
  readonly bytes: (size: number) => Uint8Array;
}

const LOOP: Bytes = [0x03, EMPTY];
const BLOCK: Bytes = [0x02, EMPTY];
const IF = 0x04;
const ELSE = 0x05;
const BR_IF = 0x0d;
const VOID = functionType([], []);
const MEMORY = exportOf("memory", 2, 0);
const get = (local: number): Bytes => [0x20, ...u(local)];
const set = (local: number): Bytes => [0x21, ...u(local)];
const constant = (value: number): Bytes => [0x41, value & 0x3f];
const ADD: Bytes = [0x6a];
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const flat = (pieces: readonly Bytes[]): number[] => pieces.flat();

type Runs = readonly (readonly [number, number])[];

/** As many copies of a body as fit into the size and the most that may be; every one is a method or reached by none. */
function copies(one: readonly number[], size: number, most: number, changes: Partial<Parts> = {}): Uint8Array {
  const count = Math.max(1, Math.min(most, Math.floor(size / (one.length + 1))));
  return contract({
    functions: repeat(count, [changes.types === undefined ? 0 : changes.types.length - 1]),
    code: times(count, () => one),
    exports: [MEMORY],
    ...changes,
  });
}

/** Every local comes from the memory and goes back to it: what a compiler knows or sees no use of, it does not compile. */
const live = (locals: number, code: Bytes): number[] => [
  ...flat(times(locals, (local) => [...constant(0), 0x28, 2, ...u(4 * local), ...set(local)])),
  ...code,
  ...flat(times(locals, (local) => [...constant(0), ...get(local), 0x36, 2, ...u(4 * local)])),
];
const LIVE_INSTRUCTIONS = 6 * 64;

const LOCALS_64: Runs = [[LIMITS.functionLocals, I32]];
const FUNCTIONS_WITH_64_LOCALS = Math.floor(LIMITS.totalLocals / LIMITS.functionLocals);

/** Every loop keeps every local: each is a value that the compiler has to join at each loop's head. */
function loopsTimesLocals(): readonly number[] {
  const { loopNesting, functionLocals } = LIMITS;
  const mix = flat(
    times(functionLocals, (local) => [...get((local + 1) % functionLocals), ...get(local), ...ADD, ...set(local)]),
  );
  const ends = flat(times(loopNesting, (depth) => [...get(depth), BR_IF, 0, END]));
  return body(live(functionLocals, [...repeat(loopNesting, LOOP), ...mix, ...ends]), LOCALS_64);
}

function nestedIfs(): readonly number[] {
  const depth = LIMITS.blockNesting - 3;
  const open = flat(times(depth, (index) => [...get(index % 64), IF, EMPTY, ...constant(index), ...set(index % 64)]));
  const close = flat(times(depth, (index) => [ELSE, ...constant(1), ...set(index % 64), END]));
  return body(live(64, [...open, ...close]), LOCALS_64);
}

/** Operands inside one another as deep as the bound lets them. */
function deepExpression(): readonly number[] {
  const depth = LIMITS.expressionDepth - 4;
  const one = [...get(0), ...repeat(depth, [...get(1), ...ADD]), ...set(0)];
  const count = Math.floor((LIMITS.functionOps - 1 - LIVE_INSTRUCTIONS) / (2 * depth + 2));
  return body(live(2, repeat(count, one)), [[2, I32]]);
}

function tables(size: number): Uint8Array {
  const { brTableTargets, totalBrTableTargets } = LIMITS;
  const depth = LIMITS.blockNesting - 1;
  const targets = flat(times(brTableTargets, (index) => u(index % depth)));
  const one = body(
    live(64, [
      ...repeat(depth, BLOCK),
      ...get(0),
      0x0e,
      ...u(brTableTargets),
      ...targets,
      0,
      ...flat(times(depth, (index) => [END, ...get(index % 64), ...set((index + 1) % 64)])),
    ]),
    LOCALS_64,
  );
  return copies(one, size, totalBrTableTargets / brTableTargets);
}

function manyParams(params: number): (size: number) => Uint8Array {
  const type = functionType(repeat(params, [I64]), []);
  const most = Math.min(LIMITS.functions, Math.floor(LIMITS.totalParams / params));
  return (size) => copies(body(flat(times(params, (index) => [...get(index), DROP]))), size, most, { types: [type] });
}

/** A table of all different functions, each called through it with its own type. */
function fullTable(size: number): Uint8Array {
  const { tableEntries, elementSegments } = LIMITS;
  const per = tableEntries / elementSegments;
  const count = Math.max(tableEntries, Math.min(LIMITS.functions, Math.floor(size / 16)));
  const code = body([...constant(1), ...constant(2), 0x11, 1, 0, DROP, ...get(0)]);
  return contract({
    types: [functionType([I32], [I32]), functionType([I32], [I32])],
    functions: repeat(count, [0]),
    code: times(count, () => code),
    tables: [[FUNCREF, 1, ...u(tableEntries), ...u(tableEntries)]],
    elements: times(elementSegments, (segment) => [
      0,
      ...[0x41, ...signed(segment * per), END],
      ...u(per),
      ...flat(times(per, (index) => u(segment * per + index))),
    ]),
    exports: [MEMORY],
  });
}

/** Every segment over the same entries, each with functions of its own: each needs an adapter, few are in the table. */
function overlappingSegments(size: number): Uint8Array {
  const { tableEntries, elementSegments, functions } = LIMITS;
  const per = functions / elementSegments;
  const callers = Math.min(functions, Math.floor(size / 8));
  const code = body([...constant(1), ...constant(2), 0x11, 0, 0]);
  const plain = body([...constant(1)]);
  return contract({
    types: [functionType([I32], [I32])],
    functions: repeat(functions, [0]),
    code: times(functions, (index) => (index < callers ? code : plain)),
    tables: [[FUNCREF, 1, ...u(tableEntries), ...u(tableEntries)]],
    elements: times(elementSegments, (segment) => [
      0,
      ...[0x41, ...signed(0), END],
      ...u(per),
      ...flat(times(per, (index) => u(segment * per + index))),
    ]),
    exports: [MEMORY],
  });
}

/** Every parameter and local there may be, and as many operands that wait: each becomes a local. */
function heldOperands(): readonly number[] {
  const held = flat(
    times(LIMITS.heldOperands, (i) => [...get(i % 80), ...constant(i), ...set((i * 7) % 80), ...set(i % 64)]),
  );
  return body(live(64, held), [[LIMITS.functionLocals, I32]]);
}

/** Signed LEB128 of a small positive number. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}

/** Helpers below the price of a static function, each of two calls of the ones in front of it. */
function staticChain(size: number): Uint8Array {
  const count = Math.min(LIMITS.functions, Math.floor(size / 14));
  const helper = (index: number): Bytes =>
    body(index < 2 ? [...get(0), ...constant(3), ...ADD] : [...get(0), 0x10, ...u(index % 8), 0x10, ...u(index % 4)]);
  return contract({
    types: [functionType([I32], [I32])],
    functions: repeat(count, [0]),
    code: times(count, (index) => (index < 8 ? helper(Math.min(index, 1)) : helper(index))),
    exports: [MEMORY],
  });
}

/** Every host function that there is, called again and again with every export taken. */
function hostCalls(size: number): Uint8Array {
  const rows = HOST_FUNCTIONS.filter((row) => row.debugOnly !== true).slice(0, LIMITS.imports);
  const byte = { i32: I32, i64: I64 };
  const types = rows.map((row) =>
    functionType(
      row.params.map(({ type }) => byte[type]),
      row.result === null ? [] : [byte[row.result]],
    ),
  );
  const call = (index: number): Bytes => [
    ...flat(rows[index]!.params.map(({ type }) => (type === "i32" ? constant(0) : [0x42, 0]))),
    0x10,
    ...u(index),
    ...(rows[index]!.result === null ? [] : [DROP]),
  ];
  const all = flat(rows.map((_, index) => call(index)));
  const one = body(repeat(24, all));
  const count = Math.max(1, Math.min(LIMITS.functions, Math.floor(size / one.length)));
  return contract({
    types: [...types, VOID],
    imports: rows.map((row, index) => importOf(row.module, row.name, [0, ...u(index)])),
    functions: repeat(count, [types.length]),
    code: times(count, () => one),
    exports: [MEMORY, ...times(LIMITS.exports - 1, (i) => exportOf(`call_m${i}`, 0, rows.length + (i % count)))],
  });
}

const MOST = LIMITS.functions;

interface Filling {
  readonly pattern: Bytes;
  /** Of one pattern. */
  readonly instructions: number;
  readonly blocks?: number;
  readonly calls?: number;
  readonly changes?: Partial<Parts>;
}

/** Functions as full as they may be, all of one kind; the pattern leaves the stack as it was. */
const filling =
  ({ pattern, instructions, blocks = 0, calls = 0, changes }: Filling) =>
  (size: number): Uint8Array => {
    const { functionOps, functionBlocks, functionCalls } = LIMITS;
    const most = Math.floor(
      Math.min((functionOps - 1 - LIVE_INSTRUCTIONS) / instructions, functionBlocks / blocks, functionCalls / calls),
    );
    const count = Math.min(most, Math.ceil(size / pattern.length));
    return copies(body(live(64, repeat(count, pattern)), LOCALS_64), size, FUNCTIONS_WITH_64_LOCALS, changes);
  };

const pair = (operator: number): Bytes => [...get(0), ...get(1), operator, ...set(0)];

export const AT_CAPS: readonly AtCaps[] = [
  {
    id: "32 loops x 64 locals",
    bytes: (size) => copies(loopsTimesLocals(), size, FUNCTIONS_WITH_64_LOCALS),
  },
  {
    id: "32 loops around a call of the host",
    bytes: (size) =>
      copies(
        body(
          live(64, [
            ...repeat(LIMITS.loopNesting, LOOP),
            ...flat(times(64, (local) => [...get(local), 0xac, 0x10, 0, 0x7c, 0xa7, ...set(local)])),
            ...flat(times(LIMITS.loopNesting, (depth) => [...get(depth), BR_IF, 0, END])),
          ]),
          LOCALS_64,
        ),
        size,
        FUNCTIONS_WITH_64_LOCALS,
        { types: [functionType([], [I64]), VOID], imports: [importOf("cinnabar", "gas_left", [0, 0])] },
      ),
  },
  { id: "61 ifs inside one another", bytes: (size) => copies(nestedIfs(), size, FUNCTIONS_WITH_64_LOCALS) },
  { id: "expressions as deep as may be", bytes: (size) => copies(deepExpression(), size, MOST) },
  { id: "br_table, 256 targets over 63 blocks", bytes: tables },
  { id: "16 parameters", bytes: manyParams(16) },
  { id: "2 parameters, 4,096 functions", bytes: manyParams(2) },
  { id: "4,096 empty functions", bytes: (size) => copies(body([]), size, MOST) },
  { id: "64 locals, nothing else", bytes: (size) => copies(body([], LOCALS_64), size, FUNCTIONS_WITH_64_LOCALS) },
  { id: "16,384 additions", bytes: filling({ pattern: pair(0x6a), instructions: 4 }) },
  { id: "16,384 divisions", bytes: filling({ pattern: pair(0x6d), instructions: 4 }) },
  {
    id: "16,384 instructions over 64 locals",
    bytes: filling({
      pattern: flat(times(64, (i) => [...get(i), ...get((i * 7 + 1) % 64), 0x6c, ...set((i + 13) % 64)])),
      instructions: 256,
    }),
  },
  {
    id: "loads and stores",
    bytes: filling({ pattern: [...get(0), ...get(1), 0x28, 2, 0, 0x36, 2, 4, ...get(2), ...set(1)], instructions: 6 }),
  },
  { id: "selects", bytes: filling({ pattern: [...get(0), ...get(1), ...get(2), 0x1b, ...set(0)], instructions: 5 }) },
  { id: "64 globals", bytes: withGlobals },
  {
    id: "br_if behind br_if",
    bytes: filling({ pattern: [...BLOCK, ...get(0), BR_IF, 0, ...get(1), BR_IF, 1, END], instructions: 6, blocks: 1 }),
  },
  {
    id: "ifs behind one another",
    bytes: filling({
      pattern: [...get(0), IF, EMPTY, ...get(1), ...set(0), ELSE, ...get(2), ...set(1), END],
      instructions: 8,
      blocks: 1,
    }),
  },
  { id: "calls", bytes: filling({ pattern: [0x10, 0], instructions: 1, calls: 1 }) },
  {
    id: "memory.copy",
    bytes: filling({ pattern: [...constant(0), ...constant(1), ...constant(2), 0xfc, 10, 0, 0], instructions: 4 }),
  },
  { id: "memory.grow", bytes: filling({ pattern: [...constant(0), 0x40, 0, DROP], instructions: 3 }) },
  {
    id: "code that is never reached",
    bytes: filling({ pattern: [0x0f, ...BLOCK, 0x00, 0x6a, DROP, END], instructions: 6, blocks: 1 }),
  },
  {
    id: "64 loops behind one another, 64 locals",
    bytes: (size) =>
      copies(
        body(live(64, repeat(LIMITS.functionLoops, [...LOOP, ...get(0), BR_IF, 0, END])), LOCALS_64),
        size,
        FUNCTIONS_WITH_64_LOCALS,
      ),
  },
  {
    id: "64 loops behind one another, nothing else",
    bytes: (size) =>
      copies(
        body(repeat(LIMITS.functionLoops, [...LOOP, ...get(0), BR_IF, 0, END]), [[1, I32]]),
        size,
        LIMITS.functions,
      ),
  },
  { id: "a table of 1,024 functions", bytes: fullTable },
  { id: "8 segments over one another, 4,096 functions", bytes: overlappingSegments },
  {
    id: "256 operands that wait",
    bytes: (size) =>
      copies(heldOperands(), size, FUNCTIONS_WITH_64_LOCALS, { types: [functionType(repeat(16, [I32]), [])] }),
  },
  { id: "static helpers of static helpers", bytes: staticChain },
  { id: "all host functions, 128 exports", bytes: hostCalls },
];

function withGlobals(size: number): Uint8Array {
  const pattern = flat(times(64, (i) => [0x23, i, ...constant(1), ...ADD, 0x24, (i + 1) % 64]));
  const globals = times(LIMITS.globals, () => [I32, 1, 0x41, 0, END]);
  return filling({ pattern, instructions: 256, changes: { globals } })(size);
}
