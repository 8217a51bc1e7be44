// variant: relaxed-simd
/**
 * The field of 2^255 - 19, operation by operation, for tests and measurements. Never loaded by the product.
 *
 * Numbers come as 32 bytes each, two for a pair, and go as 32 bytes each, reduced.
 */
import {
  feAdd,
  feAddSub,
  feCarry,
  feFromWords,
  feGather,
  feGatherSigned,
  feMul,
  feOddBits,
  fePairToBytes,
  fePower,
  feScatter,
  feSquare,
  feSquarePairs,
  feSub,
  feTighten,
  feZeroBits,
} from "../field/fe25519";

const INPUT: usize = memory.data(65536, 16);
const A: usize = memory.data(160, 16);
const B: usize = memory.data(160, 16);
const C: usize = memory.data(160, 16);
const D: usize = memory.data(160, 16);
const LANES: usize = memory.data(80, 16);

/** 64 KiB: cases of 128 bytes (pairs a and b), results in their place. */
export function buffer(): usize {
  return INPUT;
}

function loadPair(out: usize, from: usize): void {
  feFromWords(LANES, load<u64>(from), load<u64>(from, 8), load<u64>(from, 16), load<u64>(from, 24));
  const second = from + 32;
  feFromWords(LANES + 40, load<u64>(second), load<u64>(second, 8), load<u64>(second, 16), load<u64>(second, 24));
  feGather(out, LANES, LANES + 40);
}

/**
 * Replaces each of `count` cases (a, b) by (result, second result). Operations: 0 a b; 1 a^2; 2 a + b and a - b; 3 the
 * same, carried; 4 the widest factors, and (a + b) a; 5 -a, b by signs; 6 powers; 7 (a + b)^2 and (a - b)^2.
 */
export function run(operation: i32, count: i32): void {
  for (let index = 0; index < count; index++) {
    const at = INPUT + 128 * index;
    loadPair(A, at);
    loadPair(B, at + 64);
    step(operation);
    fePairToBytes(at, at + 32, C);
    fePairToBytes(at + 64, at + 96, D);
  }
}

function step(operation: i32): void {
  if (operation == 0) {
    feCarry(A, A);
    feMul(C, A, B);
    feMul(D, C, B);
  } else if (operation == 1) {
    feCarry(A, A);
    feCarry(B, B);
    feSquare(C, A);
    feSquare(D, B);
  } else if (operation == 2) {
    feAddSub(C, D, A, B);
  } else if (operation == 3) {
    feAdd(C, A, B);
    feSub(D, A, B);
    feCarry(C, C);
    feCarry(D, D);
  } else if (operation == 4) {
    widest();
  } else if (operation == 5) {
    feScatter(LANES, LANES + 40, A);
    feGatherSigned(C, LANES, LANES + 40, 1, 0);
    feGatherSigned(D, LANES, LANES + 40, 0, 1);
  } else if (operation == 6) {
    feCarry(A + 80, B);
    feCarry(A, A);
    fePower(true, C, A);
    feCarry(D, C + 80);
  } else {
    feCarry(A, A);
    feCarry(B, B);
    feAddSub(C, D, A, B);
    feTighten(C);
    feTighten(D);
    feSquare(C, C);
    feSquare(D, D);
  }
}

/** C = (a - b - b) b of carried a and b, close to the widest product that is allowed; D = (a + b) a. */
function widest(): void {
  feCarry(A, A);
  feCarry(B, B);
  feSub(C, A, B);
  feSub(C, C, B);
  feMul(C, C, B);
  feAdd(D, A, B);
  feMul(D, D, A);
}

/** Zero bits, and odd bits << 2, of the pair of the first case. */
export function bits(): u32 {
  loadPair(A, INPUT);
  return feZeroBits(A) | (feOddBits(A) << 2);
}

/** For measurements: `count` operations on pairs; chained when `kind` is odd, four in turn when it is even. */
export function spin(kind: i32, count: i32): void {
  loadPair(A, INPUT);
  loadPair(B, INPUT + 64);
  feCarry(A, A);
  feCarry(B, B);
  if (kind == 0) {
    for (let index = 0; index < count; index += 4) {
      feMul(C, A, B);
      feMul(D, A, B);
      feMul(C + 80, A, B);
      feMul(D + 80, A, B);
    }
  } else if (kind == 1) {
    for (let index = 0; index < count; index++) feMul(A, A, B);
  } else if (kind == 2) {
    for (let index = 0; index < count; index += 4) {
      feSquare(C, A);
      feSquare(D, A);
      feSquare(C + 80, A);
      feSquare(D + 80, A);
    }
  } else if (kind == 3) {
    for (let index = 0; index < count; index++) feSquare(A, A);
  } else if (kind == 5) {
    feCarry(A + 80, B);
    for (let index = 0; index < count; index += 2) feSquarePairs(true, A, A);
  }
}
