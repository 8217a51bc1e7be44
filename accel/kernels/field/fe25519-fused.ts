/**
 * Two elements of the field of 2^255 - 19 at once, with fused multiply-add on doubles (relaxed SIMD).
 *
 * An element has five limbs of 51 bits as doubles, integers, signed. A pair is five vectors (x[k], y[k]).
 *
 * The exact product of two limbs, up to 2^102, comes in two parts (Emmart, Zheng, Weems 2018, "Faster modular
 * exponentiation using double precision floating point arithmetic on the GPU"). Adding 1.5 x 2^103 within the fused
 * operation rounds a b to a multiple of 2^51; a second one gives what the rounding left:
 *
 *   high = fma(a, b, 1.5 x 2^103)                                  high' = high - 1.5 x 2^103, a multiple of 2^51
 *   low = fma(a, b, (1.5 x 2^103 + 1.5 x 2^52) - high)             low' = a b - high', at most 2^50 in size
 *
 * Both are doubles of one exponent whose bits, less those of the constant, are the integers high' / 2^51 and low'. So
 * the bits are added up as 64-bit integers, and the constants leave with the bias of the carry.
 *
 * Proof of the bounds. Let |a b| <= 2^102. Then 1.5 x 2^103 + a b lies in [2^103, 2^104], where doubles are the
 * multiples of 2^51: high is off by 2^50 at most, and its bits grow by one per 2^51 (2^104 itself continues the
 * count). The third operand of the second operation is 1.5 x 2^52 - high', a multiple of 2^51 of at most 2^102 + 2^53
 * in size, that is 2^51 + 4 times 2^51: a double, and exact. So low is the exact 1.5 x 2^52 + low', an integer in
 * [2^52, 2^53], where bits grow by one per unit. Tight limbs, which multiplication and carry leave, are at most 2^50 +
 * 2^13 in size (below); the product of bounds of two factors ("2x" is a sum or difference of two tight ones) may be up
 * to 3.9, as 3.9 (2^50 + 2^13)^2 < 2^102. A column is at most 5 x 2^50 + 5 x 2^51 < 2^54, a folded one below 20 x 2^54
 * < 2^59; the carry out of a limb is below 2^8 + 1, and one carry of all limbs at once leaves 2^50 + 19 (2^8 + 1) <
 * 2^50 + 2^13.
 *
 * An engine may also round twice (relaxed SIMD leaves it open); then all of this is wrong. `isFused` tells, and the
 * integer arithmetic (fe25519-integer.ts) is there for such engines.
 */

const MASK_51: u64 = 0x7ffffffffffff;

// @ts-ignore: decorator
@inline
const HIGH: f64 = 15211807202738752817960438464512.0; // 1.5 x 2^103
// @ts-ignore: decorator
@inline
const HIGH_LOW: f64 = HIGH + 6755399441055744.0; // + 1.5 x 2^52
// @ts-ignore: decorator
@inline
const PER_51: f64 = 1.0 / 2251799813685248.0;

/** True when `relaxed_madd` rounds once: (1 + 2^-30)^2 - (1 + 2^-29) is 2^-60 then, and 0 with a rounded product. */
export function isFused(): bool {
  const x = load<f64>(FUSED_TEST);
  const product = f64x2.relaxed_madd(f64x2.splat(x), f64x2.splat(x), f64x2.splat(load<f64>(FUSED_TEST, 8)));
  return f64x2.extract_lane(product, 0) == load<f64>(FUSED_TEST, 16) && f64x2.extract_lane(product, 1) > 0;
}

/** In memory, so that no compiler computes the answer beforehand. */
const FUSED_TEST: usize = memory.data<f64>([
  1.0 + 1.0 / 1073741824.0,
  -(1.0 + 1.0 / 536870912.0),
  1.0 / 1152921504606846976.0,
]);

