/** What the invoice contract refuses, by code. 1010 to 1017 are the rules BR-CO-10 to BR-CO-17 of EN 16931. */
@errors
export class Failure {
  @error("BR-CO-10", "BT-106 is not the sum of the line net amounts.")
  static readonly lineNet: u32 = 1010;

  @error("BR-CO-11", "BT-107 is not the sum of the document level allowances.")
  static readonly allowances: u32 = 1011;

  @error("BR-CO-12", "BT-108 is not the sum of the document level charges.")
  static readonly charges: u32 = 1012;

  @error("BR-CO-13", "BT-109 is not BT-106 - BT-107 + BT-108.")
  static readonly taxExclusive: u32 = 1013;

  @error("BR-CO-14", "BT-110 is not the sum of the VAT category tax amounts.")
  static readonly tax: u32 = 1014;

  @error("BR-CO-15", "BT-112 is not BT-109 + BT-110.")
  static readonly taxInclusive: u32 = 1015;

  @error("BR-CO-16", "BT-115 is not BT-112 - BT-113 + BT-114.")
  static readonly payable: u32 = 1016;

  @error("BR-CO-17", "A VAT category tax amount is not its taxable amount times its rate.")
  static readonly categoryTax: u32 = 1017;

  @error("number.invalid", "An invoice number has 1 to 100 characters.")
  static readonly badNumber: u32 = 1100;

  @error("party.invalid", "A seller or booker id has 1 to 100 characters.")
  static readonly badParty: u32 = 1101;

  @error("date.invalid", "A date is yyyymmdd and a day of the calendar from 1900 to 2999.")
  static readonly badDate: u32 = 1102;

  @error("typeCode.invalid", "A document type code (UNCL1001) is from 1 to 999.")
  static readonly badTypeCode: u32 = 1103;

  @error("text.invalid", "A text is empty where it must not be, or longer than 200 characters.")
  static readonly badText: u32 = 1104;

  @error("rate.tooManyDecimals", "A VAT rate has more than 17 decimals.")
  static readonly rateDecimals: u32 = 1105;

  @error("mode.unknown", "The arithmetic mode is 0 (cen) or 1 (strict).")
  static readonly badMode: u32 = 1106;

  @error("contract.initialised", "The contract is initialised already.")
  static readonly initialised: u32 = 1107;

  @error("party.claimed", "Another address acts for this seller or booker id.")
  static readonly partyClaimed: u32 = 1110;

  @error("invoice.unknown", "There is no invoice of this seller with this number.")
  static readonly unknownInvoice: u32 = 1120;

  @error("invoice.duplicate", "This document is issued already.")
  static readonly duplicate: u32 = 1121;

  @error("invoice.numberTaken", "The seller has issued another document under this number.")
  static readonly numberTaken: u32 = 1122;

  @error("invoice.reversed", "The invoice is reversed by a red letter.")
  static readonly reversed: u32 = 1123;

  @error("invoice.credited", "The invoice is credited, in part or in full.")
  static readonly credited: u32 = 1124;

  @error("invoice.booked", "The invoice is booked.")
  static readonly booked: u32 = 1125;

  @error("invoice.paid", "The invoice is paid.")
  static readonly paid: u32 = 1126;

  @error("invoice.notReversible", "Only an invoice with a positive gross amount can be reversed.")
  static readonly notReversible: u32 = 1127;

  @error("credit.exceedsGross", "The credit notes of an invoice would exceed its gross amount.")
  static readonly creditExceeds: u32 = 1130;

  @error("credit.currencyMismatch", "A credit note is in another currency than its invoice.")
  static readonly creditCurrency: u32 = 1131;

  @error("date.beforeInvoice", "A red letter is dated before the invoice it reverses.")
  static readonly dateBeforeInvoice: u32 = 1132;

  @error("booker.notBuyer", "Only the invoice's buyer books it.")
  static readonly notBuyer: u32 = 1140;

  @error("payment.notPaymentContract", "Only the payment contract marks an invoice paid.")
  static readonly notPaymentContract: u32 = 1150;

  @error("payment.currencyMismatch", "The payment is in another currency than the invoice.")
  static readonly paymentCurrency: u32 = 1151;

  @error("payment.payeeNotIssuer", "The payee is not the address that issued the invoice.")
  static readonly payeeNotIssuer: u32 = 1152;

  @error("payment.amountNotDue", "The payment is not the amount due.")
  static readonly amountNotDue: u32 = 1153;
}
