/**
 * Points of the twisted Edwards curve of ed25519, two at once.
 *
 * -x^2 + y^2 = 1 + d x^2 y^2. A point in motion is in extended coordinates (X : Y : Z : T), x = X / Z, y = Y / Z,
 * T = X Y / Z: four pairs of field elements (`POINT_BYTES`), all tight. A point of a table is affine and halved:
 *
 *   ((y - x) / 2, (y + x) / 2, d x y, x y)     in lane form (`ENTRY_BYTES`)
 *
 * With the halves the addition needs no doubling of Z, and every sum in it stays at 2x. The negative of an entry is the
 * entry with the first two exchanged and the others negated, so a table holds one sign only.
 *
 * Formulas: "add-2008-hwcd-3", "madd-2008-hwcd-3" and "dbl-2008-hwcd" of the Explicit-Formulas Database (Hisil, Wong,
 * Carter, Dawson 2008). On this curve (d is no square) the additions are complete: they hold for every two points,
 * equal ones, small orders and the identity among them, which hostile signatures need.
 */
import {
  FE_BYTES,
  FE_PAIR_BYTES,
  feAdd,
  feAddSub,
  feCarry,
  feConstant,
  feCopy,
  feFromWords,
  feGather,
  feGatherSigned,
  feMul,
  feScatter,
  feSquare,
  feSub,
  feTighten,
  feZeroBits,
} from "../field/fe25519";

export const POINT_BYTES: usize = 4 * FE_PAIR_BYTES;
/** A point in lane form: extended coordinates of one point. */
export const LANE_POINT_BYTES: usize = 4 * FE_BYTES;
export const ENTRY_BYTES: usize = 4 * FE_BYTES;

/** Offsets in a pair of points. */
export const Y: usize = FE_PAIR_BYTES;
export const Z: usize = 2 * FE_PAIR_BYTES;
export const T: usize = 3 * FE_PAIR_BYTES;

/** Pairs of constants. */
export const FE_ONE: usize = memory.data(80, 16);
export const FE_D: usize = memory.data(80, 16);
const FE_2D: usize = memory.data(80, 16);

/** The entry of the identity: adding it changes nothing. */
export const IDENTITY_ENTRY: usize = memory.data(160, 16);
/** The identity in lane form, extended. */
export const IDENTITY_LANE: usize = memory.data(160, 16);

const ENTRY: usize = memory.data(320, 16);
const A: usize = memory.data(80, 16);
const B: usize = memory.data(80, 16);
const C: usize = memory.data(80, 16);
const D: usize = memory.data(80, 16);
const E: usize = memory.data(80, 16);
const F: usize = memory.data(80, 16);
const G: usize = memory.data(80, 16);
const H: usize = memory.data(80, 16);

/** Constants are in place; called once before anything else of this file. */
export function setUpEdwards25519(): void {
  feConstant(FE_ONE, 1, 0, 0, 0);
  feConstant(FE_D, 0x75eb4dca135978a3, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73);
  feConstant(FE_2D, 0xebd69b9426b2f159, 0x00e0149a8283b156, 0x198e80f2eef3d130, 0x2406d9dc56dffce7);
  // 1 / 2, 1 / 2, 0, 0
  feFromWords(IDENTITY_ENTRY, 0xfffffffffffffff7, 0xffffffffffffffff, 0xffffffffffffffff, 0x3fffffffffffffff);
  feGather(A, IDENTITY_ENTRY, IDENTITY_ENTRY);
  feCarry(A, A);
  feScatter(IDENTITY_ENTRY, IDENTITY_ENTRY, A);
  memory.copy(IDENTITY_ENTRY + FE_BYTES, IDENTITY_ENTRY, FE_BYTES);
  feFromWords(IDENTITY_LANE + FE_BYTES, 1, 0, 0, 0);
  feFromWords(IDENTITY_LANE + 2 * FE_BYTES, 1, 0, 0, 0);
}

/** The last four multiplications of all formulas: E F, G H, F G, E H. F may be 3x, H 2x. */
// @ts-ignore: decorator
@inline
function finish(out: usize): void {
  feTighten(E);
  feTighten(G);
  feMul(out, F, E);
  feMul(out + Y, G, H);
  feMul(out + Z, F, G);
  feMul(out + T, E, H);
}

