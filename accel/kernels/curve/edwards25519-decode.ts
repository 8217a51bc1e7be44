/**
 * Encodings of points become table entries, four at once, by the rule of ZIP-215.
 *
 * Every 32 bytes whose y (255 bits, also p and above, taken modulo p) has an x on the curve decode; the sign bit
 * chooses between x and -x, and for x = 0 both signs decode to the same point. x^2 = u / v with u = y^2 - 1, v = d y^2
 * + 1, and the root is u v^3 (u v^7)^(2^252 - 3), perhaps times the root of -1 (RFC 8032, 5.1.3).
 */
import {
  FE_BYTES,
  FE_PAIR_BYTES,
  feAdd,
  feAddSub,
  feCarry,
  feConstant,
  feFromWords,
  feGather,
  feGatherSigned,
  feMul,
  feMulPairs,
  feOddBits,
  fePower,
  feScatter,
  feSquarePairs,
  feSub,
  feZeroBits,
} from "../field/fe25519";
import { FE_D, FE_ONE } from "./edwards25519";

/** 1 / 2 and (root of -1) / 2, in lane form, and 1 / 2 as a pair. */
const HALF_LANE: usize = memory.data(40, 16);
const ROOT_LANE: usize = memory.data(40, 16);
const HALF: usize = memory.data(80, 16);

const ENCODED_Y: usize = memory.data(160, 16);
const U: usize = memory.data(160, 16);
const V: usize = memory.data(160, 16);
const UV3: usize = memory.data(160, 16);
const UV7: usize = memory.data(160, 16);
const ROOT: usize = memory.data(160, 16);
const LANES: usize = memory.data(80, 16);
const P: usize = memory.data(80, 16);
const Q: usize = memory.data(80, 16);
const R: usize = memory.data(80, 16);

/** Constants are in place; called once before anything else of this file. */
export function setUpDecode25519(): void {
  feFromWords(HALF_LANE, 0xfffffffffffffff7, 0xffffffffffffffff, 0xffffffffffffffff, 0x3fffffffffffffff);
  feFromWords(ROOT_LANE, 0x62770d93a5075058, 0x97a18c035697f23c, 0x95a6804c9efdebd3, 0x15c1924027e0ef85);
  feConstant(HALF, 0xfffffffffffffff7, 0xffffffffffffffff, 0xffffffffffffffff, 0x3fffffffffffffff);
}

function loadEncoding(element: usize, from: usize): void {
  feFromWords(element, load<u64>(from), load<u64>(from, 8), load<u64>(from, 16), load<u64>(from, 24));
}

function loadEncodings(out: usize, first: usize, second: usize): void {
  loadEncoding(LANES, first);
  loadEncoding(LANES + FE_BYTES, second);
  feGather(out, LANES, LANES + FE_BYTES);
  feCarry(out, out);
}

// @ts-ignore: decorator
@inline
function signBit(encoding: usize): u32 {
  return load<u8>(encoding, 31) >> 7;
}

/**
 * Writes the entries of four encodings (addresses of 32 bytes each) to four addresses of `ENTRY_BYTES`.
 * Returns a bit for each that decoded; the entry of one that did not is not a point.
 */
export function decodeFour(
  e0: usize, e1: usize, e2: usize, e3: usize,
  out0: usize, out1: usize, out2: usize, out3: usize,
): u32 {
  loadEncodings(ENCODED_Y, e0, e1);
  loadEncodings(ENCODED_Y + FE_PAIR_BYTES, e2, e3);
  findRoots(true);
  const low = finishPair(0, e0, e1, out0, out1);
  return low | (finishPair(FE_PAIR_BYTES, e2, e3, out2, out3) << 2);
}

/** As `decodeFour`, for two encodings. */
export function decodeTwo(first: usize, second: usize, firstOut: usize, secondOut: usize): u32 {
  loadEncodings(ENCODED_Y, first, second);
  findRoots(false);
  return finishPair(0, first, second, firstOut, secondOut);
}

/** `ROOT` = u v^3 (u v^7)^(2^252 - 3), `UV7` = v `ROOT`^2, of one pair or two. */
function findRoots(isTwo: bool): void {
  prepare(0);
  if (isTwo) prepare(FE_PAIR_BYTES);
  feSquarePairs(isTwo, UV3, V);
  feMulPairs(isTwo, UV3, UV3, V);
  feSquarePairs(isTwo, UV7, UV3);
  feMulPairs(isTwo, UV7, UV7, V);
  feMulPairs(isTwo, UV7, UV7, U);
  feMulPairs(isTwo, UV3, UV3, U);
  fePower(isTwo, ROOT, UV7);
  feMulPairs(isTwo, ROOT, ROOT, UV3);
  feSquarePairs(isTwo, UV7, ROOT);
  feMulPairs(isTwo, UV7, UV7, V);
}

/** u = y^2 - 1, v = d y^2 + 1, carried. */
function prepare(pair: usize): void {
  feMul(P, ENCODED_Y + pair, ENCODED_Y + pair);
  feSub(U + pair, P, FE_ONE);
  feMul(P, FE_D, P);
  feAdd(V + pair, P, FE_ONE);
  feCarry(U + pair, U + pair);
  feCarry(V + pair, V + pair);
}

/** Corrects the root by what v root^2 is (in `UV7`), chooses the sign, writes the entries. */
function finishPair(pair: usize, first: usize, second: usize, out0: usize, out1: usize): u32 {
  feAddSub(P, Q, UV7 + pair, U + pair);
  const isRoot = feZeroBits(Q);
  const isOther = feZeroBits(P);
  feGather(R, isRoot & 1 ? HALF_LANE : ROOT_LANE, isRoot & 2 ? HALF_LANE : ROOT_LANE);
  feMul(P, ROOT + pair, R); // x / 2, of either sign
  feAdd(Q, P, P);
  const turned = feOddBits(Q) ^ (signBit(first) | (signBit(second) << 1));
  feScatter(LANES, LANES + FE_BYTES, P);
  feGatherSigned(P, LANES, LANES + FE_BYTES, turned & 1, turned >> 1);
  feMul(Q, ENCODED_Y + pair, HALF);
  feAddSub(R, Q, Q, P); // (y + x) / 2 and (y - x) / 2
  feCarry(R, R);
  feCarry(Q, Q);
  feScatter(out0, out1, Q);
  feScatter(out0 + FE_BYTES, out1 + FE_BYTES, R);
  feAdd(P, P, P);
  feMul(P, ENCODED_Y + pair, P);
  feScatter(out0 + 3 * FE_BYTES, out1 + 3 * FE_BYTES, P);
  feMul(P, FE_D, P);
  feScatter(out0 + 2 * FE_BYTES, out1 + 2 * FE_BYTES, P);
  return isRoot | isOther;
}
