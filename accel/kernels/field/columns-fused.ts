/**
 * The ten columns of a product of two pairs of doubles, with fused multiply-add (relaxed SIMD).
 *
 * An element has five signed limbs of 52 bits as doubles, integers: value = sum of limb(i) * 2^(52 i). A pair is five
 * vectors (lane A, lane B). The exact product of two limbs comes in two parts (Emmart, Zheng, Weems 2018, as in
 * fe25519-fused.ts):
 *
 *   high = fma(a, b, 1.5 x 2^104)                                  high' = high - 1.5 x 2^104, a multiple of 2^52
 *   low = fma(a, b, 1.5 x 2^52 - high')                            low' = a b - high', at most 2^51 in size
 *
 * Both are doubles of one exponent whose bits, less those of the constant, are the integers high' / 2^52 and low'. So
 * the bits are added up as 64-bit integers, modulo 2^64, and the bits of the constants are taken off once a column.
 *
 * Proof of the bounds. Let |a b| <= 2^103. Then 1.5 x 2^104 + a b lies in [2^104, 2^105], where doubles are the
 * multiples of 2^52: high is off by 2^51 at most, and its bits grow by one per 2^52 (2^105 itself continues the count).
 * The third operand of the second operation is 1.5 x 2^52 - high', a multiple of 2^51 of at most 2^103 + 2^53 in size:
 * a double, and exact. So low is the exact 1.5 x 2^52 + low', an integer in [2^52, 2^53], where bits grow by one per
 * unit.
 *
 * A result of a reduction is "tight": its limbs are at most 2^51 in size. A factor "2x" is a sum or difference of two
 * tight ones; a product may be of a tight and a 2x factor, 2^51 * 2^52 = 2^103, a square only of a tight one. A column
 * is then at most 5 * 2^51 + 5 * 2^51 < 2^55 in size; of a square of a tight one, whose high' / 2^52 are at most 2^50, 7 *
 * 2^51. The most that compound.ts puts together is a b - 8 d^2, 10 * 2^51 + 8 * 7 * 2^51 < 2^58 (the reductions take
 * 2^59), and what is subtracted as it is adds 3 * 2^51. Only lanes that know nothing any more (affine-sums.ts) may have
 * wider factors: their results are not right, and tight all the same, because every limb is cut from its column.
 *
 * Columns are held in memory between the steps: the engine moves pure operations to where their results are used, and
 * would spill more than these stores cost.
 */

// @ts-ignore: decorator
@inline
const HIGH: f64 = 30423614405477505635920876929024.0; // 1.5 x 2^104
// @ts-ignore: decorator
@inline
const LOW: f64 = 6755399441055744.0; // 1.5 x 2^52

const HIGHS: usize = memory.data<f64>([HIGH, HIGH], 16);
const LOWS: usize = memory.data<f64>([LOW, LOW], 16);
/** Minus the bits of LOW, twice. */
const MINUS_LOW: usize = memory.data<u64>([0xbcc8000000000000, 0xbcc8000000000000], 16);
/**
 * Minus the bits of the constants in column k: n[k] times those of 1.5 x 2^52 and n[k - 1] times those of 1.5 x 2^104,
 * with n = 1 2 3 4 5 4 3 2 1 0 products in the columns; the test of the field computes these numbers again.
 */
const OFFSETS: usize = memory.data<u64>(
  [
    0xbcc8000000000000, 0xbcc8000000000000,
    0x3318000000000000, 0x3318000000000000,
    0xa968000000000000, 0xa968000000000000,
    0x1fb8000000000000, 0x1fb8000000000000,
    0x9608000000000000, 0x9608000000000000,
    0x92c8000000000000, 0x92c8000000000000,
    0x1c78000000000000, 0x1c78000000000000,
    0xa628000000000000, 0xa628000000000000,
    0x2fd8000000000000, 0x2fd8000000000000,
    0xb988000000000000, 0xb988000000000000,
  ],
  16,
);

/** Where the columns of what is to be reduced are. */
const COLUMNS: usize = memory.data(160, 16);

/**
 * What becomes of the column of a product: it is taken, once or 3, 4 or 8 times, or it is subtracted, once or 3 or 8
 * times.
 */
