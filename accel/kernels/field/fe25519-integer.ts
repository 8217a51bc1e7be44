/**
 * Two elements of the field of 2^255 - 19 at once, with integer SIMD.
 *
 * An element has five limbs of 51 bits, and each limb is an even half of 26 and an odd half of 25 bits, all signed:
 * a = sum of (e[k] + 2^26 o[k]) 2^(51 k). A pair (x, y) is five vectors of four 32-bit numbers (80 bytes):
 *
 *   vector k:  x.e[k]  y.e[k]  x.o[k]  y.o[k]
 *
 * so that one `extmul_low` gives the products of the even halves of both elements, `extmul_high` those of the odd ones.
 * The mixed products come from the sums of the halves (Karatsuba): e o' + o e' = (e + o)(e' + o') - e e' - o o', 75
 * instead of 100 products. What stands above 2^255 returns times 19 (one factor is multiplied by 19 beforehand).
 *
 * Bounds. "Tight" is what multiplication and carry leave: |e| <= 2^25 + 1, |o| <= 2^24 + 2^17. A number of F times
 * that is written Fx: a sum or difference of tight elements is 2x, and nothing is carried after it. The column with
 * most products has 77 of them (those of weight 19 counted so) of two even halves and 38 x 5 of two odd ones, below 77
 * x 2^50 + 190 x 2^48 < 2^57 for tight factors; it has to stay below 2^62, so the product of the bounds of two factors
 * may be 31. A sum of two halves has to fit in 31 bits: 14x. A square multiplies such sums by 19 first: 2.2x. Bytes as
 * loaded are 2x.
 *
 * Logical shifts serve as arithmetic ones (there is no cheap 64-bit arithmetic shift): each column gets a bias of 2^62
 * first, and the bias of a carry is taken off by the constant of the column that receives it.
 *
 * The carry chain is that of the public "ref10" (SUPERCOP, Bernstein et al.), the halves of 25.5 bits too.
 */

/** Bytes of a pair; the halves of it that belong to one element ("lane form") take half of that. */
export const FE_PAIR_BYTES: usize = 80;
export const FE_BYTES: usize = 40;

const MASK_26: i64 = 0x3ffffff;
const MASK_25: i64 = 0x1ffffff;
const MASK_51: u64 = 0x7ffffffffffff;
const HALF_26: i64 = 1 << 25;
const HALF_25: i64 = 1 << 24;
const BIAS: i64 = 1 << 62;
const TWO_36: i64 = 1 << 36;
const TWO_37: i64 = 1 << 37;
const TWO_42: i64 = 1 << 42;

// @ts-ignore: decorator
@inline
function swap(a: v128): v128 {
  return i32x4.shuffle(a, a, 2, 3, 0, 1);
}

// @ts-ignore: decorator
@inline
function low(a: v128, b: v128): v128 {
  return i64x2.extmul_low_i32x4_s(a, b);
}

// @ts-ignore: decorator
@inline
function high(a: v128, b: v128): v128 {
  return i64x2.extmul_high_i32x4_s(a, b);
}

// @ts-ignore: decorator
@inline
function sum3(a: v128, b: v128, c: v128): v128 {
  return i64x2.add(i64x2.add(a, b), c);
}

// @ts-ignore: decorator
@inline
function sum4(a: v128, b: v128, c: v128, d: v128): v128 {
  return i64x2.add(i64x2.add(a, b), i64x2.add(c, d));
}

// @ts-ignore: decorator
@inline
function sum5(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  return i64x2.add(i64x2.add(i64x2.add(a, b), i64x2.add(c, d)), e);
}

// @ts-ignore: decorator
@inline
function times19(a: v128): v128 {
  return i32x4.mul(a, i32x4.splat(19));
}

// Vector constants lie in memory: as constants of the code the engine builds them from two registers each time.
const MASKS: usize = memory.data<i64>([MASK_26, MASK_26, MASK_25, MASK_25], 16);
const FIRST: i64 = BIAS + HALF_26;
const TO_ODD: i64 = BIAS - TWO_36 + HALF_25;
const TO_EVEN: i64 = BIAS - TWO_37 + HALF_26;
const TO_FIRST: i64 = TWO_42 - 19 * TWO_37;
const BIASES: usize = memory.data<i64>(
  [FIRST, FIRST, TO_ODD, TO_ODD, TO_EVEN, TO_EVEN, TWO_37, TWO_37, TO_FIRST, TO_FIRST],
  16,
);
const H26: i32 = 1 << 25;
const H25: i32 = 1 << 24;
const H25_FIRST: i32 = H25 + (1 << 16);
const H25_THIRD: i32 = H25 + (1 << 12);
const HALVES: usize = memory.data<i32>(
  [H26, H26, H25, H25, H26, H26, H25_FIRST, H25_FIRST, H26, H26, H25_THIRD, H25_THIRD],
  16,
);

