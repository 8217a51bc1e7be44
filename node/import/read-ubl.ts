/**
 * UBL 2.0 to 2.x Invoice and CreditNote to the terms the contract decides on.
 *
 * Elements are found by namespace URI. What is ambiguous, absent though mandatory, or in another currency is refused
 * with the business term and its path; no sum is computed here, because whether the figures agree is for the contract
 * to say. The VAT total is the one in the document's currency: a second one in the accounting currency (BT-111) is not
 * part of the sums. Sub-lines of national extensions are parts of their line and are not read.
 */
import { Rejected } from "../../vm/errors.ts";
import { type Decimal, parseDecimal } from "./decimal.ts";
import type { XmlElement } from "./parse-xml.ts";
import type { UblDocument, UblSubtotal, UblTotals } from "./ubl-document.ts";

const UBL = "urn:oasis:names:specification:ubl:schema:xsd:";
const CAC = `${UBL}CommonAggregateComponents-2`;
const CBC = `${UBL}CommonBasicComponents-2`;

interface Shape {
  readonly kind: UblDocument["kind"];
  readonly typeCode: string;
  readonly line: string;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  [`${UBL}Invoice-2`]: { kind: "Invoice", typeCode: "InvoiceTypeCode", line: "InvoiceLine" },
  [`${UBL}CreditNote-2`]: { kind: "CreditNote", typeCode: "CreditNoteTypeCode", line: "CreditNoteLine" },
};

function shapeOf(root: XmlElement): Shape {
  const shape = SHAPES[root.namespace];
  if (shape !== undefined && root.name === shape.kind) return shape;
  const found = `root element ${root.name.slice(0, 80)} in ${root.namespace.slice(0, 200) || "no namespace"}`;
  if (root.namespace.startsWith(UBL)) {
    throw new Rejected("ubl.notInvoice", `${found}: UBL, but neither Invoice nor CreditNote`);
  }
  throw new Rejected("ubl.notUbl", `${found}: not a UBL Invoice or CreditNote`, {
    value: root.name,
    limit: `${UBL}Invoice-2, ${UBL}CreditNote-2`,
  });
}

const childrenOf = (parent: XmlElement, namespace: string, name: string): readonly XmlElement[] =>
  parent.children.filter((child) => child.name === name && child.namespace === namespace);

/** The one child of that name; undefined when there is none. */
function single(parent: XmlElement, namespace: string, name: string): XmlElement | undefined {
  const found = childrenOf(parent, namespace, name);
  if (found.length > 1) throw new Rejected("ubl.repeated", `${name} stands ${found.length} times in ${parent.name}`);
  return found[0];
}

const textOf = (element: XmlElement | undefined): string => element?.text.trim() ?? "";

function missing(term: string, path: string): Rejected {
  return new Rejected("ubl.missing", `${term} is missing: ${path}`, { limit: term });
}

function mandatoryText(parent: XmlElement, name: string, term: string): string {
  const text = textOf(single(parent, CBC, name));
  if (text === "") throw missing(term, `${parent.name}/cbc:${name}`);
  return text;
}

function mandatoryPart(parent: XmlElement, name: string, term: string): XmlElement {
  const part = single(parent, CAC, name);
  if (part === undefined) throw missing(term, `${parent.name}/cac:${name}`);
  return part;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:Z|[+-]\d{2}:\d{2})?$/;

/** yyyymmdd of an xsd:date; its time zone, if any, does not change the calendar day that is written. */
function parseDate(text: string): number {
  const [, year = "", month = "", day = ""] = DATE.exec(text) ?? [];
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (year === "" || Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > days) {
    throw new Rejected("ubl.date", `BT-2 cbc:IssueDate: "${text.slice(0, 40)}" is not a date`, { value: text });
  }
  return Number(year + month + day);
}

function parseTypeCode(text: string, name: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new Rejected("ubl.typeCode", `BT-3 cbc:${name}: "${text.slice(0, 40)}" is not a code of UNTDID 1001`, {
    value: text,
  });
}