const enum Put {
  once,
  three,
  four,
  eight,
  minus,
  minusThree,
  minusEight,
}

// @ts-ignore: decorator
@inline
export function highOf(a: v128, b: v128): v128 {
  return f64x2.relaxed_madd(a, b, v128.load(HIGHS));
}

// @ts-ignore: decorator
@inline
export function lowOf(a: v128, b: v128, high: v128): v128 {
  return f64x2.relaxed_madd(a, b, f64x2.sub(v128.load(LOWS), f64x2.sub(high, v128.load(HIGHS))));
}

// @ts-ignore: decorator
@inline
function sum(a: v128, b: v128): v128 {
  return i64x2.add(a, b);
}

// @ts-ignore: decorator
@inline
function twice(a: v128): v128 {
  return i64x2.add(a, a);
}

// @ts-ignore: decorator
@inline
function put(how: Put, k: usize, bits: v128): void {
  const at = COLUMNS + 16 * k;
  const product = i64x2.add(bits, v128.load(OFFSETS + 16 * k));
  if (how === Put.once) v128.store(at, product);
  else if (how === Put.three) v128.store(at, i64x2.add(product, twice(product)));
  else if (how === Put.four) v128.store(at, i64x2.shl(product, 2));
  else if (how === Put.eight) v128.store(at, i64x2.shl(product, 3));
  else if (how === Put.minus) v128.store(at, i64x2.sub(v128.load(at), product));
  else if (how === Put.minusThree) v128.store(at, i64x2.sub(v128.load(at), i64x2.add(product, twice(product))));
  else v128.store(at, i64x2.sub(v128.load(at), i64x2.shl(product, 3)));
}

/** The integer limb k of a tight pair. */
// @ts-ignore: decorator
@inline
export function limbAt(a: usize, at: usize): v128 {
  return i64x2.add(f64x2.add(v128.load(a + at), v128.load(LOWS)), v128.load(MINUS_LOW));
}

// @ts-ignore: decorator
@inline
function subtractLimb(columns: usize, a: usize, at: usize): void {
  v128.store(columns + at, i64x2.sub(v128.load(columns + at), limbAt(a, at)));
}

/** The columns less the tight pair, whose lowest limb belongs to column `from`. */
// @ts-ignore: decorator
@inline
export function subtractElement(a: usize, from: usize): void {
  const columns = COLUMNS + 16 * from;
  subtractLimb(columns, a, 0);
  subtractLimb(columns, a, 16);
  subtractLimb(columns, a, 32);
  subtractLimb(columns, a, 48);
  subtractLimb(columns, a, 64);
}

// @ts-ignore: decorator
@inline
function subtractLimbs(columns: usize, a: usize, b: usize, at: usize): void {
  v128.store(columns + at, i64x2.sub(v128.load(columns + at), i64x2.add(limbAt(a, at), limbAt(b, at))));
}

/** The same for two pairs. */
// @ts-ignore: decorator
@inline
export function subtractElements(a: usize, b: usize, from: usize): void {
  const columns = COLUMNS + 16 * from;
  subtractLimbs(columns, a, b, 0);
  subtractLimbs(columns, a, b, 16);
  subtractLimbs(columns, a, b, 32);
  subtractLimbs(columns, a, b, 48);
  subtractLimbs(columns, a, b, 64);
}