// @ts-ignore: decorator
@inline
function putHalves(out: usize, offset: usize, even: v128, odd: v128, halves: usize): void {
  v128.store(out + offset, i32x4.sub(i32x4.shuffle(even, odd, 0, 2, 4, 6), v128.load(HALVES + halves)));
}

/**
 * What is held in memory between the steps of one multiplication: columns h0 .. h9 (even ones of weight 2^(51 k), odd
 * ones of weight 2^(51 k + 26)), products of the odd halves, sums to be taken off the odd columns. The engine moves
 * pure operations to where their results are used, and would spill more than these stores cost: a store is an order.
 */
const COLUMNS: usize = memory.data(160, 16);
const ODDS: usize = memory.data(80, 16);
const TAKEN: usize = memory.data(80, 16);

/** Writes the element of the columns in `COLUMNS`, tight. */
// @ts-ignore: decorator
@inline
function putColumns(out: usize): void {
  let h0 = v128.load(COLUMNS);
  let h1 = v128.load(COLUMNS, 16);
  let h2 = v128.load(COLUMNS, 32);
  let h3 = v128.load(COLUMNS, 48);
  let h4 = v128.load(COLUMNS, 64);
  let h5 = v128.load(COLUMNS, 80);
  let h6 = v128.load(COLUMNS, 96);
  let h7 = v128.load(COLUMNS, 112);
  let h8 = v128.load(COLUMNS, 128);
  let h9 = v128.load(COLUMNS, 144);
  h0 = i64x2.add(h0, v128.load(BIASES));
  h4 = i64x2.add(h4, v128.load(BIASES));
  h1 = sum3(h1, v128.load(BIASES, 16), i64x2.shr_u(h0, 26));
  h5 = sum3(h5, v128.load(BIASES, 16), i64x2.shr_u(h4, 26));
  h2 = sum3(h2, v128.load(BIASES, 32), i64x2.shr_u(h1, 25));
  h6 = sum3(h6, v128.load(BIASES, 32), i64x2.shr_u(h5, 25));
  h3 = sum3(h3, v128.load(BIASES, 16), i64x2.shr_u(h2, 26));
  h7 = sum3(h7, v128.load(BIASES, 16), i64x2.shr_u(h6, 26));
  h8 = sum3(h8, v128.load(BIASES, 32), i64x2.shr_u(h7, 25));
  // The second carry of h4: what came from h3 is below 2^38, so a bias of 2^38 makes it positive.
  h4 = sum3(v128.and(h4, v128.load(MASKS)), v128.load(BIASES, 48), i64x2.shr_u(h3, 25));
  h9 = sum3(h9, v128.load(BIASES, 16), i64x2.shr_u(h8, 26));
  h5 = i64x2.add(v128.and(h5, v128.load(MASKS, 16)), i64x2.shr_u(h4, 26));
  const top = i64x2.shr_u(h9, 25);
  const top19 = sum3(i64x2.shl(top, 4), i64x2.shl(top, 1), top);
  h0 = sum3(v128.and(h0, v128.load(MASKS)), v128.load(BIASES, 64), top19);
  h1 = i64x2.add(v128.and(h1, v128.load(MASKS, 16)), i64x2.shr_u(h0, 26));

  putHalves(out, 0, v128.and(h0, v128.load(MASKS)), h1, 16);
  putHalves(out, 16, v128.and(h2, v128.load(MASKS)), v128.and(h3, v128.load(MASKS, 16)), 0);
  putHalves(out, 32, v128.and(h4, v128.load(MASKS)), h5, 32);
  putHalves(out, 48, v128.and(h6, v128.load(MASKS)), v128.and(h7, v128.load(MASKS, 16)), 0);
  putHalves(out, 64, v128.and(h8, v128.load(MASKS)), v128.and(h9, v128.load(MASKS, 16)), 0);
}

