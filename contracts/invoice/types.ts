/** The documents that come in, the records that are kept, the events that go out. */
import { Address, Decimal, Hash } from "cinnabar/sdk";

/**
 * One VAT category of the breakdown (BG-23): category code BT-118, rate BT-119 in per cent, taxable BT-116, tax
 * BT-117.
 */
@struct
export class Subtotal {
  constructor(
    public category: string,
    public rate: Decimal | null,
    public taxable: Decimal,
    public tax: Decimal,
  ) {}
}

/**
 * Document totals (BG-22). An absent amount is null; the rules decide whether it may be absent, as the official
 * Schematron does: without BT-106, BT-109, BT-112 or BT-115 the rule that would give it is broken.
 */
@struct
export class Totals {
  constructor(
    /** BT-106 */
    public lineNet: Decimal | null,
    /** BT-107 */
    public allowance: Decimal | null,
    /** BT-108 */
    public charge: Decimal | null,
    /** BT-109 */
    public taxExclusive: Decimal | null,
    /** BT-110 */
    public tax: Decimal | null,
    /** BT-112 */
    public taxInclusive: Decimal | null,
    /** BT-113 */
    public prepaid: Decimal | null,
    /** BT-114 */
    public rounding: Decimal | null,
    /** BT-115 */
    public payable: Decimal | null,
  ) {}
}

/** An invoice or credit note as its seller issues it. Amounts are those of the document, in `currency` (BT-5). */
@struct
export class InvoiceDocument {
  constructor(
    /** BT-1 */
    public number: string,
    /** BT-3, UNCL1001: 380 invoice, 381 credit note ... */
    public typeCode: u16,
    /** BT-2, yyyymmdd. */
    public issueDate: u32,
    public currency: string,
    public seller: string,
    public buyer: string,
    /** BT-25: number of the invoice this document refers to; empty when none. */
    public preceding: string,
    /** Line net amounts, BT-131. */
    public lines: Decimal[],
    /** Document level allowances, BT-92. */
    public allowances: Decimal[],
    /** Document level charges, BT-99. */
    public charges: Decimal[],
    public subtotals: Subtotal[],
    public totals: Totals,
    /** SHA-256 of the document as it was received. */
    public documentHash: Hash,
  ) {}
}

/** What is kept of a document. Amounts are minor units of `currency`, which has `exponent` decimals. */
@struct
export class InvoiceRecord {
  constructor(
    public seller: string,
    public number: string,
    public buyer: string,
    /** The address that issued it: payments go to its accounts. */
    public issuer: Address,
    public typeCode: u16,
    public issueDate: u32,
    public currency: string,
    public exponent: u8,
    public preceding: string,
    public net: i64,
    public tax: i64,
    public gross: i64,
    public payable: i64,
    public documentHash: Hash,
    /** Block time of the issue, seconds. */
    public issuedAt: u64,
    /** `Status`. */
    public status: u8,
    /** Sum of the gross amounts of its credit notes. */
    public credited: i64,
    public paid: i64,
    /** Number of its red letter; empty when not reversed. */
    public reversedBy: string,
    /** Who booked it; empty when not booked. */
    public booker: string,
    public voucher: string,
  ) {}
}

/** `InvoiceRecord.status`. */
export class Status {
  static readonly issued: u8 = 0;
  static readonly partlyCredited: u8 = 1;
  static readonly fullyCredited: u8 = 2;
  static readonly reversed: u8 = 3;
}

/** Under `numbers`: who used a number first, and how many sellers did. */
@struct
export class NumberEntry {
  constructor(
    public seller: string,
    public count: u32,
  ) {}
}

@struct
export class Settings {
  constructor(
    public mode: u8,
    public paymentContract: string,
  ) {}
}

/** What is still to be paid, in minor units, and to whom. */
@struct
export class Due {
  constructor(
    public currency: string,
    public amount: u64,
    public payee: Address,
  ) {}
}

@event
@indexed("seller", "number", "buyer")
export class InvoiceIssued {
  constructor(
    public seller: string,
    public number: string,
    public buyer: string,
    public typeCode: u16,
    public issueDate: u32,
    public currency: string,
    public gross: Decimal,
    public documentHash: Hash,
  ) {}
}

@event
@indexed("seller", "number")
export class InvoiceCredited {
  constructor(
    public seller: string,
    public number: string,
    public creditNumber: string,
    public credited: Decimal,
    public status: u8,
  ) {}
}

@event
@indexed("seller", "number")
export class InvoiceReversed {
  constructor(
    public seller: string,
    public number: string,
    public redNumber: string,
    public date: u32,
    public reason: string,
  ) {}
}

@event
@indexed("seller", "number", "booker")
export class InvoiceBooked {
  constructor(
    public seller: string,
    public number: string,
    public booker: string,
    public voucher: string,
  ) {}
}

@event
@indexed("seller", "number")
export class InvoicePaid {
  constructor(
    public seller: string,
    public number: string,
    public amount: Decimal,
    public currency: string,
    public payee: Address,
    public reference: string,
  ) {}
}
