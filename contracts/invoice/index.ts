/**
 * Invoices: issued once, checked in full, verified by anyone, credited, reversed, booked and paid. README.md has the
 * states.
 */
import {
  Address,
  addChecked,
  blockTime,
  caller,
  callerContract,
  Cell,
  Decimal,
  emit,
  Hash,
  require,
  requireCurrency,
  revert,
  sha256,
  StorageMap,
  StorageMap2,
  StorageMap3,
  subtractChecked,
  Writer,
} from "cinnabar/sdk";
import { isCalendarDate } from "./calendar";
import { Failure } from "./errors";
import { Broken, brokenRules, MinorTotals, Mode, Unit } from "./rules";
import {
  Due,
  InvoiceBooked,
  InvoiceCredited,
  InvoiceDocument,
  InvoiceIssued,
  InvoicePaid,
  InvoiceRecord,
  InvoiceReversed,
  NumberEntry,
  Settings,
  Status,
} from "./types";

const ID_LENGTH_MAX = 100;
const TEXT_LENGTH_MAX = 200;

/** Answers of `verify`. */
const UNKNOWN: u8 = 0;
const CONSISTENT: u8 = 1;
const INCONSISTENT: u8 = 2;

@contract("invoice", 1)
export class Invoice {
  settings: Cell<Settings>;
  /** By seller and number. */
  invoices: StorageMap2<string, string, InvoiceRecord>;
  /** By number alone: what shows that a number was never used. */
  numbers: StorageMap<string, NumberEntry>;
  /** How many documents have this number, date and gross amount: what `verify` asks. */
  fingerprints: StorageMap3<string, u32, Decimal, u32>;
  /** The address that acts for a seller or booker id: the first that did. */
  parties: StorageMap<string, Address>;

  @init
  init(mode: u8, paymentContract: string): void {
    require(!this.settings.exists(), Failure.initialised, "init runs once");
    require(mode <= Mode.strict, Failure.badMode, "mode is 0 (cen) or 1 (strict)");
    this.settings.set(new Settings(mode, paymentContract));
  }

  @call
  @object("document")
  issue(document: InvoiceDocument): void {
    checkHeader(document);
    const unit = new Unit(document.currency, requireCurrency(document.currency));
    const totals = new MinorTotals(document, unit);
    const broken = brokenRules(document, totals, unit, this.settings.get().mode);
    if (broken.length > 0) revert(broken[0].code, describe(broken));
    // After what is wrong with the document itself: a refusal that is true wherever the document is shown comes first.
    this.claim(document.seller);
    this.checkFree(document.seller, document.number, document.documentHash);
    const record = recordOf(document, totals, unit);
    this.creditPreceding(record);
    this.store(record);
  }

  @view
  get(seller: string, number: string): InvoiceRecord | null {
    return this.invoices.find(seller, number);
  }

  /** 1 when a document has this number, date and gross amount, 2 when one has the number but not those, else 0. */
  @view
  verify(number: string, date: u32, gross: Decimal): u8 {
    if (this.fingerprints.has(number, date, gross.normalized())) return CONSISTENT;
    return this.numbers.has(number) ? INCONSISTENT : UNKNOWN;
  }

  /** The red letter of the full amount; only while the invoice is neither credited, booked nor paid. */
  @call
  @object("seller", "number")
  reverse(seller: string, number: string, redNumber: string, date: u32, reason: string): void {
    checkNumber(redNumber);
    checkDate(date);
    checkText(reason, "reason");
    const record = this.existing(seller, number);
    this.claim(seller);
    checkReversible(record, date);
    const hash = redLetterHash(seller, number, redNumber, date, reason);
    this.checkFree(seller, redNumber, hash);
    record.status = Status.reversed;
    record.reversedBy = redNumber;
    this.invoices.set(seller, number, record);
    this.store(redLetter(record, redNumber, date, hash));
    emit(new InvoiceReversed(seller, number, redNumber, date, reason));
  }

  /** Entered in the buyer's books, once: what stops a second reimbursement. */
  @call
  @object("seller", "number")
  book(seller: string, number: string, booker: string, voucher: string): void {
    checkParty(booker);
    checkText(voucher, "voucher");
    const record = this.existing(seller, number);
    require(record.status != Status.reversed, Failure.reversed, "the invoice is reversed");
    require(record.buyer == "" || record.buyer == booker, Failure.notBuyer, `the buyer is ${record.buyer}`);
    this.claim(booker);
    if (record.booker != "") revert(Failure.booked, `booked by ${record.booker} under ${record.voucher}`);
    record.booker = booker;
    record.voucher = voucher;
    this.invoices.set(seller, number, record);
    emit(new InvoiceBooked(seller, number, booker, voucher));
  }