/** 38 a */
// @ts-ignore: decorator
@inline
function times38(a: v128): v128 {
  return sum3(i64x2.shl(a, 5), i64x2.shl(a, 2), i64x2.shl(a, 1));
}

/** column + 19 high */
// @ts-ignore: decorator
@inline
function folded(column: v128, high: v128): v128 {
  return i64x2.add(i64x2.add(column, high), i64x2.add(i64x2.shl(high, 4), i64x2.shl(high, 1)));
}

/** `out` = a b for both elements, tight; a and b at most 14x, the product of their bounds at most 31. */
export function feMul(out: usize, a: usize, b: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const b0 = v128.load(b);
  const b1 = v128.load(b, 16);
  const b2 = v128.load(b, 32);
  const b3 = v128.load(b, 48);
  const b4 = v128.load(b, 64);
  v128.store(ODDS, folded(high(a0, b0), sum4(high(a1, b4), high(a2, b3), high(a3, b2), high(a4, b1))));
  v128.store(
    ODDS,
    folded(i64x2.add(high(a0, b1), high(a1, b0)), sum3(high(a2, b4), high(a3, b3), high(a4, b2))),
    16,
  );
  v128.store(
    ODDS,
    folded(sum3(high(a0, b2), high(a1, b1), high(a2, b0)), i64x2.add(high(a3, b4), high(a4, b3))),
    32,
  );
  v128.store(ODDS, folded(sum4(high(a0, b3), high(a1, b2), high(a2, b1), high(a3, b0)), high(a4, b4)), 48);
  v128.store(ODDS, sum5(high(a0, b4), high(a1, b3), high(a2, b2), high(a3, b1), high(a4, b0)), 64);
  let odd = times38(v128.load(ODDS, 64));
  let even = folded(low(a0, b0), sum4(low(a1, b4), low(a2, b3), low(a3, b2), low(a4, b1)));
  v128.store(COLUMNS, i64x2.add(even, odd));
  odd = v128.load(ODDS);
  v128.store(TAKEN, i64x2.add(even, odd));
  even = folded(i64x2.add(low(a0, b1), low(a1, b0)), sum3(low(a2, b4), low(a3, b3), low(a4, b2)));
  v128.store(COLUMNS, sum3(even, odd, odd), 32);
  odd = v128.load(ODDS, 16);
  v128.store(TAKEN, i64x2.add(even, odd), 16);
  even = folded(sum3(low(a0, b2), low(a1, b1), low(a2, b0)), i64x2.add(low(a3, b4), low(a4, b3)));
  v128.store(COLUMNS, sum3(even, odd, odd), 64);
  odd = v128.load(ODDS, 32);
  v128.store(TAKEN, i64x2.add(even, odd), 32);
  even = folded(sum4(low(a0, b3), low(a1, b2), low(a2, b1), low(a3, b0)), low(a4, b4));
  v128.store(COLUMNS, sum3(even, odd, odd), 96);
  odd = v128.load(ODDS, 48);
  v128.store(TAKEN, i64x2.add(even, odd), 48);
  even = sum5(low(a0, b4), low(a1, b3), low(a2, b2), low(a3, b1), low(a4, b0));
  v128.store(COLUMNS, sum3(even, odd, odd), 128);
  odd = v128.load(ODDS, 64);
  v128.store(TAKEN, i64x2.add(even, odd), 64);
  const s0 = i32x4.add(a0, swap(a0));
  const s1 = i32x4.add(a1, swap(a1));
  const s2 = i32x4.add(a2, swap(a2));
  const s3 = i32x4.add(a3, swap(a3));
  const s4 = i32x4.add(a4, swap(a4));
  const t0 = i32x4.add(b0, swap(b0));
  const t1 = i32x4.add(b1, swap(b1));
  const t2 = i32x4.add(b2, swap(b2));
  const t3 = i32x4.add(b3, swap(b3));
  const t4 = i32x4.add(b4, swap(b4));
  v128.store(
    COLUMNS,
    i64x2.sub(folded(low(s0, t0), sum4(low(s1, t4), low(s2, t3), low(s3, t2), low(s4, t1))), v128.load(TAKEN)),
    16,
  );
  v128.store(
    COLUMNS,
    i64x2.sub(
      folded(i64x2.add(low(s0, t1), low(s1, t0)), sum3(low(s2, t4), low(s3, t3), low(s4, t2))),
      v128.load(TAKEN, 16),
    ),
    48,
  );
  v128.store(
    COLUMNS,
    i64x2.sub(
      folded(sum3(low(s0, t2), low(s1, t1), low(s2, t0)), i64x2.add(low(s3, t4), low(s4, t3))),
      v128.load(TAKEN, 32),
    ),
    80,
  );
  v128.store(
    COLUMNS,
    i64x2.sub(folded(sum4(low(s0, t3), low(s1, t2), low(s2, t1), low(s3, t0)), low(s4, t4)), v128.load(TAKEN, 48)),
    112,
  );
  v128.store(
    COLUMNS,
    i64x2.sub(sum5(low(s0, t4), low(s1, t3), low(s2, t2), low(s3, t1), low(s4, t0)), v128.load(TAKEN, 64)),
    144,
  );
  putColumns(out);
}

