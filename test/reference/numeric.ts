/** Integer operators and memory accesses of the core specification (chapter 4.3), by opcode, as obvious as they can be. */
import type { Value } from "./module.ts";

export class Trap extends Error {}

type Operator = (left: bigint, right: bigint, bits: number) => bigint;

const unsigned = (value: bigint, bits: number): bigint => BigInt.asUintN(bits, value);
const truth = (holds: boolean): bigint => (holds ? 1n : 0n);
const shiftBy = (count: bigint, bits: number): bigint => unsigned(count, bits) % BigInt(bits);
const digits = (value: bigint, bits: number): string => unsigned(value, bits).toString(2).padStart(bits, "0");

const TESTS: readonly Operator[] = [
  (left) => truth(left === 0n), // eqz
  (left, right) => truth(left === right), // eq
  (left, right) => truth(left !== right), // ne
  (left, right) => truth(left < right), // lt_s
  (left, right, bits) => truth(unsigned(left, bits) < unsigned(right, bits)), // lt_u
  (left, right) => truth(left > right), // gt_s
  (left, right, bits) => truth(unsigned(left, bits) > unsigned(right, bits)), // gt_u
  (left, right) => truth(left <= right), // le_s
  (left, right, bits) => truth(unsigned(left, bits) <= unsigned(right, bits)), // le_u
  (left, right) => truth(left >= right), // ge_s
  (left, right, bits) => truth(unsigned(left, bits) >= unsigned(right, bits)), // ge_u
];

const UNARY_COUNTS: readonly Operator[] = [
  (left, _, bits) => BigInt(`${digits(left, bits)}1`.indexOf("1")), // clz
  (left, _, bits) => BigInt([...digits(left, bits)].reverse().concat("1").indexOf("1")), // ctz
  (left, _, bits) => BigInt(digits(left, bits).replaceAll("0", "").length), // popcnt
];

const BINARY: readonly Operator[] = [
  (left, right) => left + right,
  (left, right) => left - right,
  (left, right) => left * right,
  divideSigned,
  (left, right, bits) => unsigned(left, bits) / notZero(unsigned(right, bits)), // div_u
  (left, right) => left % notZero(right), // rem_s
  (left, right, bits) => unsigned(left, bits) % notZero(unsigned(right, bits)), // rem_u
  (left, right) => left & right,
  (left, right) => left | right,
  (left, right) => left ^ right,
  (left, right, bits) => left << shiftBy(right, bits), // shl
  (left, right, bits) => left >> shiftBy(right, bits), // shr_s
  (left, right, bits) => unsigned(left, bits) >> shiftBy(right, bits), // shr_u
  (left, right, bits) => rotateLeft(left, shiftBy(right, bits), bits),
  (left, right, bits) => rotateLeft(left, BigInt(bits) - shiftBy(right, bits), bits), // rotr
];

function notZero(divisor: bigint): bigint {
  if (divisor === 0n) throw new Trap();
  return divisor;
}

function divideSigned(left: bigint, right: bigint, bits: number): bigint {
  const quotient = left / notZero(right);
  if (quotient === 1n << BigInt(bits - 1)) throw new Trap();
  return quotient;
}

function rotateLeft(value: bigint, count: bigint, bits: number): bigint {
  const from = unsigned(value, bits);
  return (from << count) | (from >> (BigInt(bits) - count));
}

/** A row of operators from an opcode on, for 32 or 64 bits. */
interface Row {
  readonly first: number;
  readonly bits: number;
  readonly operators: readonly Operator[];
  readonly isTest: boolean;
}

const ROWS: readonly Row[] = [
  { first: 0x45, bits: 32, operators: TESTS, isTest: true },
  { first: 0x50, bits: 64, operators: TESTS, isTest: true },
  { first: 0x67, bits: 32, operators: [...UNARY_COUNTS, ...BINARY], isTest: false },
  { first: 0x79, bits: 64, operators: [...UNARY_COUNTS, ...BINARY], isTest: false },
];

const UNARY_OPS: ReadonlySet<number> = new Set([0x45, 0x50, 0x67, 0x68, 0x69, 0x79, 0x7a, 0x7b]);

