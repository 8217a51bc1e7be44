/**
 * Exact integer arithmetic. WebAssembly integers wrap in silence; these end the call with `arithmetic.overflow`
 * instead. A product of two 64-bit numbers is kept in 128 bits until it is divided, so that a percentage of a large
 * amount is exact.
 */
import { SdkFailure } from "./failure";
import { revert } from "./revert";

function overflow(): void {
  revert(SdkFailure.overflow, "arithmetic overflow");
}

/** a + b */
export function addChecked(a: i64, b: i64): i64 {
  const sum = a + b;
  // The sum overflowed when it has another sign than both operands.
  if (((a ^ sum) & (b ^ sum)) < 0) overflow();
  return sum;
}

/** a - b */
export function subtractChecked(a: i64, b: i64): i64 {
  const difference = a - b;
  if (((a ^ b) & (a ^ difference)) < 0) overflow();
  return difference;
}

/** -a */
export function negateChecked(a: i64): i64 {
  return subtractChecked(0, a);
}

/** a * b */
export function multiplyChecked(a: i64, b: i64): i64 {
  return signed(a < 0 != b < 0, product(magnitude(a), magnitude(b)).only());
}

/** a + b, unsigned. */
export function addUnsigned(a: u64, b: u64): u64 {
  const sum = a + b;
  if (sum < a) overflow();
  return sum;
}

/** a - b, unsigned. */
export function subtractUnsigned(a: u64, b: u64): u64 {
  if (b > a) overflow();
  return a - b;
}

/** |a|; right for the smallest number too. */
export function magnitude(a: i64): u64 {
  return a < 0 ? 0 - (a as u64) : (a as u64);
}

function signed(negative: bool, size: u64): i64 {
  const limit: u64 = negative ? 1 << 63 : (1 << 63) - 1;
  if (size > limit) overflow();
  return (negative ? 0 - size : size) as i64;
}

/** 10 to the power of `exponent`, which is at most 19. */
export function powerOfTen(exponent: u32): u64 {
  if (exponent > 19) overflow();
  let power: u64 = 1;
  for (let i: u32 = 0; i < exponent; i++) power *= 10;
  return power;
}

/** An unsigned number of 128 bits: high * 2^64 + low. */
@final
export class Wide {
  constructor(
    public high: u64,
    public low: u64,
  ) {}

  /** The number, which must fit in 64 bits. */
  only(): u64 {
    if (this.high != 0) overflow();
    return this.low;
  }
}

/** a * b, in full: schoolbook multiplication of 32-bit halves. */
export function product(a: u64, b: u64): Wide {
  const mask: u64 = 0xffffffff;
  const lowLow = (a & mask) * (b & mask);
  const highLow = (a >> 32) * (b & mask);
  const lowHigh = (a & mask) * (b >> 32);
  const middle = (lowLow >> 32) + (highLow & mask) + (lowHigh & mask);
  const high = (a >> 32) * (b >> 32) + (highLow >> 32) + (lowHigh >> 32) + (middle >> 32);
  return new Wide(high, (middle << 32) | (lowLow & mask));
}

/** Quotient and remainder of a division. */
@final
export class Division {
  constructor(
    public quotient: u64,
    public remainder: u64,
  ) {}
}

/** dividend / divisor, rounded down; a quotient of more than 64 bits, and a divisor of 0, are an overflow. */
export function divide(dividend: Wide, divisor: u64): Division {
  if (dividend.high >= divisor) overflow();
  if (dividend.high == 0) return new Division(dividend.low / divisor, dividend.low % divisor);
  // Long division by bits: the remainder stays below the divisor, one bit of the dividend comes down in each step.
  let remainder = dividend.high;
  let quotient: u64 = 0;
  for (let i = 63; i >= 0; i--) {
    const carry = remainder >> 63;
    remainder = (remainder << 1) | ((dividend.low >> (i as u64)) & 1);
    quotient <<= 1;
    if (carry != 0 || remainder >= divisor) {
      remainder -= divisor;
      quotient |= 1;
    }
  }
  return new Division(quotient, remainder);
}

/**
 * a * b / divisor to the nearest integer, halves towards +infinity (XPath `fn:round`, which the rules of EN 16931 use):
 * 2.5 becomes 3, -2.5 becomes -2.
 */
export function multiplyDivideRounded(a: i64, b: i64, divisor: u64): i64 {
  const negative = a < 0 != b < 0;
  const division = divide(product(magnitude(a), magnitude(b)), divisor);
  // Of a remainder r, `divisor - r` is what is missing to the next integer; no sum that could wrap is formed.
  const missing = divisor - division.remainder;
  const up = division.remainder != 0 && (negative ? division.remainder > missing : division.remainder >= missing);
  return signed(negative, up ? addUnsigned(division.quotient, 1) : division.quotient);
}