// Vector constants lie in memory: as constants of the code the engine builds them from two registers each time.
const HIGHS: usize = memory.data<f64>([HIGH, HIGH, HIGH_LOW, HIGH_LOW], 16);
/**
 * For column k: less the bits of all constants in it, plus 2^62 (so that a logical shift is an arithmetic one) and 2^50
 * (so that it rounds). With n = 1 2 3 4 5 4 3 2 1 products in the columns 0 .. 8, column k holds n[k] times the bits of
 * 1.5 x 2^52 and n[k - 1] times those of 1.5 x 2^103, and column k + 5 comes 19 times to it; the test of the field
 * computes these numbers again.
 */
const BIASES: usize = memory.data<u64>(
  [
    0xe794000000000000, 0xe794000000000000,
    0x94d4000000000000, 0x94d4000000000000,
    0x4214000000000000, 0x4214000000000000,
    0xef54000000000000, 0xef54000000000000,
    0x9c94000000000000, 0x9c94000000000000,
  ],
  16,
);
const ONE: u64 = 0x4330000000000000; // the bits of 2^52
const MASKS: usize = memory.data<u64>([MASK_51, MASK_51, ONE, ONE], 16);
/** What the double of a carried limb is too much: 2^52, the half of the rounding, the bias of the carry (2^11). */
const OVER: f64 = 4503599627370496.0 + 1125899906842624.0;
const OVERS: usize = memory.data<f64>([OVER + 19.0 * 2048.0, OVER + 19.0 * 2048.0, OVER + 2048.0, OVER + 2048.0], 16);

/**
 * Columns 0 .. 9 of a product, held in memory between the steps: the engine moves pure operations to where their
 * results are used, and would spill more than these stores cost. A store is an order.
 */
const COLUMNS: usize = memory.data(160, 16);

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
function sum6(a: v128, b: v128, c: v128, d: v128, e: v128, f: v128): v128 {
  return i64x2.add(i64x2.add(i64x2.add(a, b), i64x2.add(c, d)), i64x2.add(e, f));
}

// @ts-ignore: decorator
@inline
function highOf(a: v128, b: v128): v128 {
  return f64x2.relaxed_madd(a, b, v128.load(HIGHS));
}

// @ts-ignore: decorator
@inline
function lowOf(a: v128, b: v128, high: v128): v128 {
  return f64x2.relaxed_madd(a, b, f64x2.sub(v128.load(HIGHS, 16), high));
}

// @ts-ignore: decorator
@inline
function foldedColumn(k: usize): v128 {
  const column = v128.load(COLUMNS + 16 * k);
  const high = v128.load(COLUMNS + 16 * k, 80);
  const low = i64x2.add(column, v128.load(BIASES + 16 * k));
  return i64x2.add(i64x2.add(low, high), i64x2.add(i64x2.shl(high, 4), i64x2.shl(high, 1)));
}

// @ts-ignore: decorator
@inline
function putLimb(out: usize, k: usize, column: v128, carry: v128): void {
  const kept = v128.or(v128.and(column, v128.load(MASKS)), v128.load(MASKS, 16));
  const over = k == 0 ? v128.load(OVERS) : v128.load(OVERS, 16);
  v128.store(out + 16 * k, f64x2.sub(i64x2.add(kept, carry), over));
}

/** Writes the element of the columns in `COLUMNS`, tight. */
// @ts-ignore: decorator
@inline
function putColumns(out: usize): void {
  const h0 = foldedColumn(0);
  const h1 = foldedColumn(1);
  const h2 = foldedColumn(2);
  const h3 = foldedColumn(3);
  const h4 = foldedColumn(4);
  const top = i64x2.shr_u(h4, 51);
  putLimb(out, 0, h0, i64x2.add(i64x2.add(top, i64x2.shl(top, 4)), i64x2.shl(top, 1)));
  putLimb(out, 1, h1, i64x2.shr_u(h0, 51));
  putLimb(out, 2, h2, i64x2.shr_u(h1, 51));
  putLimb(out, 3, h3, i64x2.shr_u(h2, 51));
  putLimb(out, 4, h4, i64x2.shr_u(h3, 51));
}