/** How an opcode computes: its operands from the stack to its result. */
export type Computation =
  | { readonly operands: 1; readonly apply: (operand: Value) => Value }
  | { readonly operands: 2; readonly apply: (left: Value, right: Value) => Value };

const narrow = (value: bigint): number => Number(BigInt.asIntN(32, value));
const wide = (value: bigint): bigint => BigInt.asIntN(64, value);

function computation(row: Row, index: number): Computation {
  const operator = row.operators[index]!;
  const shape = row.isTest || row.bits === 32 ? narrow : wide;
  const apply = (left: Value, right: Value): Value => shape(operator(BigInt(left), BigInt(right), row.bits));
  if (UNARY_OPS.has(row.first + index)) return { operands: 1, apply: (operand) => apply(operand, 0) };
  return { operands: 2, apply };
}

const conversion = (convert: (value: bigint) => Value): Computation => ({
  operands: 1,
  apply: (operand) => convert(BigInt(operand)),
});

/** Every integer operator, comparison and conversion by its opcode. */
export const COMPUTATIONS: ReadonlyMap<number, Computation> = new Map<number, Computation>([
  ...ROWS.flatMap((row) =>
    row.operators.map((_, index) => [row.first + index, computation(row, index)] as [number, Computation]),
  ),
  [0xa7, conversion(narrow)], // i32.wrap_i64
  [0xac, conversion((value) => value)], // i64.extend_i32_s
  [0xad, conversion((value) => unsigned(value, 32))], // i64.extend_i32_u
  [0xc0, conversion((value) => Number(BigInt.asIntN(8, value)))],
  [0xc1, conversion((value) => Number(BigInt.asIntN(16, value)))],
  [0xc2, conversion((value) => BigInt.asIntN(8, value))],
  [0xc3, conversion((value) => BigInt.asIntN(16, value))],
  [0xc4, conversion((value) => BigInt.asIntN(32, value))],
]);

export interface Access {
  readonly bytes: number;
  readonly isStore: boolean;
  readonly isSigned: boolean;
  readonly bits: 32 | 64;
}

const load = (bytes: number, bits: 32 | 64, isSigned = true): Access => ({ bytes, bits, isSigned, isStore: false });
const store = (bytes: number, bits: 32 | 64): Access => ({ bytes, bits, isSigned: false, isStore: true });

export const ACCESSES: ReadonlyMap<number, Access> = new Map([
  [0x28, load(4, 32)],
  [0x29, load(8, 64)],
  [0x2c, load(1, 32)],
  [0x2d, load(1, 32, false)],
  [0x2e, load(2, 32)],
  [0x2f, load(2, 32, false)],
  [0x30, load(1, 64)],
  [0x31, load(1, 64, false)],
  [0x32, load(2, 64)],
  [0x33, load(2, 64, false)],
  [0x34, load(4, 64)],
  [0x35, load(4, 64, false)],
  [0x36, store(4, 32)],
  [0x37, store(8, 64)],
  [0x3a, store(1, 32)],
  [0x3b, store(2, 32)],
  [0x3c, store(1, 64)],
  [0x3d, store(2, 64)],
  [0x3e, store(4, 64)],
]);

/** @errors Trap: outside the memory */
export function loadFrom(memory: Uint8Array, address: number, access: Access): Value {
  requireInside(memory, address, access.bytes);
  let bits = 0n;
  for (let index = 0; index < access.bytes; index++) bits |= BigInt(memory[address + index]!) << BigInt(8 * index);
  const extended = access.isSigned ? BigInt.asIntN(8 * access.bytes, bits) : bits;
  return access.bits === 64 ? wide(extended) : narrow(extended);
}

/** @errors Trap: outside the memory */
export function storeTo(memory: Uint8Array, address: number, value: Value, access: Access): void {
  requireInside(memory, address, access.bytes);
  const bits = BigInt(value);
  for (let index = 0; index < access.bytes; index++) {
    memory[address + index] = Number((bits >> BigInt(8 * index)) & 0xffn);
  }
}

export function requireInside(memory: Uint8Array, address: number, length: number): void {
  if (address + length > memory.length) throw new Trap();
}
