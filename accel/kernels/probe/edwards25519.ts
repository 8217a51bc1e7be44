// variant: relaxed-simd
/** Points and scalars of ed25519, operation by operation, for tests. Never loaded by the product. */
import {
  pointAdd,
  pointAddEntries,
  pointDouble,
  pointFromEntries,
  pointSmallOrderBits,
  setUpEdwards25519,
  Y,
  Z,
} from "../curve/edwards25519";
import { decodeFour, decodeTwo, setUpDecode25519 } from "../curve/edwards25519-decode";
import { setUpSolo25519, soloAdd, soloDouble, soloToEntry } from "../curve/edwards25519-solo";
import { FE_PAIR_BYTES, fePairToBytes } from "../field/fe25519";
import {
  isScalarBelowOrder,
  scalarAdd,
  scalarMultiply,
  scalarNegate,
  scalarReduce,
} from "../scheme/ed25519-scalar";
import { pointOfEntry } from "../scheme/ed25519-single";

const BUFFER: usize = memory.data(1024, 16);
const ENTRIES: usize = memory.data(640, 16);
const P: usize = memory.data(320, 16);
const Q: usize = memory.data(320, 16);
const SOLO: usize = memory.data(160, 16);
const OTHER: usize = memory.data(160, 16);
const ENTRY: usize = memory.data(160, 16);

/** Input: four encodings, or scalars; output in the same place. */
export function buffer(): usize {
  return BUFFER;
}

/** Where `decode` puts the entries, in lane form: a test may put others there. */
export function entries(): usize {
  return ENTRIES;
}

export function setUp(): void {
  setUpEdwards25519();
  setUpDecode25519();
  setUpSolo25519();
}

/** The entries of the four encodings are in place; a bit for each that decoded. With `two`, of the first two. */
export function decode(two: bool): u32 {
  const next = BUFFER + 32;
  if (two) return decodeTwo(BUFFER, next, ENTRIES, ENTRIES + 160);
  const third = BUFFER + 64;
  return decodeFour(BUFFER, next, third, third + 32, ENTRIES, ENTRIES + 160, ENTRIES + 320, ENTRIES + 480);
}

/** An entry with its sign. */
function signed(index: u32, signs: u32): u32 {
  return ((ENTRIES + 160 * index) as u32) | ((signs >> index) & 1);
}

/**
 * Writes X, Y, Z of two points (32 bytes each; first X of both, then Y, then Z) made of the decoded entries with
 * signs: 0 entries 0 and 1; 1 entry 0 + 2 and 1 + 3 (mixed addition); 2 the same by full addition of doubles, 2 (0) +
 * 2 (2) ...; 3 doubles of 0 and 1.
 */
export function combine(operation: u32, signs: u32): void {
  pointFromEntries(P, signed(0, signs), signed(1, signs));
  if (operation == 1) pointAddEntries(P, signed(2, signs), signed(3, signs));
  if (operation == 2) {
    pointFromEntries(Q, signed(2, signs), signed(3, signs));
    pointDouble(P);
    pointDouble(Q);
    pointAdd(P, Q);
  }
  if (operation == 3) pointDouble(P);
  fePairToBytes(BUFFER, BUFFER + 32, P);
  fePairToBytes(BUFFER + 64, BUFFER + 96, P + Y);
  fePairToBytes(BUFFER + 128, BUFFER + 160, P + Z);
}

/** As `combine`, by the formulas for one point: 2 (entry 0) + entry 1, or - entry 1; writes X, Y, Z, T. */
export function combineSolo(isNegative: bool): void {
  pointOfEntry(SOLO, ENTRIES);
  soloDouble(SOLO, SOLO);
  pointOfEntry(OTHER, ENTRIES + 160);
  soloToEntry(ENTRY, OTHER);
  soloAdd(SOLO, SOLO, ENTRY, isNegative);
  fePairToBytes(BUFFER, BUFFER + 32, SOLO);
  fePairToBytes(BUFFER + 64, BUFFER + 96, SOLO + FE_PAIR_BYTES);
}

/** Bits of which of the first two entries are of small order. */
export function smallOrderBits(): u32 {
  pointFromEntries(P, signed(0, 0), signed(1, 0));
  return pointSmallOrderBits(P);
}

/** At the buffer: 64 bytes -> their remainder (32 bytes). */
export function reduce(): void {
  scalarReduce(BUFFER, BUFFER);
}

/** At the buffer: a (16 bytes), b (32 bytes, from 32) -> a b. */
export function multiply(): void {
  scalarMultiply(BUFFER, BUFFER, BUFFER + 32);
}

/** At the buffer: a, b (32 bytes each, below the order) -> a + b, -a. */
export function addAndNegate(): void {
  scalarAdd(BUFFER + 32, BUFFER);
  scalarNegate(BUFFER);
  memory.copy(BUFFER + 64, BUFFER, 32);
  memory.copy(BUFFER, BUFFER + 32, 32);
  memory.copy(BUFFER + 32, BUFFER + 64, 32);
}

export function isBelowOrder(): bool {
  return isScalarBelowOrder(BUFFER);
}
