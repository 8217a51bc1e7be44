/**
 * The arithmetic of EN 16931: rules BR-CO-10 to BR-CO-17, in exact integers of the currency's minor unit.
 *
 * The amounts of a document are first turned into minor units; one with more decimals than the currency has ends the
 * call. Then every rule is decided, in order, and what is broken is returned with the values that show it. Nothing
 * here reads or writes state.
 *
 * BR-CO-17 is stricter in the text of the standard than in the official Schematron (CEN/TC 434, validation
 * artefacts), so there are two modes. `strict` is the text: tax = taxable x rate / 100, rounded, halves towards
 * +infinity. `cen` is the Schematron: it compares without signs, passes a difference below one unit of the currency,
 * and for a rate that rounds to zero, or is absent, asks only that the tax rounds to zero. The other rules are the
 * same in both.
 */
import { addChecked, Decimal, decimalText, magnitude, multiplyDivideRounded, powerOfTen } from "cinnabar/sdk";
import { revert, SdkFailure, subtractChecked } from "cinnabar/sdk";
import { Failure } from "./errors";
import { InvoiceDocument, Subtotal } from "./types";

export class Mode {
  static readonly cen: u8 = 0;
  static readonly strict: u8 = 1;
}

const RATE_DECIMALS_MAX: u8 = 17;

/** A rule the document breaks, with the values that show it. */
export class Broken {
  constructor(
    public code: u32,
    public rule: string,
    public values: string,
  ) {}
}

/** An amount in minor units that a document may leave out; absent counts as zero in a sum. */
export class Amount {
  constructor(
    public isPresent: bool,
    public value: i64,
  ) {}

  /** True when the document states exactly this amount. */
  states(expected: i64): bool {
    return this.isPresent && this.value == expected;
  }
}

/** A currency as amounts need it. */
export class Unit {
  constructor(
    public currency: string,
    public exponent: u8,
  ) {}

  /** One unit of the currency in minor units: 100 for EUR. */
  get one(): i64 {
    return powerOfTen(this.exponent) as i64;
  }

  minor(amount: Decimal, what: string): i64 {
    if (!amount.fits(this.exponent)) {
      const limit = `${this.currency} has ${this.exponent}`;
      revert(SdkFailure.tooManyDecimals, `${what} ${amount.toString()} has too many decimals: ${limit}`);
    }
    return amount.toMinor(this.exponent);
  }

  optional(amount: Decimal | null, what: string): Amount {
    return amount === null ? new Amount(false, 0) : new Amount(true, this.minor(amount, what));
  }

  text(amount: i64): string {
    return decimalText(amount, this.exponent);
  }

  /** "BT-106 is 90.00", "BT-106 is absent" */
  stated(term: string, amount: Amount): string {
    return amount.isPresent ? `${term} is ${this.text(amount.value)}` : `${term} is absent`;
  }
}

/** The document totals in minor units. */
export class MinorTotals {
  lineNet: Amount;
  allowance: Amount;
  charge: Amount;
  taxExclusive: Amount;
  tax: Amount;
  taxInclusive: Amount;
  prepaid: Amount;
  rounding: Amount;
  payable: Amount;

  constructor(document: InvoiceDocument, unit: Unit) {
    const totals = document.totals;
    this.lineNet = unit.optional(totals.lineNet, "BT-106");
    this.allowance = unit.optional(totals.allowance, "BT-107");
    this.charge = unit.optional(totals.charge, "BT-108");
    this.taxExclusive = unit.optional(totals.taxExclusive, "BT-109");
    this.tax = unit.optional(totals.tax, "BT-110");
    this.taxInclusive = unit.optional(totals.taxInclusive, "BT-112");
    this.prepaid = unit.optional(totals.prepaid, "BT-113");
    this.rounding = unit.optional(totals.rounding, "BT-114");
    this.payable = unit.optional(totals.payable, "BT-115");
  }
}