/** `out` = a b for both elements, tight; the product of their bounds at most 3.9. `out` may be a or b. */
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
  const h00 = highOf(a0, b0);
  v128.store(COLUMNS, lowOf(a0, b0, h00));
  const high0 = h00;
  const h01 = highOf(a0, b1);
  const h10 = highOf(a1, b0);
  v128.store(COLUMNS, sum3(lowOf(a0, b1, h01), lowOf(a1, b0, h10), high0), 16);
  const high1 = i64x2.add(h01, h10);
  const h02 = highOf(a0, b2);
  const h11 = highOf(a1, b1);
  const h20 = highOf(a2, b0);
  v128.store(COLUMNS, sum4(lowOf(a0, b2, h02), lowOf(a1, b1, h11), lowOf(a2, b0, h20), high1), 32);
  const high2 = sum3(h02, h11, h20);
  const h03 = highOf(a0, b3);
  const h12 = highOf(a1, b2);
  const h21 = highOf(a2, b1);
  const h30 = highOf(a3, b0);
  v128.store(
    COLUMNS,
    sum5(lowOf(a0, b3, h03), lowOf(a1, b2, h12), lowOf(a2, b1, h21), lowOf(a3, b0, h30), high2),
    48,
  );
  const high3 = sum4(h03, h12, h21, h30);
  const h04 = highOf(a0, b4);
  const h13 = highOf(a1, b3);
  const h22 = highOf(a2, b2);
  const h31 = highOf(a3, b1);
  const h40 = highOf(a4, b0);
  v128.store(
    COLUMNS,
    sum6(lowOf(a0, b4, h04), lowOf(a1, b3, h13), lowOf(a2, b2, h22), lowOf(a3, b1, h31), lowOf(a4, b0, h40), high3),
    64,
  );
  const high4 = sum5(h04, h13, h22, h31, h40);
  const h14 = highOf(a1, b4);
  const h23 = highOf(a2, b3);
  const h32 = highOf(a3, b2);
  const h41 = highOf(a4, b1);
  v128.store(
    COLUMNS,
    sum5(lowOf(a1, b4, h14), lowOf(a2, b3, h23), lowOf(a3, b2, h32), lowOf(a4, b1, h41), high4),
    80,
  );
  const high5 = sum4(h14, h23, h32, h41);
  const h24 = highOf(a2, b4);
  const h33 = highOf(a3, b3);
  const h42 = highOf(a4, b2);
  v128.store(COLUMNS, sum4(lowOf(a2, b4, h24), lowOf(a3, b3, h33), lowOf(a4, b2, h42), high5), 96);
  const high6 = sum3(h24, h33, h42);
  const h34 = highOf(a3, b4);
  const h43 = highOf(a4, b3);
  v128.store(COLUMNS, sum3(lowOf(a3, b4, h34), lowOf(a4, b3, h43), high6), 112);
  const high7 = i64x2.add(h34, h43);
  const h44 = highOf(a4, b4);
  v128.store(COLUMNS, i64x2.add(lowOf(a4, b4, h44), high7), 128);
  const high8 = h44;
  v128.store(COLUMNS, high8, 144);
  putColumns(out);
}

