/**
 * What is read from a UBL Invoice or CreditNote: the business terms of EN 16931 that the invoice contract decides on.
 */
import type { Decimal } from "./decimal.ts";

export interface UblSubtotal {
  /** BT-118, VAT category code: S, Z, E, AE, ... */
  readonly category: string;
  /** BT-119, percent; null where none is given. */
  readonly rate: Decimal | null;
  /** BT-116 */
  readonly taxable: Decimal;
  /** BT-117 */
  readonly tax: Decimal;
}

/** An amount that the document does not state is null; whether it may be absent is for the contract to say. */
export interface UblTotals {
  /** BT-106 */
  readonly lineNet: Decimal | null;
  /** BT-107 */
  readonly allowance: Decimal | null;
  /** BT-108 */
  readonly charge: Decimal | null;
  /** BT-109 */
  readonly taxExclusive: Decimal | null;
  /** BT-110, in the document's currency */
  readonly tax: Decimal | null;
  /** BT-112 */
  readonly taxInclusive: Decimal | null;
  /** BT-113 */
  readonly prepaid: Decimal | null;
  /** BT-114 */
  readonly rounding: Decimal | null;
  /** BT-115 */
  readonly payable: Decimal | null;
}

export interface UblDocument {
  readonly kind: "Invoice" | "CreditNote";
  /** BT-24: the profile the document says it follows; empty when it says none. Not on the chain. */
  readonly profile: string;
  /** BT-1 */
  readonly number: string;
  /** BT-2 as yyyymmdd */
  readonly issueDate: number;
  /** BT-3, UNTDID 1001 */
  readonly typeCode: number;
  /** BT-5 */
  readonly currency: string;
  /** BT-31, else BT-30, BT-29, BT-34, BT-27 */
  readonly seller: string;
  /** BT-48, else BT-47, BT-46, BT-49, BT-44 */
  readonly buyer: string;
  /** BT-25, the first; empty when there is none */
  readonly preceding: string;
  /** BT-131 of each line */
  readonly lines: readonly Decimal[];
  /** BT-92 */
  readonly allowances: readonly Decimal[];
  /** BT-99 */
  readonly charges: readonly Decimal[];
  readonly subtotals: readonly UblSubtotal[];
  readonly totals: UblTotals;
}
