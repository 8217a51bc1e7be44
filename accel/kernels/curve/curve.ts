/**
 * What the code shared by the three Weierstrass curves asks of one.
 *
 * AssemblyScript has no interfaces over static functions, so a curve is an unmanaged class without fields, and
 * `curve<C>()` is its (never existing) instance: calls on it are resolved when C is known and cost nothing. A curve has
 *
 *   mul, sqr          the field, on pairs (field/pair.ts); normalize: small limbs and value again
 *   double            2 P of a Jacobian pair, in place, by the formulas for its coefficient a
 *   root              a^((p + 1) / 4): a square root where there is one (all three primes are 3 modulo 4)
 *   foldLimbs         adds v * 2^256 modulo p to ten 64-bit limbs
 *   fold              adds top * 2^256 modulo p to a pair in integer SIMD
 *   constants, tables its static areas, laid out below
 *
 * Elements of the field may be kept multiplied by a constant (Montgomery's form): `ENTER` is the factor that makes a
 * plain integer an element, `LEAVE` the one that makes an element a plain integer.
 */

/** Points: x, y (affine) or X, Y, Z with x = X / Z^2, y = Y / Z^3 (Jacobian), each coordinate a pair. */
export const Y: u32 = 80;
export const Z: u32 = 160;
export const AFFINE_BYTES: u32 = 160;
export const JACOBIAN_BYTES: u32 = 240;

/** Offsets in a curve's constants: first integers in words, then pairs. */
export const PRIME: u32 = 0;
export const ORDER: u32 = 32;
export const HALF_ORDER: u32 = 64;
export const GENERATOR_X: u32 = 96;
export const GENERATOR_Y: u32 = 128;
export const COEFFICIENT_A: u32 = 160;
export const COEFFICIENT_B: u32 = 192;
export const ENTER_WORDS: u32 = 224;
export const LEAVE_WORDS: u32 = 256;
/** p - 2: the exponent of an inverse. */
export const INVERSE_EXPONENT: u32 = 288;
/** -1 / n modulo 2^32, then 2^512 modulo n: Montgomery arithmetic modulo the order. */
export const ORDER_FACTOR: u32 = 320;
export const ORDER_SQUARE: u32 = 352;
/** From here on: filled at the first use. */
export const ENTER: u32 = 384;
export const LEAVE: u32 = 464;
export const ONE: u32 = 544;
export const PAIR_A: u32 = 624;
export const PAIR_B: u32 = 704;
export const GENERATOR: u32 = 784;
export const IS_READY: u32 = 944;
/** The tables of the generator are complete. */
export const IS_PREPARED: u32 = 948;
export const CONSTANT_BYTES: i32 = 960;

/** Offsets in a curve's tables: the comb of the generator, its smaller tables, those of keys (scheme/key-tables.ts). */
const GENERATOR_TABLES: u32 = 327_680;
const KEY_AREA: u32 = 409_600;
export const TABLES_BYTES: i32 = 7_508_224;

// @ts-ignore: decorator
@inline
export function curve<C>(): C {
  return changetype<C>(0);
}

// @ts-ignore: decorator
@inline
export function generatorComb<C>(): usize {
  return curve<C>().tables();
}

// @ts-ignore: decorator
@inline
export function generatorTables<C>(): usize {
  return curve<C>().tables() + GENERATOR_TABLES;
}

// @ts-ignore: decorator
@inline
export function keyArea<C>(): usize {
  return curve<C>().tables() + KEY_AREA;
}
