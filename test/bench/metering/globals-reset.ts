/**
 * A function that sets exported globals back to what they hold now, in one call of compiled code: a metered module has
 * such a function of its own, and setting them one by one from JavaScript would make the unmetered one look slower.
 */
import { unsignedLeb } from "./wasm-sections.ts";

const MODULE = "g";
const [I32, I64] = [0x7f, 0x7e];

type Value = number | bigint;

function signedLeb(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    const isLast = (rest >= -64n && rest < 64n) || bytes.length === 9;
    if (isLast) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const section = (id: number, contents: readonly number[]): number[] => [
  id,
  ...unsignedLeb(contents.length),
  ...contents,
];
const text = (value: string): number[] => [value.length, ...Buffer.from(value)];

function resetModule(values: readonly Value[]): Uint8Array<ArrayBuffer> {
  const imports = values.flatMap((value, index) => {
    return [...text(MODULE), ...text(String(index)), 3, typeof value === "bigint" ? I64 : I32, 1];
  });
  const sets = values.flatMap((value, index) => {
    const constant = [typeof value === "bigint" ? 0x42 : 0x41, ...signedLeb(BigInt(value))];
    return [...constant, 0x24, ...unsignedLeb(index)];
  });
  const body = [0, ...sets, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(2, [...unsignedLeb(values.length), ...imports]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("reset"), 0, 0]),
    ...section(10, [1, ...unsignedLeb(body.length), ...body]),
  ]);
}

/** The globals are mutable and hold an i32 or an i64. */
export function createReset(globals: readonly WebAssembly.Global[]): () => void {
  const values = globals.map(({ value }) => value as unknown as Value);
  const imports = { [MODULE]: Object.fromEntries(globals.map((global, index) => [String(index), global])) };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(resetModule(values)), imports);
  return exports.reset as () => void;
}