// @ts-ignore: decorator
@inline
function putProduct(how: Put, a: usize, b: usize): void {
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
  put(how, 0, lowOf(a0, b0, h00));
  const h01 = highOf(a0, b1);
  const h10 = highOf(a1, b0);
  put(how, 1, sum(sum(lowOf(a0, b1, h01), lowOf(a1, b0, h10)), h00));
  const high1 = sum(h01, h10);
  const h02 = highOf(a0, b2);
  const h11 = highOf(a1, b1);
  const h20 = highOf(a2, b0);
  put(how, 2, sum(sum(lowOf(a0, b2, h02), lowOf(a1, b1, h11)), sum(lowOf(a2, b0, h20), high1)));
  const high2 = sum(sum(h02, h11), h20);
  const h03 = highOf(a0, b3);
  const h12 = highOf(a1, b2);
  const h21 = highOf(a2, b1);
  const h30 = highOf(a3, b0);
  const low3 = sum(sum(lowOf(a0, b3, h03), lowOf(a1, b2, h12)), sum(lowOf(a2, b1, h21), lowOf(a3, b0, h30)));
  put(how, 3, sum(low3, high2));
  const high3 = sum(sum(h03, h12), sum(h21, h30));
  const h04 = highOf(a0, b4);
  const h13 = highOf(a1, b3);
  const h22 = highOf(a2, b2);
  const h31 = highOf(a3, b1);
  const h40 = highOf(a4, b0);
  const low4 = sum(sum(lowOf(a0, b4, h04), lowOf(a1, b3, h13)), sum(lowOf(a2, b2, h22), lowOf(a3, b1, h31)));
  put(how, 4, sum(sum(low4, lowOf(a4, b0, h40)), high3));
  const high4 = sum(sum(sum(h04, h13), sum(h22, h31)), h40);
  const h14 = highOf(a1, b4);
  const h23 = highOf(a2, b3);
  const h32 = highOf(a3, b2);
  const h41 = highOf(a4, b1);
  const low5 = sum(sum(lowOf(a1, b4, h14), lowOf(a2, b3, h23)), sum(lowOf(a3, b2, h32), lowOf(a4, b1, h41)));
  put(how, 5, sum(low5, high4));
  const high5 = sum(sum(h14, h23), sum(h32, h41));
  const h24 = highOf(a2, b4);
  const h33 = highOf(a3, b3);
  const h42 = highOf(a4, b2);
  put(how, 6, sum(sum(lowOf(a2, b4, h24), lowOf(a3, b3, h33)), sum(lowOf(a4, b2, h42), high5)));
  const high6 = sum(sum(h24, h33), h42);
  const h34 = highOf(a3, b4);
  const h43 = highOf(a4, b3);
  put(how, 7, sum(sum(lowOf(a3, b4, h34), lowOf(a4, b3, h43)), high6));
  const h44 = highOf(a4, b4);
  put(how, 8, sum(lowOf(a4, b4, h44), sum(h34, h43)));
  put(how, 9, h44);
}

// @ts-ignore: decorator
@inline
function putSquare(how: Put, a: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const h00 = highOf(a0, a0);
  put(how, 0, lowOf(a0, a0, h00));
  const h01 = highOf(a0, a1);
  put(how, 1, sum(twice(lowOf(a0, a1, h01)), h00));
  const h02 = highOf(a0, a2);
  const h11 = highOf(a1, a1);
  put(how, 2, sum(twice(sum(lowOf(a0, a2, h02), h01)), lowOf(a1, a1, h11)));
  const h03 = highOf(a0, a3);
  const h12 = highOf(a1, a2);
  put(how, 3, sum(twice(sum(sum(lowOf(a0, a3, h03), lowOf(a1, a2, h12)), h02)), h11));
  const h04 = highOf(a0, a4);
  const h13 = highOf(a1, a3);
  const h22 = highOf(a2, a2);
  const twice4 = sum(sum(lowOf(a0, a4, h04), lowOf(a1, a3, h13)), sum(h03, h12));
  put(how, 4, sum(twice(twice4), lowOf(a2, a2, h22)));
  const h14 = highOf(a1, a4);
  const h23 = highOf(a2, a3);
  const twice5 = sum(sum(lowOf(a1, a4, h14), lowOf(a2, a3, h23)), sum(h04, h13));
  put(how, 5, sum(twice(twice5), h22));
  const h24 = highOf(a2, a4);
  const h33 = highOf(a3, a3);
  put(how, 6, sum(twice(sum(lowOf(a2, a4, h24), sum(h14, h23))), lowOf(a3, a3, h33)));
  const h34 = highOf(a3, a4);
  put(how, 7, sum(twice(sum(lowOf(a3, a4, h34), h24)), h33));
  const h44 = highOf(a4, a4);
  put(how, 8, sum(twice(h34), lowOf(a4, a4, h44)));
  put(how, 9, h44);
}

/** The columns are those of a b. */
export function putMul(a: usize, b: usize): void {
  putProduct(Put.once, a, b);
}

