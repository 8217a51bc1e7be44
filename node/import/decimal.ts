/** Amounts and rates as they stand in a document: exact, never a floating-point number. */
import { Rejected } from "../../vm/errors.ts";

/** `coefficient / 10^scale`; the coefficient is a decimal string within 64 bits. */
export interface Decimal {
  readonly coefficient: string;
  readonly scale: number;
}

/** xsd:decimal: no exponent, no digit grouping. */
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;
const COEFFICIENT_MAX = (1n << 63n) - 1n;
const DIGITS_MAX = 40;

/**
 * Returns the decimal that `text` writes, with the scale it is written in: "10.50" is 1050 at scale 2.
 * @param what  name of the value for the refusal: "BT-112 cbc:TaxInclusiveAmount"
 * @errors ubl.amount: not a decimal, or more digits than 64 bits hold
 */
export function parseDecimal(text: string, what: string): Decimal {
  const trimmed = text.trim();
  const [, sign, whole = "", fraction = ""] = DECIMAL.exec(trimmed) ?? [];
  const digits = whole + fraction;
  if (sign === undefined || digits === "") {
    throw new Rejected("ubl.amount", `${what}: "${trimmed.slice(0, 40)}" is not a decimal number`, { value: trimmed });
  }
  const coefficient = digits.length > DIGITS_MAX ? COEFFICIENT_MAX + 1n : BigInt(digits);
  if (coefficient > COEFFICIENT_MAX) {
    throw new Rejected("ubl.amount", `${what}: ${trimmed.slice(0, 40)} has more digits than an amount may have`, {
      value: trimmed,
      limit: "64 bits, about 18 digits",
    });
  }
  return { coefficient: String(sign === "-" ? -coefficient : coefficient), scale: fraction.length };
}