  /** What is still to be paid; zero when nothing is. */
  @view
  due(seller: string, number: string): Due {
    const record = this.existing(seller, number);
    return new Due(record.currency, dueAmount(record), record.issuer);
  }

  /** `amount` in minor units went to an account of `payee`. Only the payment contract says so. */
  @call
  @object("seller", "number")
  markPaid(seller: string, number: string, amount: u64, currency: string, payee: Address, reference: string): void {
    const isPaymentContract = callerContract() == this.settings.get().paymentContract;
    require(isPaymentContract && callerContract() != "", Failure.notPaymentContract, "not the payment contract");
    const record = this.existing(seller, number);
    require(record.status != Status.reversed, Failure.reversed, "the invoice is reversed");
    require(record.paid == 0, Failure.paid, "the invoice is paid");
    require(currency == record.currency, Failure.paymentCurrency, `the invoice is in ${record.currency}`);
    require(payee == record.issuer, Failure.payeeNotIssuer, "the payee did not issue the invoice");
    const due = dueAmount(record);
    if (amount != due || amount == 0) revert(Failure.amountNotDue, `${due} minor units are due, not ${amount}`);
    record.paid = amount as i64;
    this.invoices.set(seller, number, record);
    const paid = Decimal.fromMinor(record.paid, record.exponent);
    emit(new InvoicePaid(seller, number, paid, currency, payee, reference));
  }

  /** The caller acts for `party` from now on; another address that already does ends the call. */
  private claim(party: string): void {
    const holder = this.parties.find(party);
    const address = caller();
    if (holder === null) this.parties.set(party, address);
    else require(holder == address, Failure.partyClaimed, `another address acts for ${party}`);
  }

  private existing(seller: string, number: string): InvoiceRecord {
    const record = this.invoices.find(seller, number);
    if (record === null) revert(Failure.unknownInvoice, `${seller} has no invoice ${number}`);
    return record!;
  }

  /** The seller has no document under this number yet. */
  private checkFree(seller: string, number: string, documentHash: Hash): void {
    const other = this.invoices.find(seller, number);
    if (other === null) return;
    if (other.documentHash == documentHash) revert(Failure.duplicate, `${number} is issued already`);
    revert(Failure.numberTaken, `${number} is another document of this seller`);
  }

  /** The record, its number and its fingerprint are kept, and the event tells of it. */
  private store(record: InvoiceRecord): void {
    const gross = Decimal.fromMinor(record.gross, record.exponent).normalized();
    const entry = this.numbers.find(record.number);
    const first = entry === null ? record.seller : entry.seller;
    const count: u32 = entry === null ? 0 : entry.count;
    const alike = this.fingerprints.getOr(record.number, record.issueDate, gross, 0);
    this.invoices.set(record.seller, record.number, record);
    this.numbers.set(record.number, new NumberEntry(first, count + 1));
    this.fingerprints.set(record.number, record.issueDate, gross, alike + 1);
    emit(
      new InvoiceIssued(
        record.seller,
        record.number,
        record.buyer,
        record.typeCode,
        record.issueDate,
        record.currency,
        Decimal.fromMinor(record.gross, record.exponent),
        record.documentHash,
      ),
    );
  }

  /** A credit note that names an invoice kept here adds to its credited amount, never above its gross. */
  private creditPreceding(credit: InvoiceRecord): void {
    const amount = creditAmount(credit);
    if (credit.preceding == "" || amount <= 0) return;
    const invoice = this.invoices.find(credit.seller, credit.preceding);
    if (invoice === null || isCreditNote(invoice.typeCode) || invoice.gross <= 0) return;
    require(invoice.status != Status.reversed, Failure.reversed, `${invoice.number} is reversed`);
    require(invoice.currency == credit.currency, Failure.creditCurrency, `${invoice.number} is in ${invoice.currency}`);
    const credited = addChecked(invoice.credited, amount);
    if (credited > invoice.gross) revert(Failure.creditExceeds, describeExcess(invoice, credited));
    invoice.credited = credited;
    invoice.status = credited == invoice.gross ? Status.fullyCredited : Status.partlyCredited;
    this.invoices.set(invoice.seller, invoice.number, invoice);
    const total = Decimal.fromMinor(credited, invoice.exponent);
    emit(new InvoiceCredited(invoice.seller, invoice.number, credit.number, total, invoice.status));
  }
}

function checkHeader(document: InvoiceDocument): void {
  checkNumber(document.number);
  checkParty(document.seller);
  checkDate(document.issueDate);
  const typeCode = document.typeCode;
  if (typeCode < 1 || typeCode > 999) revert(Failure.badTypeCode, `type code ${typeCode}`);
  require(document.buyer.length <= TEXT_LENGTH_MAX, Failure.badText, "the buyer has more than 200 characters");
  require(document.preceding.length <= TEXT_LENGTH_MAX, Failure.badText, "the reference has more than 200 characters");
}