/** `out` = a^2 for both elements, tight; a at most 1.9x. `out` may be a. */
export function feSquare(out: usize, a: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const h00 = highOf(a0, a0);
  v128.store(COLUMNS, lowOf(a0, a0, h00));
  const high0 = h00;
  const h01 = highOf(a0, a1);
  v128.store(COLUMNS, i64x2.add(i64x2.shl(lowOf(a0, a1, h01), 1), high0), 16);
  const high1 = i64x2.shl(h01, 1);
  const h02 = highOf(a0, a2);
  const h11 = highOf(a1, a1);
  v128.store(COLUMNS, sum3(i64x2.shl(lowOf(a0, a2, h02), 1), lowOf(a1, a1, h11), high1), 32);
  const high2 = i64x2.add(i64x2.shl(h02, 1), h11);
  const h03 = highOf(a0, a3);
  const h12 = highOf(a1, a2);
  v128.store(COLUMNS, i64x2.add(i64x2.shl(i64x2.add(lowOf(a0, a3, h03), lowOf(a1, a2, h12)), 1), high2), 48);
  const high3 = i64x2.shl(i64x2.add(h03, h12), 1);
  const h04 = highOf(a0, a4);
  const h13 = highOf(a1, a3);
  const h22 = highOf(a2, a2);
  v128.store(
    COLUMNS,
    sum3(i64x2.shl(i64x2.add(lowOf(a0, a4, h04), lowOf(a1, a3, h13)), 1), lowOf(a2, a2, h22), high3),
    64,
  );
  const high4 = i64x2.add(i64x2.shl(i64x2.add(h04, h13), 1), h22);
  const h14 = highOf(a1, a4);
  const h23 = highOf(a2, a3);
  v128.store(COLUMNS, i64x2.add(i64x2.shl(i64x2.add(lowOf(a1, a4, h14), lowOf(a2, a3, h23)), 1), high4), 80);
  const high5 = i64x2.shl(i64x2.add(h14, h23), 1);
  const h24 = highOf(a2, a4);
  const h33 = highOf(a3, a3);
  v128.store(COLUMNS, sum3(i64x2.shl(lowOf(a2, a4, h24), 1), lowOf(a3, a3, h33), high5), 96);
  const high6 = i64x2.add(i64x2.shl(h24, 1), h33);
  const h34 = highOf(a3, a4);
  v128.store(COLUMNS, i64x2.add(i64x2.shl(lowOf(a3, a4, h34), 1), high6), 112);
  const high7 = i64x2.shl(h34, 1);
  const h44 = highOf(a4, a4);
  v128.store(COLUMNS, i64x2.add(lowOf(a4, a4, h44), high7), 128);
  const high8 = h44;
  v128.store(COLUMNS, high8, 144);
  putColumns(out);
}