/** Reads amounts and sees that each is in the document's currency. */
class AmountReader {
  readonly #currency: string;

  constructor(currency: string) {
    this.#currency = currency;
  }

  optional(parent: XmlElement, name: string, term: string): Decimal | null {
    const element = single(parent, CBC, name);
    if (element === undefined) return null;
    const what = `${term} cbc:${name}`;
    const currency = element.attributes.get("currencyID");
    if (currency !== this.#currency) {
      const found = currency === undefined ? "has no currencyID" : `is in ${currency.slice(0, 20)}`;
      throw new Rejected("ubl.currency", `${what} ${found}; the document's currency is ${this.#currency}`);
    }
    return parseDecimal(element.text, what);
  }

  mandatory(parent: XmlElement, name: string, term: string): Decimal {
    const amount = this.optional(parent, name, term);
    if (amount === null) throw missing(term, `${parent.name}/cbc:${name}`);
    return amount;
  }
}

/**
 * Identifiers under PartyIdentification; BT-90, the bank's creditor identifier, stands there too and names no party.
 */
const partyIds = (party: XmlElement): string[] =>
  childrenOf(party, CAC, "PartyIdentification")
    .flatMap((identification) => childrenOf(identification, CBC, "ID"))
    .filter((id) => id.attributes.get("schemeID") !== "SEPA")
    .map(textOf);

function vatIds(party: XmlElement): string[] {
  const isVat = (scheme: XmlElement): boolean =>
    childrenOf(scheme, CAC, "TaxScheme").some((tax) => textOf(childrenOf(tax, CBC, "ID")[0]).toUpperCase() === "VAT");
  return childrenOf(party, CAC, "PartyTaxScheme")
    .filter(isVat)
    .flatMap((scheme) => childrenOf(scheme, CBC, "CompanyID").map(textOf));
}

/** The name a party is known by on the chain: its strongest identifier, else its name. */
function partyName(root: XmlElement, role: string, term: string): string {
  const party = mandatoryPart(mandatoryPart(root, role, term), "Party", term);
  const legal = childrenOf(party, CAC, "PartyLegalEntity");
  const candidates = [
    ...vatIds(party),
    ...legal.flatMap((entity) => childrenOf(entity, CBC, "CompanyID").map(textOf)),
    ...partyIds(party),
    ...childrenOf(party, CBC, "EndpointID").map(textOf),
    ...legal.flatMap((entity) => childrenOf(entity, CBC, "RegistrationName").map(textOf)),
    ...childrenOf(party, CAC, "PartyName").flatMap((name) => childrenOf(name, CBC, "Name").map(textOf)),
  ];
  const name = candidates.find((candidate) => candidate !== "");
  if (name === undefined) throw missing(term, `${root.name}/cac:${role}/cac:Party: no identifier and no name`);
  return name;
}

function precedingNumber(root: XmlElement): string {
  const references = childrenOf(root, CAC, "BillingReference")
    .flatMap((billing) => childrenOf(billing, CAC, "InvoiceDocumentReference"))
    .flatMap((reference) => childrenOf(reference, CBC, "ID").map(textOf));
  return references.find((reference) => reference !== "") ?? "";
}

function isCharge(element: XmlElement): boolean {
  const text = textOf(single(element, CBC, "ChargeIndicator"));
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new Rejected("ubl.missing", `cac:AllowanceCharge/cbc:ChargeIndicator is neither true nor false: "${text}"`);
}

/** BG-22's VAT total; of several in the document's currency the one with a breakdown, as in Peppol rule R053. */
function chooseTaxTotal(root: XmlElement, currency: string): XmlElement | undefined {
  const inCurrency = childrenOf(root, CAC, "TaxTotal").filter(
    (total) => single(total, CBC, "TaxAmount")?.attributes.get("currencyID") === currency,
  );
  if (inCurrency.length <= 1) return inCurrency[0];
  const withBreakdown = inCurrency.filter((total) => childrenOf(total, CAC, "TaxSubtotal").length > 0);
  if (withBreakdown.length === 1) return withBreakdown[0];
  throw new Rejected("ubl.taxTotal", `${inCurrency.length} cac:TaxTotal in ${currency}: which one holds is not said`);
}