/** `out` = a^2 for both elements, tight; a at most 2.2x. `out` may be a. */
export function feSquare(out: usize, a: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const d0 = i32x4.add(a0, a0);
  const d1 = i32x4.add(a1, a1);
  const d2 = i32x4.add(a2, a2);
  const d3 = i32x4.add(a3, a3);
  const c3 = times19(a3);
  const c4 = times19(a4);
  v128.store(ODDS, sum3(high(a0, a0), high(d1, c4), high(d2, c3)));
  v128.store(ODDS, sum3(high(d0, a1), high(d2, c4), high(a3, c3)), 16);
  v128.store(ODDS, sum3(high(d0, a2), high(a1, a1), high(d3, c4)), 32);
  v128.store(ODDS, sum3(high(d0, a3), high(d1, a2), high(a4, c4)), 48);
  v128.store(ODDS, sum3(high(d0, a4), high(d1, a3), high(a2, a2)), 64);
  let odd = times38(v128.load(ODDS, 64));
  let even = sum3(low(a0, a0), low(d1, c4), low(d2, c3));
  v128.store(COLUMNS, i64x2.add(even, odd));
  odd = v128.load(ODDS);
  v128.store(TAKEN, i64x2.add(even, odd));
  even = sum3(low(d0, a1), low(d2, c4), low(a3, c3));
  v128.store(COLUMNS, sum3(even, odd, odd), 32);
  odd = v128.load(ODDS, 16);
  v128.store(TAKEN, i64x2.add(even, odd), 16);
  even = sum3(low(d0, a2), low(a1, a1), low(d3, c4));
  v128.store(COLUMNS, sum3(even, odd, odd), 64);
  odd = v128.load(ODDS, 32);
  v128.store(TAKEN, i64x2.add(even, odd), 32);
  even = sum3(low(d0, a3), low(d1, a2), low(a4, c4));
  v128.store(COLUMNS, sum3(even, odd, odd), 96);
  odd = v128.load(ODDS, 48);
  v128.store(TAKEN, i64x2.add(even, odd), 48);
  even = sum3(low(d0, a4), low(d1, a3), low(a2, a2));
  v128.store(COLUMNS, sum3(even, odd, odd), 128);
  odd = v128.load(ODDS, 64);
  v128.store(TAKEN, i64x2.add(even, odd), 64);
  const s0 = i32x4.add(a0, swap(a0));
  const s1 = i32x4.add(a1, swap(a1));
  const s2 = i32x4.add(a2, swap(a2));
  const s3 = i32x4.add(a3, swap(a3));
  const s4 = i32x4.add(a4, swap(a4));
  const f0 = i32x4.add(s0, s0);
  const f1 = i32x4.add(s1, s1);
  const f2 = i32x4.add(s2, s2);
  const f3 = i32x4.add(s3, s3);
  const u3 = times19(s3);
  const u4 = times19(s4);
  v128.store(COLUMNS, i64x2.sub(sum3(low(s0, s0), low(f1, u4), low(f2, u3)), v128.load(TAKEN)), 16);
  v128.store(COLUMNS, i64x2.sub(sum3(low(f0, s1), low(f2, u4), low(s3, u3)), v128.load(TAKEN, 16)), 48);
  v128.store(COLUMNS, i64x2.sub(sum3(low(f0, s2), low(s1, s1), low(f3, u4)), v128.load(TAKEN, 32)), 80);
  v128.store(COLUMNS, i64x2.sub(sum3(low(f0, s3), low(f1, s2), low(s4, u4)), v128.load(TAKEN, 48)), 112);
  v128.store(COLUMNS, i64x2.sub(sum3(low(f0, s4), low(f1, s3), low(s2, s2)), v128.load(TAKEN, 64)), 144);
  putColumns(out);
}