/** `out` = a + b, of the sum of their bounds. */
// @ts-ignore: decorator
@inline
export function feAdd(out: usize, a: usize, b: usize): void {
  v128.store(out, f64x2.add(v128.load(a), v128.load(b)));
  v128.store(out, f64x2.add(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, f64x2.add(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, f64x2.add(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, f64x2.add(v128.load(a, 64), v128.load(b, 64)), 64);
}

/** `out` = a - b, of the sum of their bounds. */
// @ts-ignore: decorator
@inline
export function feSub(out: usize, a: usize, b: usize): void {
  v128.store(out, f64x2.sub(v128.load(a), v128.load(b)));
  v128.store(out, f64x2.sub(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, f64x2.sub(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, f64x2.sub(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, f64x2.sub(v128.load(a, 64), v128.load(b, 64)), 64);
}

// @ts-ignore: decorator
@inline
function sumAndDifference(sum: usize, difference: usize, a: usize, b: usize, offset: usize): void {
  const left = v128.load(a + offset);
  const right = v128.load(b + offset);
  v128.store(sum + offset, f64x2.add(left, right));
  v128.store(difference + offset, f64x2.sub(left, right));
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

/** The multiple of 2^51 that is nearest to each limb. */
// @ts-ignore: decorator
@inline
function above(limb: v128): v128 {
  const round = f64x2.splat(HIGH);
  return f64x2.sub(f64x2.add(limb, round), round);
}

/** `out` = a, tight; a at most 7x. `out` may be a. */
export function feCarry(out: usize, a: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const c0 = above(a0);
  const c1 = above(a1);
  const c2 = above(a2);
  const c3 = above(a3);
  const c4 = above(a4);
  const unit = f64x2.splat(PER_51);
  v128.store(out, f64x2.add(f64x2.sub(a0, c0), f64x2.mul(c4, f64x2.splat(19.0 * PER_51))));
  v128.store(out, f64x2.add(f64x2.sub(a1, c1), f64x2.mul(c0, unit)), 16);
  v128.store(out, f64x2.add(f64x2.sub(a2, c2), f64x2.mul(c1, unit)), 32);
  v128.store(out, f64x2.add(f64x2.sub(a3, c3), f64x2.mul(c2, unit)), 48);
  v128.store(out, f64x2.add(f64x2.sub(a4, c4), f64x2.mul(c3, unit)), 64);
}

// @ts-ignore: decorator
@inline
function both(x: usize, y: usize, offset: usize): v128 {
  return v128.load64_lane(y + offset, v128.load64_zero(x + offset), 1);
}

/** `out` = the pair of two elements in lane form. */
// @ts-ignore: decorator
@inline
export function feGather(out: usize, x: usize, y: usize): void {
  v128.store(out, both(x, y, 0));
  v128.store(out, both(x, y, 8), 16);
  v128.store(out, both(x, y, 16), 32);
  v128.store(out, both(x, y, 24), 48);
  v128.store(out, both(x, y, 32), 64);
}

/** As `feGather`, and an element is negated when its sign is 1 (0: it is not). */
// @ts-ignore: decorator
@inline
export function feGatherSigned(out: usize, x: usize, y: usize, xSign: u32, ySign: u32): void {
  const signs = i64x2.replace_lane(i64x2.splat((xSign as i64) << 63), 1, (ySign as i64) << 63);
  v128.store(out, v128.xor(both(x, y, 0), signs));
  v128.store(out, v128.xor(both(x, y, 8), signs), 16);
  v128.store(out, v128.xor(both(x, y, 16), signs), 32);
  v128.store(out, v128.xor(both(x, y, 24), signs), 48);
  v128.store(out, v128.xor(both(x, y, 32), signs), 64);
}

// @ts-ignore: decorator
@inline
function scatterVector(x: usize, y: usize, a: usize, offset: usize, vector: usize): void {
  const loaded = v128.load(a + vector);
  v128.store64_lane(x + offset, loaded, 0);
  v128.store64_lane(y + offset, loaded, 1);
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

/** Writes the number of 255 bits in four words (the highest bit is left out) in lane form, 2x. */
export function feFromWords(element: usize, w0: u64, w1: u64, w2: u64, w3: u64): void {
  store<f64>(element, (w0 & MASK_51) as f64);
  store<f64>(element, (((w0 >> 51) | (w1 << 13)) & MASK_51) as f64, 8);
  store<f64>(element, (((w1 >> 38) | (w2 << 26)) & MASK_51) as f64, 16);
  store<f64>(element, (((w2 >> 25) | (w3 << 39)) & MASK_51) as f64, 24);
  store<f64>(element, ((w3 >> 12) & MASK_51) as f64, 32);
}

/** The limb of 51 bits at `offset` of an element in lane form, signed, not carried. */
// @ts-ignore: decorator
@inline
export function feLimb(element: usize, offset: usize): i64 {
  return load<f64>(element + offset) as i64;
}

// Single vectors of a pair, for formulas that work across the two elements.

/** The vector with both elements exchanged. */
// @ts-ignore: decorator
@inline
export function vectorSwap(a: v128): v128 {
  return i64x2.shuffle(a, a, 1, 0);
}

/** The first element of a, the second of b. */
// @ts-ignore: decorator
@inline
export function vectorBlend(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 0, 3);
}

// @ts-ignore: decorator
@inline
export function vectorAdd(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

// @ts-ignore: decorator
@inline
export function vectorSub(a: v128, b: v128): v128 {
  return f64x2.sub(a, b);
}