function checkNumber(number: string): void {
  require(number.length > 0 && number.length <= ID_LENGTH_MAX, Failure.badNumber, "a number has 1 to 100 characters");
}

function checkParty(party: string): void {
  require(party.length > 0 && party.length <= ID_LENGTH_MAX, Failure.badParty, "an id has 1 to 100 characters");
}

function checkDate(date: u32): void {
  if (!isCalendarDate(date)) revert(Failure.badDate, `${date} is not a day of the calendar`);
}

function checkText(text: string, what: string): void {
  if (text.length == 0 || text.length > TEXT_LENGTH_MAX) revert(Failure.badText, `${what} has 1 to 200 characters`);
}

/** The type codes of UNCL1001 whose amounts are owed to the buyer (EN 16931, BR-CL-01, those of credit notes). */
function isCreditNote(typeCode: u16): bool {
  switch (typeCode) {
    case 81:
    case 83:
    case 261:
    case 262:
    case 296:
    case 308:
    case 381:
    case 396:
    case 420:
    case 458:
    case 532:
      return true;
    default:
      return false;
  }
}

/**
 * What a document takes off the invoice it names: a credit note its gross, an invoice with a negative gross the same.
 */
function creditAmount(record: InvoiceRecord): i64 {
  return isCreditNote(record.typeCode) ? record.gross : subtractChecked(0, record.gross);
}

/** What the buyer still owes, in minor units: nothing for credit notes and reversed invoices. */
function dueAmount(record: InvoiceRecord): u64 {
  if (isCreditNote(record.typeCode) || record.status == Status.reversed) return 0;
  const due = subtractChecked(subtractChecked(record.payable, record.credited), record.paid);
  return due > 0 ? (due as u64) : 0;
}

function checkReversible(record: InvoiceRecord, date: u32): void {
  require(record.status != Status.reversed, Failure.reversed, `reversed by ${record.reversedBy}`);
  require(record.status == Status.issued, Failure.credited, "a credited invoice is settled by credit notes");
  require(record.booker == "", Failure.booked, `booked by ${record.booker}`);
  require(record.paid == 0, Failure.paid, "a paid invoice is settled by a credit note");
  require(!isCreditNote(record.typeCode) && record.gross > 0, Failure.notReversible, "not an invoice with an amount");
  require(date >= record.issueDate, Failure.dateBeforeInvoice, `the invoice is of ${record.issueDate}`);
}

function recordOf(document: InvoiceDocument, totals: MinorTotals, unit: Unit): InvoiceRecord {
  return new InvoiceRecord(
    document.seller,
    document.number,
    document.buyer,
    caller(),
    document.typeCode,
    document.issueDate,
    document.currency,
    unit.exponent,
    document.preceding,
    totals.taxExclusive.value,
    totals.tax.value,
    totals.taxInclusive.value,
    totals.payable.value,
    document.documentHash,
    blockTime(),
    Status.issued,
    0,
    0,
    "",
    "",
    "",
  );
}

/** The mirror image of `record`, which refers to it. */
function redLetter(record: InvoiceRecord, redNumber: string, date: u32, hash: Hash): InvoiceRecord {
  return new InvoiceRecord(
    record.seller,
    redNumber,
    record.buyer,
    record.issuer,
    record.typeCode,
    date,
    record.currency,
    record.exponent,
    record.number,
    subtractChecked(0, record.net),
    subtractChecked(0, record.tax),
    subtractChecked(0, record.gross),
    subtractChecked(0, record.payable),
    hash,
    blockTime(),
    Status.issued,
    0,
    0,
    "",
    "",
    "",
  );
}

/** A red letter has no document of its own: its hash is that of the arguments that made it. */
function redLetterHash(seller: string, number: string, redNumber: string, date: u32, reason: string): Hash {
  const bytes = new Writer().string("red letter").string(seller).string(number).string(redNumber);
  return sha256(bytes.put<u32>(date).string(reason).toBytes());
}

/** "BR-CO-13, BR-CO-15 broken. BR-CO-13: ...; BR-CO-15: ..." */
function describe(broken: Broken[]): string {
  let rules = "";
  let values = "";
  for (let i = 0; i < broken.length; i++) {
    const separator = i == 0 ? "" : ", ";
    rules += separator + broken[i].rule;
    values += `${i == 0 ? "" : "; "}${broken[i].rule}: ${broken[i].values}`;
  }
  return `${rules} broken. ${values}`;
}

function describeExcess(invoice: InvoiceRecord, credited: i64): string {
  const gross = Decimal.fromMinor(invoice.gross, invoice.exponent).toString();
  return `${Decimal.fromMinor(credited, invoice.exponent).toString()} credited of ${gross}`;
}