/** `out` = a + b, of the sum of their bounds. */
// @ts-ignore: decorator
@inline
export function feAdd(out: usize, a: usize, b: usize): void {
  v128.store(out, i32x4.add(v128.load(a), v128.load(b)));
  v128.store(out, i32x4.add(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, i32x4.add(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, i32x4.add(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, i32x4.add(v128.load(a, 64), v128.load(b, 64)), 64);
}

/** `out` = a - b, of the sum of their bounds. */
// @ts-ignore: decorator
@inline
export function feSub(out: usize, a: usize, b: usize): void {
  v128.store(out, i32x4.sub(v128.load(a), v128.load(b)));
  v128.store(out, i32x4.sub(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, i32x4.sub(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, i32x4.sub(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, i32x4.sub(v128.load(a, 64), v128.load(b, 64)), 64);
}

// @ts-ignore: decorator
@inline
function sumAndDifference(sum: usize, difference: usize, a: usize, b: usize, offset: usize): void {
  const left = v128.load(a + offset);
  const right = v128.load(b + offset);
  v128.store(sum + offset, i32x4.add(left, right));
  v128.store(difference + offset, i32x4.sub(left, right));
}

/** `sum` = a + b and `difference` = a - b; each may be a or b. */
// @ts-ignore: decorator
@inline
export function feAddSub(sum: usize, difference: usize, a: usize, b: usize): void {
  sumAndDifference(sum, difference, a, b, 0);
  sumAndDifference(sum, difference, a, b, 16);
  sumAndDifference(sum, difference, a, b, 32);
  sumAndDifference(sum, difference, a, b, 48);
  sumAndDifference(sum, difference, a, b, 64);
}

/** The low bits of all halves after rounding: what stays of a vector when it is carried. */
// @ts-ignore: decorator
@inline
function kept(rounded: v128): v128 {
  const low = v128.and(rounded, i32x4(MASK_26 as i32, MASK_26 as i32, MASK_25 as i32, MASK_25 as i32));
  return i32x4.sub(low, i32x4(HALF_26 as i32, HALF_26 as i32, HALF_25 as i32, HALF_25 as i32));
}

// @ts-ignore: decorator
@inline
function rounded(a: usize, offset: usize): v128 {
  const half = i32x4(HALF_26 as i32, HALF_26 as i32, HALF_25 as i32, HALF_25 as i32);
  return i32x4.add(v128.load(a + offset), half);
}

/** The carries into vector k: of the odd halves of k - 1 and the even halves of k. */
// @ts-ignore: decorator
@inline
function carriesInto(before: v128, own: v128): v128 {
  return i32x4.shuffle(i32x4.shr_s(before, 25), i32x4.shr_s(own, 26), 2, 3, 4, 5);
}

/** `out` = a, tight; a at most 31x. `out` may be a. */
export function feCarry(out: usize, a: usize): void {
  const r0 = rounded(a, 0);
  const r1 = rounded(a, 16);
  const r2 = rounded(a, 32);
  const r3 = rounded(a, 48);
  const r4 = rounded(a, 64);
  const c0 = i32x4.mul(carriesInto(r4, r0), i32x4(19, 19, 1, 1));
  v128.store(out, i32x4.add(kept(r0), c0));
  v128.store(out, i32x4.add(kept(r1), carriesInto(r0, r1)), 16);
  v128.store(out, i32x4.add(kept(r2), carriesInto(r1, r2)), 32);
  v128.store(out, i32x4.add(kept(r3), carriesInto(r2, r3)), 48);
  v128.store(out, i32x4.add(kept(r4), carriesInto(r3, r4)), 64);
}

// @ts-ignore: decorator
@inline
function gatherVector(out: usize, x: usize, y: usize, offset: usize, vector: usize): void {
  const both = v128.load64_lane(y + offset, v128.load64_zero(x + offset), 1);
  v128.store(out + vector, i32x4.shuffle(both, both, 0, 2, 1, 3));
}

/** `out` = the pair of two elements in lane form. */
// @ts-ignore: decorator
@inline
export function feGather(out: usize, x: usize, y: usize): void {
  gatherVector(out, x, y, 0, 0);
  gatherVector(out, x, y, 8, 16);
  gatherVector(out, x, y, 16, 32);
  gatherVector(out, x, y, 24, 48);
  gatherVector(out, x, y, 32, 64);
}

// @ts-ignore: decorator
@inline
function gatherSigned(out: usize, x: usize, y: usize, signs: v128, offset: usize, vector: usize): void {
  const both = v128.load64_lane(y + offset, v128.load64_zero(x + offset), 1);
  const vectors = i32x4.shuffle(both, both, 0, 2, 1, 3);
  v128.store(out + vector, i32x4.sub(v128.xor(vectors, signs), signs));
}

/** As `feGather`, and an element is negated when its sign is 1 (0: it is not). */
// @ts-ignore: decorator
@inline
export function feGatherSigned(out: usize, x: usize, y: usize, xSign: u32, ySign: u32): void {
  const xMask = -(xSign as i32);
  const yMask = -(ySign as i32);
  const zero = i32x4.splat(xMask);
  const once = i32x4.replace_lane(zero, 1, yMask);
  const signs = i32x4.replace_lane(once, 3, yMask);
  gatherSigned(out, x, y, signs, 0, 0);
  gatherSigned(out, x, y, signs, 8, 16);
  gatherSigned(out, x, y, signs, 16, 32);
  gatherSigned(out, x, y, signs, 24, 48);
  gatherSigned(out, x, y, signs, 32, 64);
}

// @ts-ignore: decorator
@inline
function scatterVector(x: usize, y: usize, a: usize, offset: usize, vector: usize): void {
  const loaded = v128.load(a + vector);
  const both = i32x4.shuffle(loaded, loaded, 0, 2, 1, 3);
  v128.store64_lane(x + offset, both, 0);
  v128.store64_lane(y + offset, both, 1);
}

/** Writes the elements of a pair in lane form. */
// @ts-ignore: decorator
@inline
export function feScatter(x: usize, y: usize, a: usize): void {
  scatterVector(x, y, a, 0, 0);
  scatterVector(x, y, a, 8, 16);
  scatterVector(x, y, a, 16, 32);
  scatterVector(x, y, a, 24, 48);
  scatterVector(x, y, a, 32, 64);
}

// @ts-ignore: decorator
@inline
function putLimb(element: usize, offset: usize, limb: u64): void {
  store<u64>(element + offset, (limb & MASK_26) | ((limb >> 26) << 32));
}

/** Writes the number of 255 bits in four words (the highest bit is left out) in lane form, 2x. */
export function feFromWords(element: usize, w0: u64, w1: u64, w2: u64, w3: u64): void {
  putLimb(element, 0, w0 & MASK_51);
  putLimb(element, 8, ((w0 >> 51) | (w1 << 13)) & MASK_51);
  putLimb(element, 16, ((w1 >> 38) | (w2 << 26)) & MASK_51);
  putLimb(element, 24, ((w2 >> 25) | (w3 << 39)) & MASK_51);
  putLimb(element, 32, (w3 >> 12) & MASK_51);
}

/** The limb of 51 bits at `offset` of an element in lane form, signed, not carried: below 2^56 for a 31x element. */
// @ts-ignore: decorator
@inline
export function feLimb(element: usize, offset: usize): i64 {
  return (load<i32>(element + offset) as i64) + ((load<i32>(element + offset, 4) as i64) << 26);
}

// Single vectors of a pair, for formulas that work across the two elements.

/** The vector with both elements exchanged. */
// @ts-ignore: decorator
@inline
export function vectorSwap(a: v128): v128 {
  return i32x4.shuffle(a, a, 1, 0, 3, 2);
}

/** The first element of a, the second of b. */
// @ts-ignore: decorator
@inline
export function vectorBlend(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 5, 2, 7);
}

// @ts-ignore: decorator
@inline
export function vectorAdd(a: v128, b: v128): v128 {
  return i32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
export function vectorSub(a: v128, b: v128): v128 {
  return i32x4.sub(a, b);
}