/** The columns are those of 4 a b. */
export function putFourMul(a: usize, b: usize): void {
  putProduct(Put.four, a, b);
}

/** The columns lose those of a b. */
export function subtractMul(a: usize, b: usize): void {
  putProduct(Put.minus, a, b);
}

/** The columns are those of a^2. */
export function putSqr(a: usize): void {
  putSquare(Put.once, a);
}

/** The columns are those of 3 a^2. */
export function putThreeSqr(a: usize): void {
  putSquare(Put.three, a);
}

/** The columns are those of 8 a^2. */
export function putEightSqr(a: usize): void {
  putSquare(Put.eight, a);
}

/** The columns lose those of 3 a^2. */
export function subtractThreeSqr(a: usize): void {
  putSquare(Put.minusThree, a);
}

/** The columns lose those of 8 a^2. */
export function subtractEightSqr(a: usize): void {
  putSquare(Put.minusEight, a);
}

/**
 * Each twice: 2^52 - 1, 2^62, 2^62 - 2^10, 2^62 + 2^51 - 2^10, the bits of the doubles 2^52 and 2^52 + 2^51, 2^51,
 * 2^10, 2^62 + 2^47, 2^14.
 */
const NUMBERS: usize = memory.data<u64>(
  [
    0xfffffffffffff, 0xfffffffffffff,
    0x4000000000000000, 0x4000000000000000,
    0x3ffffffffffffc00, 0x3ffffffffffffc00,
    0x4007fffffffffc00, 0x4007fffffffffc00,
    0x4330000000000000, 0x4330000000000000,
    0x4338000000000000, 0x4338000000000000,
    0x8000000000000, 0x8000000000000,
    0x400, 0x400,
    0x4000800000000000, 0x4000800000000000,
    0x4000, 0x4000,
  ],
  16,
);

// @ts-ignore: decorator
@inline
export function column(k: usize): v128 {
  return v128.load(COLUMNS + 16 * k);
}

// @ts-ignore: decorator
@inline
export function mask(a: v128): v128 {
  return v128.and(a, v128.load(NUMBERS));
}

/** The first column of a run of carries, biased so that a logical shift carries what an arithmetic one would. */
// @ts-ignore: decorator
@inline
export function biased(a: v128): v128 {
  return i64x2.add(a, v128.load(NUMBERS, 16));
}

/** A column plus the carry of the one before, biased. */
// @ts-ignore: decorator
@inline
export function carryInto(a: v128, before: v128): v128 {
  return i64x2.add(i64x2.add(a, v128.load(NUMBERS, 32)), i64x2.shr_u(before, 52));
}

/** The same, with 2^51 more, so that the limb that stays is signed: the carry rounds. */
// @ts-ignore: decorator
@inline
export function roundInto(a: v128, before: v128): v128 {
  return i64x2.add(i64x2.add(a, v128.load(NUMBERS, 48)), i64x2.shr_u(before, 52));
}

// @ts-ignore: decorator
@inline
export function rounded(a: v128): v128 {
  return i64x2.add(a, v128.load(NUMBERS, 96));
}

/** Column / 2^48, rounded to the nearest: what of the highest limb is above bit 256. */
// @ts-ignore: decorator
@inline
export function roundedTop(a: v128): v128 {
  return i64x2.sub(i64x2.shr_u(i64x2.add(a, v128.load(NUMBERS, 128)), 48), v128.load(NUMBERS, 144));
}

/** The carry out of a biased column. */
// @ts-ignore: decorator
@inline
export function carryOf(a: v128): v128 {
  return i64x2.sub(i64x2.shr_u(a, 52), v128.load(NUMBERS, 112));
}

/** The limb that stays of a rounded column, from -2^51 to 2^51 - 1, as doubles. */
// @ts-ignore: decorator
@inline
export function limbOf(a: v128): v128 {
  return f64x2.sub(v128.or(mask(a), v128.load(NUMBERS, 64)), v128.load(NUMBERS, 80));
}

/** An integer below 2^51 in size as doubles. */
// @ts-ignore: decorator
@inline
export function doubleOf(a: v128): v128 {
  return f64x2.sub(i64x2.sub(a, v128.load(MINUS_LOW)), v128.load(LOWS));
}