function readSubtotal(element: XmlElement, amounts: AmountReader): UblSubtotal {
  const category = mandatoryPart(element, "TaxCategory", "BT-118");
  // UBL 2.0 has the rate beside the category.
  const rate = textOf(single(category, CBC, "Percent")) || textOf(single(element, CBC, "Percent"));
  return {
    category: mandatoryText(category, "ID", "BT-118"),
    rate: rate === "" ? null : parseDecimal(rate, "BT-119 cbc:Percent"),
    taxable: amounts.mandatory(element, "TaxableAmount", "BT-116"),
    tax: amounts.mandatory(element, "TaxAmount", "BT-117"),
  };
}

function readTotals(root: XmlElement, taxTotal: XmlElement | undefined, amounts: AmountReader): UblTotals {
  const totals = mandatoryPart(root, "LegalMonetaryTotal", "BG-22");
  return {
    lineNet: amounts.optional(totals, "LineExtensionAmount", "BT-106"),
    allowance: amounts.optional(totals, "AllowanceTotalAmount", "BT-107"),
    charge: amounts.optional(totals, "ChargeTotalAmount", "BT-108"),
    taxExclusive: amounts.optional(totals, "TaxExclusiveAmount", "BT-109"),
    tax: taxTotal === undefined ? null : amounts.mandatory(taxTotal, "TaxAmount", "BT-110"),
    taxInclusive: amounts.optional(totals, "TaxInclusiveAmount", "BT-112"),
    prepaid: amounts.optional(totals, "PrepaidAmount", "BT-113"),
    rounding: amounts.optional(totals, "PayableRoundingAmount", "BT-114"),
    payable: amounts.optional(totals, "PayableAmount", "BT-115"),
  };
}

function readAllowanceCharges(root: XmlElement, amounts: AmountReader, charge: boolean): Decimal[] {
  return childrenOf(root, CAC, "AllowanceCharge")
    .filter((element) => isCharge(element) === charge)
    .map((element) => amounts.mandatory(element, "Amount", charge ? "BT-99" : "BT-92"));
}

/**
 * Returns the document's terms.
 * @errors ubl.notUbl, ubl.notInvoice, ubl.missing, ubl.repeated, ubl.date, ubl.typeCode, ubl.currency, ubl.amount,
 * ubl.taxTotal
 */
export function readUbl(root: XmlElement): UblDocument {
  const shape = shapeOf(root);
  const currency = mandatoryText(root, "DocumentCurrencyCode", "BT-5");
  const amounts = new AmountReader(currency);
  const taxTotal = chooseTaxTotal(root, currency);
  const subtotals = taxTotal === undefined ? [] : childrenOf(taxTotal, CAC, "TaxSubtotal");
  const lines = childrenOf(root, CAC, shape.line);
  return {
    kind: shape.kind,
    profile: textOf(childrenOf(root, CBC, "CustomizationID")[0]),
    number: mandatoryText(root, "ID", "BT-1"),
    issueDate: parseDate(mandatoryText(root, "IssueDate", "BT-2")),
    typeCode: parseTypeCode(mandatoryText(root, shape.typeCode, "BT-3"), shape.typeCode),
    currency,
    seller: partyName(root, "AccountingSupplierParty", "BT-27"),
    buyer: partyName(root, "AccountingCustomerParty", "BT-44"),
    preceding: precedingNumber(root),
    lines: lines.map((line) => amounts.mandatory(line, "LineExtensionAmount", "BT-131")),
    allowances: readAllowanceCharges(root, amounts, false),
    charges: readAllowanceCharges(root, amounts, true),
    subtotals: subtotals.map((subtotal) => readSubtotal(subtotal, amounts)),
    totals: readTotals(root, taxTotal, amounts),
  };
}