// An address of an entry has its sign in bit 0; entries are aligned to 16.

// @ts-ignore: decorator
@inline
function loadDifferenceAndSum(first: u32, second: u32): void {
  const x = (first & ~1) as usize;
  const y = (second & ~1) as usize;
  const xTurned = FE_BYTES * (first & 1);
  const yTurned = FE_BYTES * (second & 1);
  feGather(ENTRY, x + xTurned, y + yTurned);
  feGather(ENTRY + Y, x + FE_BYTES - xTurned, y + FE_BYTES - yTurned);
}

/** `point` = the two entries (signed addresses) themselves. */
export function pointFromEntries(point: usize, first: u32, second: u32): void {
  loadDifferenceAndSum(first, second);
  feAddSub(point + Y, point, ENTRY + Y, ENTRY);
  feCopy(point + Z, FE_ONE);
  const x = ((first & ~1) as usize) + 3 * FE_BYTES;
  const y = ((second & ~1) as usize) + 3 * FE_BYTES;
  feGatherSigned(point + T, x, y, first & 1, second & 1);
  feCarry(point, point);
  feCarry(point + Y, point + Y);
}

/** `point` += the two entries (signed addresses): 7 multiplications. */
export function pointAddEntries(point: usize, first: u32, second: u32): void {
  loadDifferenceAndSum(first, second);
  const x = ((first & ~1) as usize) + 2 * FE_BYTES;
  const y = ((second & ~1) as usize) + 2 * FE_BYTES;
  feGatherSigned(ENTRY + Z, x, y, first & 1, second & 1);
  feAddSub(B, A, point + Y, point);
  feMul(A, A, ENTRY);
  feMul(B, B, ENTRY + Y);
  feMul(C, point + T, ENTRY + Z);
  feAddSub(H, E, B, A);
  feAddSub(G, F, point + Z, C);
  finish(point);
}

/** `point` += `other`: 9 multiplications. */
export function pointAdd(point: usize, other: usize): void {
  feAddSub(B, A, point + Y, point);
  feAddSub(D, C, other + Y, other);
  feTighten(C);
  feTighten(D);
  feMul(A, A, C);
  feMul(B, B, D);
  feMul(C, point + T, other + T);
  feMul(C, C, FE_2D);
  feAdd(D, point + Z, point + Z);
  feMul(D, D, other + Z);
  feAddSub(H, E, B, A);
  feAddSub(G, F, D, C);
  finish(point);
}

/** `point` = 2 `point`: 4 squarings, 4 multiplications. */
export function pointDouble(point: usize): void {
  feSquare(A, point);
  feSquare(B, point + Y);
  feSquare(C, point + Z);
  feAdd(C, C, C);
  feAdd(E, point, point + Y);
  feTighten(E);
  feSquare(E, E);
  feAdd(H, A, B); // -H of the source: all four are negated with E and F, G
  feSub(E, H, E);
  feSub(G, A, B);
  feAdd(F, C, G);
  feTighten(F);
  finish(point);
}

/** Writes both points in lane form. */
export function pointScatter(first: usize, second: usize, point: usize): void {
  feScatter(first, second, point);
  feScatter(first + FE_BYTES, second + FE_BYTES, point + Y);
  feScatter(first + 2 * FE_BYTES, second + 2 * FE_BYTES, point + Z);
  feScatter(first + 3 * FE_BYTES, second + 3 * FE_BYTES, point + T);
}

/** `point` = two points in lane form. */
export function pointGather(point: usize, first: usize, second: usize): void {
  feGather(point, first, second);
  feGather(point + Y, first + FE_BYTES, second + FE_BYTES);
  feGather(point + Z, first + 2 * FE_BYTES, second + 2 * FE_BYTES);
  feGather(point + T, first + 3 * FE_BYTES, second + 3 * FE_BYTES);
}

/** Bit 0: eight times the first point is the identity; bit 1: eight times the second is. Changes `point`. */
export function pointSmallOrderBits(point: usize): u32 {
  pointDouble(point);
  pointDouble(point);
  pointDouble(point);
  feSub(A, point + Y, point + Z);
  return feZeroBits(point) & feZeroBits(A);
}
