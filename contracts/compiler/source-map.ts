/**
 * Source maps (ECMA-426, revision 3) of WebAssembly modules: one line whose columns are byte offsets in the module.
 *
 * A map may come from anywhere: parsing is total, and a map that is wrong in any place is no map.
 */

/** A place in a source. Line and column count from 1. */
export interface SourcePosition {
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** From `offset` on; `source` is an index into the map's sources. */
interface Segment {
  readonly offset: number;
  readonly source: number;
  readonly line: number;
  readonly column: number;
}

interface MapJson {
  readonly version: number;
  readonly sources: readonly string[];
  readonly mappings: string;
}

const VERSION = 3;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES: ReadonlyMap<string, number> = new Map([...DIGITS].map((digit, value) => [digit, value]));
/** Digits of five bits each that hold any value of 32 bits and its sign. */
const VLQ_DIGITS_MAX = 7;

export class SourceMap {
  readonly #sources: readonly string[];
  readonly #segments: readonly Segment[];

  private constructor(sources: readonly string[], segments: readonly Segment[]) {
    this.#sources = sources;
    this.#segments = segments;
  }

  /** The map that `text` is; undefined when it is none. Never throws; linear in the text. */
  static parse(text: string): SourceMap | undefined {
    const json = parseJson(text);
    const segments = json === undefined ? undefined : decodeSegments(json.mappings, json.sources.length);
    return json === undefined || segments === undefined ? undefined : new SourceMap(json.sources, segments);
  }

  /**
   * Where the instruction at `offset` comes from. `from` and `to` bound the function body it is in. Compilers know the
   * place of some instructions only: another one is where the nearest before it is that has a place, or where the
   * first is that has one.
   */
  positionAt(offset: number, from: number, to: number): SourcePosition | undefined {
    const next = this.#firstAbove(offset);
    const before = this.#segments[next - 1];
    const isBeforeInside = before !== undefined && before.offset >= from;
    const segment = isBeforeInside ? before : this.#segments[next];
    if (segment === undefined || segment.offset >= to) return undefined;
    return { source: this.#sources[segment.source]!, line: segment.line + 1, column: segment.column + 1 };
  }

  /** The index of the first segment whose offset is above `offset`. */
  #firstAbove(offset: number): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#segments[middle]!.offset > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The same map for a module whose code moved by `bytes` (negative: to the front). */
export function shiftedSourceMap(text: string, bytes: number): string {
  const json = JSON.parse(text) as MapJson;
  const end = json.mappings.search(/[,;]|$/);
  const [offset, ...others] = decodeFields(json.mappings.slice(0, end)) ?? [];
  if (offset === undefined) return text;
  const first = [offset + bytes, ...others].map(encodeVlq).join("");
  return JSON.stringify({ ...json, mappings: first + json.mappings.slice(end) });
}

function parseJson(text: string): MapJson | undefined {
  try {
    const json = JSON.parse(text) as Partial<MapJson> | null;
    const { version, sources, mappings } = json ?? {};
    if (version !== VERSION || !Array.isArray(sources) || typeof mappings !== "string") return undefined;
    return sources.every((source) => typeof source === "string") ? { version, sources, mappings } : undefined;
  } catch {
    return undefined;
  }
}

/** The segments of the first line; a module has no second. Undefined when one is malformed, or they go back. */
function decodeSegments(mappings: string, sourceCount: number): Segment[] | undefined {
  const segments: Segment[] = [];
  const [line = ""] = mappings.split(";", 1);
  let [offset, source, sourceLine, column] = [0, 0, 0, 0];
  for (const text of line.split(",")) {
    if (text === "") continue;
    const fields = decodeFields(text);
    if (fields === undefined || fields[0]! < 0) return undefined;
    offset += fields[0]!;
    if (fields.length === 1) continue;
    source += fields[1]!;
    sourceLine += fields[2]!;
    column += fields[3]!;
    if (source < 0 || source >= sourceCount || sourceLine < 0 || column < 0) return undefined;
    segments.push({ offset, source, line: sourceLine, column });
  }
  return segments;
}

/** The one, four or five numbers of a segment. */
function decodeFields(text: string): number[] | undefined {
  const fields: number[] = [];
  let value = 0;
  let digits = 0;
  for (const digit of text) {
    const bits = VALUES.get(digit);
    if (bits === undefined || digits === VLQ_DIGITS_MAX) return undefined;
    value += (bits & 31) * 32 ** digits;
    digits += 1;
    if ((bits & 32) !== 0) continue;
    const magnitude = Math.floor(value / 2);
    fields.push(value % 2 === 1 ? -magnitude : magnitude);
    value = 0;
    digits = 0;
  }
  return digits === 0 && [1, 4, 5].includes(fields.length) ? fields : undefined;
}

function encodeVlq(value: number): string {
  let rest = Math.abs(value) * 2 + (value < 0 ? 1 : 0);
  let text = "";
  do {
    const bits = rest % 32;
    rest = Math.floor(rest / 32);
    text += DIGITS[bits + (rest > 0 ? 32 : 0)]!;
  } while (rest > 0);
  return text;
}
