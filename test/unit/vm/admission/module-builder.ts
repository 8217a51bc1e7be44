/**
 * Puts WebAssembly modules together byte by byte, so that the tests of the reader depend on no other encoder. A list of
 * bytes is `number[]`; nothing is checked: wrong modules are the point.
 */

export type Bytes = readonly number[];

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;
export const EMPTY = 0x40;
export const END = 0x0b;
export const DROP = 0x1a;
export const UNREACHABLE = 0x00;
export const NOP = 0x01;

/** LEB128 of a non-negative integer below 2^53. */
export function u(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

export function vec(entries: readonly Bytes[]): number[] {
  return [...u(entries.length), ...entries.flat()];
}

export function bytesOf(content: Bytes): number[] {
  return [...u(content.length), ...content];
}

export function name(text: string): number[] {
  return bytesOf([...new TextEncoder().encode(text)]);
}

export function section(id: number, content: Bytes): number[] {
  return [id, ...bytesOf(content)];
}

export function custom(sectionName: string, content: Bytes): number[] {
  return section(0, [...name(sectionName), ...content]);
}

export function functionType(params: Bytes, results: Bytes): number[] {
  return [0x60, ...bytesOf(params), ...bytesOf(results)];
}

export function exportOf(exportName: string, kind: number, index: number): number[] {
  return [...name(exportName), kind, ...u(index)];
}

export function importOf(module: string, importName: string, description: Bytes): number[] {
  return [...name(module), ...name(importName), ...description];
}

/** A function body with its size; `locals` are runs of (count, type); the last `end` is added. */
export function body(code: Bytes, locals: readonly (readonly [number, number])[] = []): number[] {
  const runs = locals.map(([count, type]) => [...u(count), type]);
  return bytesOf([...vec(runs), ...code, END]);
}

/** `i32.const 0 end`: the offset of a segment. */
export const AT_ZERO: Bytes = [0x41, 0, END];

export interface Parts {
  readonly types: readonly Bytes[];
  readonly imports: readonly Bytes[];
  readonly functions: readonly number[];
  readonly tables: readonly Bytes[];
  readonly memories: readonly Bytes[];
  readonly globals: readonly Bytes[];
  readonly exports: readonly Bytes[];
  readonly start: number | null;
  readonly elements: readonly Bytes[];
  readonly dataCount: number | null;
  readonly code: readonly Bytes[];
  readonly data: readonly Bytes[];
  /** Whole sections put behind all others. */
  readonly behind: readonly Bytes[];
}

const CONTRACT: Parts = {
  types: [functionType([], [])],
  imports: [],
  functions: [0],
  tables: [],
  memories: [[1, 1, 2]],
  globals: [],
  exports: [exportOf("memory", 2, 0), exportOf("call_run", 0, 0)],
  start: null,
  elements: [],
  dataCount: null,
  code: [body([])],
  data: [],
  behind: [],
};

export const HEADER: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** The smallest contract, with some of its parts replaced. */
export function contract(changes: Partial<Parts> = {}): Uint8Array {
  const parts = { ...CONTRACT, ...changes };
  const filled = (id: number, entries: readonly Bytes[]): Bytes =>
    entries.length === 0 ? [] : section(id, vec(entries));
  return moduleOf(
    filled(1, parts.types),
    filled(2, parts.imports),
    filled(
      3,
      parts.functions.map((type) => u(type)),
    ),
    filled(4, parts.tables),
    filled(5, parts.memories),
    filled(6, parts.globals),
    filled(7, parts.exports),
    parts.start === null ? [] : section(8, u(parts.start)),
    filled(9, parts.elements),
    parts.dataCount === null ? [] : section(12, u(parts.dataCount)),
    filled(10, parts.code),
    filled(11, parts.data),
    ...parts.behind,
  );
}

/** A contract whose one function has this code; its type is () -> () unless `types` says other. */
export function contractOfCode(code: Bytes, changes: Partial<Parts> = {}): Uint8Array {
  return contract({ code: [body(code)], ...changes });
}

/** Sections behind a right header. Pieces are copied one by one: spreading half a million bytes overflows the stack. */
export function moduleOf(...sections: readonly (Bytes | Uint8Array)[]): Uint8Array {
  const pieces: readonly (Bytes | Uint8Array)[] = [HEADER, ...sections];
  const bytes = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** Offset of the first occurrence of the pattern; -1 when there is none. */
export function offsetOf(bytes: Uint8Array, pattern: Bytes): number {
  return Buffer.from(bytes).indexOf(Buffer.from(pattern));
}

export function repeat(count: number, content: Bytes): number[] {
  return Array.from({ length: count }, () => content).flat();
}