function sumOf(amounts: Decimal[], unit: Unit, what: string): i64 {
  let sum: i64 = 0;
  for (let i = 0; i < amounts.length; i++) sum = addChecked(sum, unit.minor(amounts[i], what));
  return sum;
}

/** The rules the document breaks, in the order of their numbers. */
export function brokenRules(document: InvoiceDocument, totals: MinorTotals, unit: Unit, mode: u8): Broken[] {
  const broken: Broken[] = [];
  lineNetRule(document, totals, unit, broken);
  allowanceRule(document, totals, unit, broken);
  chargeRule(document, totals, unit, broken);
  taxExclusiveRule(totals, unit, broken);
  taxRule(document, totals, unit, broken);
  taxInclusiveRule(totals, unit, broken);
  payableRule(totals, unit, broken);
  categoryTaxRule(document, unit, mode, broken);
  return broken;
}

/** BT-106 = sum of BT-131. */
function lineNetRule(document: InvoiceDocument, totals: MinorTotals, unit: Unit, broken: Broken[]): void {
  const sum = sumOf(document.lines, unit, "BT-131");
  if (totals.lineNet.states(sum)) return;
  const values = `the lines sum up to ${unit.text(sum)}, ${unit.stated("BT-106", totals.lineNet)}`;
  broken.push(new Broken(Failure.lineNet, "BR-CO-10", values));
}

/** BT-107 = sum of BT-92; absent only when there is no allowance. */
function allowanceRule(document: InvoiceDocument, totals: MinorTotals, unit: Unit, broken: Broken[]): void {
  const sum = sumOf(document.allowances, unit, "BT-92");
  const stated = totals.allowance;
  if (stated.states(sum) || (!stated.isPresent && document.allowances.length == 0)) return;
  const values = `the allowances sum up to ${unit.text(sum)}, ${unit.stated("BT-107", stated)}`;
  broken.push(new Broken(Failure.allowances, "BR-CO-11", values));
}

/** BT-108 = sum of BT-99; absent only when there is no charge. */
function chargeRule(document: InvoiceDocument, totals: MinorTotals, unit: Unit, broken: Broken[]): void {
  const sum = sumOf(document.charges, unit, "BT-99");
  const stated = totals.charge;
  if (stated.states(sum) || (!stated.isPresent && document.charges.length == 0)) return;
  const values = `the charges sum up to ${unit.text(sum)}, ${unit.stated("BT-108", stated)}`;
  broken.push(new Broken(Failure.charges, "BR-CO-12", values));
}

/** BT-109 = BT-106 - BT-107 + BT-108. */
function taxExclusiveRule(totals: MinorTotals, unit: Unit, broken: Broken[]): void {
  const net = totals.lineNet;
  const expected = addChecked(subtractChecked(net.value, totals.allowance.value), totals.charge.value);
  if (net.isPresent && totals.taxExclusive.states(expected)) return;
  const sum = `${unit.text(net.value)} - ${unit.text(totals.allowance.value)} + ${unit.text(totals.charge.value)}`;
  const values = `${sum} = ${unit.text(expected)}, ${unit.stated("BT-109", totals.taxExclusive)}`;
  broken.push(new Broken(Failure.taxExclusive, "BR-CO-13", values));
}

/** BT-110 = sum of BT-117; a document without breakdown has nothing to compare. */
function taxRule(document: InvoiceDocument, totals: MinorTotals, unit: Unit, broken: Broken[]): void {
  const subtotals = document.subtotals;
  if (subtotals.length == 0) return;
  let sum: i64 = 0;
  for (let i = 0; i < subtotals.length; i++) sum = addChecked(sum, unit.minor(subtotals[i].tax, "BT-117"));
  if (totals.tax.states(sum)) return;
  const values = `the categories' tax sums up to ${unit.text(sum)}, ${unit.stated("BT-110", totals.tax)}`;
  broken.push(new Broken(Failure.tax, "BR-CO-14", values));
}

