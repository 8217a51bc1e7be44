/** Decimal numbers as documents write them, and their exact conversion to and from a currency's minor unit. */
import { multiplyChecked, powerOfTen } from "./arithmetic";
import { SdkFailure } from "./failure";
import { revert } from "./revert";

/** Above this, 10^n is more than any coefficient: only zero is divisible. */
const POWER_MAX: u32 = 18;

/** coefficient / 10^scale: 119.00 is {11900, 2}. */
@struct
@final
export class Decimal {
  constructor(
    public coefficient: i64 = 0,
    public scale: u8 = 0,
  ) {}

  /** `amount` minor units of a currency with `exponent` decimals. */
  static fromMinor(amount: i64, exponent: u8): Decimal {
    return new Decimal(amount, exponent);
  }

  /** The same number without trailing zeros: one form for each number. */
  normalized(): Decimal {
    let coefficient = this.coefficient;
    let scale = this.scale;
    if (coefficient == 0) return new Decimal(0, 0);
    while (scale > 0 && coefficient % 10 == 0) {
      coefficient /= 10;
      scale -= 1;
    }
    return new Decimal(coefficient, scale);
  }

  /** True when the number has at most `exponent` decimals, trailing zeros not counted. */
  fits(exponent: u8): bool {
    return this.normalized().scale <= exponent;
  }

  /**
   * The number as minor units of a currency with `exponent` decimals. More decimals than that end the call with
   * `amount.tooManyDecimals`, more than 64 bits with `arithmetic.overflow`.
   */
  toMinor(exponent: u8): i64 {
    const number = this.normalized();
    if (number.scale > exponent)
      revert(SdkFailure.tooManyDecimals, `${this.toString()} has more than ${exponent} decimals`);
    if (number.coefficient == 0) return 0;
    const missing: u32 = exponent - number.scale;
    if (missing > POWER_MAX) revert(SdkFailure.overflow, "arithmetic overflow");
    return multiplyChecked(number.coefficient, powerOfTen(missing) as i64);
  }

  /** As documents write it: "-0.05", "119.00". */
  toString(): string {
    return decimalText(this.coefficient, this.scale);
  }
}

/** coefficient / 10^scale with a point and `scale` decimals. */
export function decimalText(coefficient: i64, scale: u8): string {
  const negative = coefficient < 0;
  const size: u64 = negative ? 0 - (coefficient as u64) : (coefficient as u64);
  const digits = size.toString().padStart((scale as i32) + 1, "0");
  const point = digits.length - (scale as i32);
  const text = scale == 0 ? digits : `${digits.substring(0, point)}.${digits.substring(point)}`;
  return negative ? `-${text}` : text;
}