/** BT-112 = BT-109 + BT-110; all three must be there. */
function taxInclusiveRule(totals: MinorTotals, unit: Unit, broken: Broken[]): void {
  const net = totals.taxExclusive;
  const tax = totals.tax;
  const expected = addChecked(net.value, tax.value);
  if (net.isPresent && tax.isPresent && totals.taxInclusive.states(expected)) return;
  const terms = `${unit.stated("BT-109", net)}, ${unit.stated("BT-110", tax)}`;
  const values = `${terms}, together ${unit.text(expected)}, ${unit.stated("BT-112", totals.taxInclusive)}`;
  broken.push(new Broken(Failure.taxInclusive, "BR-CO-15", values));
}

/** BT-115 = BT-112 - BT-113 + BT-114. */
function payableRule(totals: MinorTotals, unit: Unit, broken: Broken[]): void {
  const gross = totals.taxInclusive;
  const expected = addChecked(subtractChecked(gross.value, totals.prepaid.value), totals.rounding.value);
  if (gross.isPresent && totals.payable.states(expected)) return;
  const first = unit.stated("BT-112", gross);
  const sum = `${first} - ${unit.text(totals.prepaid.value)} + ${unit.text(totals.rounding.value)}`;
  const values = `${sum} = ${unit.text(expected)}, ${unit.stated("BT-115", totals.payable)}`;
  broken.push(new Broken(Failure.payable, "BR-CO-16", values));
}

/** BT-117 = BT-116 x BT-119 / 100, of every category; the first that breaks it is named. */
function categoryTaxRule(document: InvoiceDocument, unit: Unit, mode: u8, broken: Broken[]): void {
  const subtotals = document.subtotals;
  for (let i = 0; i < subtotals.length; i++) {
    const subtotal = subtotals[i];
    const taxable = unit.minor(subtotal.taxable, "BT-116");
    const tax = unit.minor(subtotal.tax, "BT-117");
    const isKept = mode == Mode.strict ? strictTax(subtotal, taxable, tax) : cenTax(subtotal, taxable, tax, unit);
    if (isKept) continue;
    const rate = subtotal.rate;
    const percent = rate === null ? "no rate" : `${rate.toString()} %`;
    const values = `category ${subtotal.category}: ${unit.text(taxable)} at ${percent}, BT-117 is ${unit.text(tax)}`;
    broken.push(new Broken(Failure.categoryTax, "BR-CO-17", values));
    return;
  }
}

/** `base` x `rate` / 100 in minor units, rounded, halves towards +infinity. */
function percentOf(base: i64, rate: Decimal): i64 {
  const exact = rate.normalized();
  if (exact.scale > RATE_DECIMALS_MAX)
    revert(Failure.rateDecimals, `rate ${rate.toString()} has more than 17 decimals`);
  return multiplyDivideRounded(base, exact.coefficient, powerOfTen(exact.scale + 2));
}

function strictTax(subtotal: Subtotal, taxable: i64, tax: i64): bool {
  const rate = subtotal.rate;
  return rate === null ? tax == 0 : tax == percentOf(taxable, rate);
}

function cenTax(subtotal: Subtotal, taxable: i64, tax: i64, unit: Unit): bool {
  const rate = subtotal.rate;
  if (rate === null || roundsToZero(rate.coefficient, rate.scale)) return roundsToZero(tax, unit.exponent);
  if (taxable == i64.MIN_VALUE || tax == i64.MIN_VALUE) revert(SdkFailure.overflow, "arithmetic overflow");
  const expected = percentOf(magnitude(taxable) as i64, rate);
  const stated = magnitude(tax) as i64;
  return subtractChecked(stated, unit.one) < expected && addChecked(stated, unit.one) > expected;
}

/** True when `fn:round` of coefficient / 10^scale is zero: from -0.5 up to, but not with, 0.5. */
function roundsToZero(coefficient: i64, scale: u8): bool {
  // With 20 decimals or more every 64-bit coefficient is below a half.
  if (scale > 19) return true;
  const one = powerOfTen(scale);
  const size = magnitude(coefficient);
  if (size > one) return false;
  const rest = one - size;
  return coefficient < 0 ? size <= rest : size < rest;
}
