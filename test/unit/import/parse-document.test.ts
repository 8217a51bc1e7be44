import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseDocument } from "../../../node/import/parse-document.ts";
import { Rejected } from "../../../vm/errors.ts";
import { type SampleChanges, sampleBytes, sampleXml } from "./sample-xml.ts";

const amount = (name: string, value: string): string => `<cbc:${name} currencyID="EUR">${value}</cbc:${name}>`;
const LINE = "<cac:InvoiceLine>";

describe("a UBL invoice", () => {
  it("gives the terms the contract decides on, exactly as written", () => {
    assert.deepEqual(parseDocument(sampleBytes()), {
      kind: "Invoice",
      profile: "",
      number: "R-1",
      issueDate: 20260331,
      typeCode: 380,
      currency: "EUR",
      seller: "DE000000001",
      buyer: "Buyer & Sons",
      preceding: "",
      lines: [
        { coefficient: "6000", scale: 2 },
        { coefficient: "4000", scale: 2 },
      ],
      allowances: [],
      charges: [],
      subtotals: [
        {
          category: "S",
          rate: { coefficient: "20", scale: 0 },
          taxable: { coefficient: "10000", scale: 2 },
          tax: { coefficient: "2000", scale: 2 },
        },
      ],
      totals: {
        lineNet: { coefficient: "10000", scale: 2 },
        allowance: null,
        charge: null,
        taxExclusive: { coefficient: "10000", scale: 2 },
        tax: { coefficient: "2000", scale: 2 },
        taxInclusive: { coefficient: "12000", scale: 2 },
        prepaid: null,
        rounding: null,
        payable: { coefficient: "12000", scale: 2 },
      },
    });
  });

  it("says which profile it claims to follow", () => {
    const claim = "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>R-1<";
    assert.equal(parseDocument(sampleBytes({ "<cbc:ID>R-1<": claim })).profile, "urn:cen.eu:en16931:2017");
  });

  it("is read by namespace, whatever the prefixes", () => {
    const renamed = sampleXml({ "cbc:": "a:", "cac:": "b:", "xmlns:cbc": "xmlns:a", "xmlns:cac": "xmlns:b" })
      .replace("<Invoice xmlns=", "<c:Invoice xmlns:c=")
      .replace("</Invoice>", "</c:Invoice>");
    assert.deepEqual(parseDocument(new TextEncoder().encode(renamed)), parseDocument(sampleBytes()));
  });

  it("takes elements of the same name in another namespace for something else", () => {
    const changes = { [LINE]: `${LINE}<cbc:LineExtensionAmount xmlns:cbc="urn:other">1</cbc:LineExtensionAmount>` };
    assert.deepEqual(parseDocument(sampleBytes(changes)), parseDocument(sampleBytes()));
  });

  it("may be UTF-16 with a byte order mark, or UTF-8 with one", () => {
    const text = sampleXml({ 'encoding="UTF-8"': 'encoding="UTF-16"' });
    const utf16 = new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le"));
    const marked = new Uint8Array(Buffer.from(`\ufeff${sampleXml()}`, "utf8"));
    assert.deepEqual(parseDocument(utf16), parseDocument(sampleBytes()));
    assert.deepEqual(
      parseDocument(utf16.slice().map((_, index, all) => all[index ^ 1]!)),
      parseDocument(sampleBytes()),
    );
    assert.deepEqual(parseDocument(marked), parseDocument(sampleBytes()));
  });

  it("keeps CDATA as it stands and resolves references elsewhere", () => {
    const read = (id: string): string => parseDocument(sampleBytes({ "R-1": id })).number;
    assert.equal(read("<![CDATA[A&amp;]]>B"), "A&amp;B");
    assert.equal(read("&#x41;&#66;<!-- <!DOCTYPE x> &foo; -->C"), "ABC");
    assert.equal(read("a&lt;b&gt;c"), "a<b>c");
  });

  it("splits document-level allowances and charges by their indicator, and leaves those of a line alone", () => {
    const item = (charge: string, value: string): string =>
      `<cac:AllowanceCharge><cbc:ChargeIndicator>${charge}</cbc:ChargeIndicator>` +
      `${amount("Amount", value)}</cac:AllowanceCharge>`;
    const document = parseDocument(
      sampleBytes({
        "<cac:TaxTotal>": `${item("false", "1.5")}${item("1", "2")}${item("0", "3.00")}<cac:TaxTotal>`,
        [LINE]: `${LINE}${item("true", "9")}`,
      }),
    );
    assert.deepEqual(document.allowances, [
      { coefficient: "15", scale: 1 },
      { coefficient: "300", scale: 2 },
    ]);
    assert.deepEqual(document.charges, [{ coefficient: "2", scale: 0 }]);
  });

  it("has the VAT total of its own currency, not that of the accounting currency", () => {
    const accounting = '<cac:TaxTotal><cbc:TaxAmount currencyID="GBP">17.00</cbc:TaxAmount></cac:TaxTotal>';
    const document = parseDocument(
      sampleBytes({ "<cac:LegalMonetaryTotal>": `${accounting}<cac:LegalMonetaryTotal>` }),
    );
    assert.deepEqual(document.totals.tax, { coefficient: "2000", scale: 2 });
    assert.equal(document.subtotals.length, 1);
  });

  it("leaves out a total that it does not state, for the contract to judge", () => {
    const { totals } = parseDocument(sampleBytes({ [amount("PayableAmount", "120.00")]: "" }));
    assert.equal(totals.payable, null);
  });

  it("does not count the sub-lines of a line", () => {
    const part = `<cac:SubInvoiceLine>${amount("LineExtensionAmount", "60.00")}</cac:SubInvoiceLine>`;
    assert.equal(parseDocument(sampleBytes({ [LINE]: LINE + part })).lines.length, 2);
  });

  it("names a party by VAT id, else legal id, identifier, address, name; never by the bank's creditor id", () => {
    const tail = "<cac:PartyLegalEntity><cbc:RegistrationName>Buyer";
    const buyer = (parts: string): string => parseDocument(sampleBytes({ [tail]: parts + tail })).buyer;
    const identification = (scheme: string): string =>
      `<cac:PartyIdentification><cbc:ID schemeID="${scheme}">X</cbc:ID></cac:PartyIdentification>`;
    assert.equal(buyer(identification("0088")), "X");
    assert.equal(buyer(identification("SEPA")), "Buyer & Sons");
    assert.equal(buyer("<cbc:EndpointID>E</cbc:EndpointID>"), "E");
  });
});

describe("a credit note", () => {
  it("has its own type code and lines, and names the invoice it corrects", () => {
    const reference =
      "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>R-0</cbc:ID>" +
      "</cac:InvoiceDocumentReference></cac:BillingReference>";
    const document = parseDocument(
      sampleBytes({
        "Invoice-2": "CreditNote-2",
        "<Invoice ": "<CreditNote ",
        "</Invoice>": "</CreditNote>",
        InvoiceTypeCode: "CreditNoteTypeCode",
        InvoiceLine: "CreditNoteLine",
        ">380<": ">381<",
        "<cac:TaxTotal>": `${reference}<cac:TaxTotal>`,
      }),
    );
    assert.equal(document.kind, "CreditNote");
    assert.equal(document.typeCode, 381);
    assert.equal(document.preceding, "R-0");
    assert.equal(document.lines.length, 2);
  });
});

interface BadInput {
  readonly id: string;
  readonly input: SampleChanges | string | Uint8Array;
  readonly code: string;
  readonly says?: RegExp;
}

const CII = '<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>';
const ORDER = '<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>';
const ROOT = "<Invoice ";
const nested = (depth: number): string => `<a>${"<b>".repeat(depth)}${"</b>".repeat(depth)}</a>`;

const BAD_INPUTS: readonly BadInput[] = [
  { id: "an EDIFACT message", input: "UNA:+.? 'UNB+UNOC:3+", code: "ubl.notXml" },
  { id: "JSON", input: '{"invoice": 1}', code: "ubl.notXml" },
  { id: "blank", input: "  \n", code: "ubl.notXml" },
  { id: "an element that is not closed", input: "<a><b></a>", code: "ubl.notXml" },
  { id: "two roots", input: "<a/><b/>", code: "ubl.notXml", says: /more than one root/ },
  { id: "text after the root", input: "<a/> text <!-- x -->", code: "ubl.notXml", says: /outside the root/ },
  { id: "a bare ampersand", input: { "R-1": "R & 1" }, code: "ubl.notXml" },
  { id: "a control character", input: { "R-1": "R\u0000" }, code: "ubl.notXml" },
  { id: "a reference to no character", input: { "R-1": "&#0;" }, code: "ubl.notXml" },
  { id: "a surrogate as a reference", input: { "R-1": "&#xD800;" }, code: "ubl.notXml" },
  { id: "a tag in an attribute", input: { ">R-1": ' x="<b>">R-1' }, code: "ubl.notXml" },
  { id: "a prefix that is not declared", input: { "<cbc:ID>R-1</cbc:ID>": "<z:ID>R-1</z:ID>" }, code: "ubl.notXml" },
  {
    id: "an attribute twice",
    input: { 'Amount currencyID="EUR"': 'Amount currencyID="EUR" currencyID="EUR"' },
    code: "ubl.notXml",
  },
  { id: "a reserved word as an element", input: { [LINE]: `${LINE}<__proto__/>` }, code: "ubl.notXml" },
  {
    id: "an external entity",
    input: { [ROOT]: `<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/hostname">]>${ROOT}`, "R-1": "&x;" },
    code: "ubl.entity",
  },
  { id: "a document type without entities", input: { [ROOT]: `<!DOCTYPE Invoice>${ROOT}` }, code: "ubl.entity" },
  { id: "an entity declaration inside", input: { [LINE]: `<!ENTITY x "y">${LINE}` }, code: "ubl.entity" },
  { id: "an entity nobody declared", input: { "R-1": "&nbsp;" }, code: "ubl.entity", says: /&nbsp;/ },
  { id: "elements 10,000 deep", input: nested(10_000), code: "ubl.tooDeep" },
  {
    id: "Latin-1 bytes",
    input: new Uint8Array(Buffer.from(sampleXml({ "R-1": "R\u00e9" }), "latin1")),
    code: "ubl.encoding",
  },
  { id: "a declared Latin-1", input: { 'encoding="UTF-8"': 'encoding="ISO-8859-1"' }, code: "ubl.encoding" },
  { id: "UTF-16 without a mark", input: new Uint8Array(Buffer.from(sampleXml(), "utf16le")), code: "ubl.encoding" },
  { id: "half a character of UTF-16", input: new Uint8Array([0xff, 0xfe, 0x3c]), code: "ubl.encoding" },
  { id: "a CII invoice", input: CII, code: "ubl.notUbl", says: /CrossIndustryInvoice in urn:un/ },
  { id: "a rule fragment", input: "<testSet/>", code: "ubl.notUbl", says: /testSet in no namespace/ },
  { id: "an Invoice in no namespace", input: "<Invoice/>", code: "ubl.notUbl" },
  { id: "a UBL order", input: ORDER, code: "ubl.notInvoice" },
  { id: "no number", input: { "<cbc:ID>R-1</cbc:ID>": "" }, code: "ubl.missing", says: /^BT-1 / },
  { id: "an empty number", input: { "R-1": " " }, code: "ubl.missing", says: /^BT-1 / },
  { id: "no currency", input: { "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>": "" }, code: "ubl.missing" },
  { id: "a line without its amount", input: { [amount("LineExtensionAmount", "60.00")]: "" }, code: "ubl.missing" },
  {
    id: "two numbers",
    input: { "<cbc:ID>R-1</cbc:ID>": "<cbc:ID>R-1</cbc:ID><cbc:ID>R-2</cbc:ID>" },
    code: "ubl.repeated",
  },
  { id: "30 February", input: { "2026-03-31": "2026-02-30" }, code: "ubl.date" },
  { id: "a German date", input: { "2026-03-31": "31.03.2026" }, code: "ubl.date" },
  { id: "a type in words", input: { ">380<": ">SalesInvoice<" }, code: "ubl.typeCode" },
  {
    id: "a line in another currency",
    input: { 'currencyID="EUR">60.00': 'currencyID="USD">60.00' },
    code: "ubl.currency",
    says: /USD.*EUR/,
  },
  { id: "an amount without currency", input: { ' currencyID="EUR">60.00': ">60.00" }, code: "ubl.currency" },
  { id: "an amount with a comma", input: { ">60.00": ">60,00" }, code: "ubl.amount" },
  { id: "an amount in powers of ten", input: { ">60.00": ">6e1" }, code: "ubl.amount" },
  { id: "an amount of no digits", input: { ">60.00": ">-." }, code: "ubl.amount" },
  { id: "an amount over 64 bits", input: { ">60.00": ">9223372036854775808" }, code: "ubl.amount" },
  { id: "an amount of a million digits", input: { ">60.00": `>${"9".repeat(1_000_000)}` }, code: "ubl.amount" },
];

const bytesOf = (input: BadInput["input"]): Uint8Array => {
  if (input instanceof Uint8Array) return input;
  return typeof input === "string" ? new TextEncoder().encode(input) : sampleBytes(input);
};

describe("a document that cannot be read", () => {
  for (const { id, input, code, says } of BAD_INPUTS) {
    it(`is refused as ${code}: ${id}`, () => {
      assert.throws(
        () => parseDocument(bytesOf(input)),
        (error) => error instanceof Rejected && error.code === code && (says ?? /./).test(error.message),
      );
    });
  }
});

describe("an amount", () => {
  it("keeps sign, digits and scale up to 64 bits", () => {
    const line = (text: string) => parseDocument(sampleBytes({ ">60.00": `>${text}` })).lines[0];
    assert.deepEqual(line("-0.005"), { coefficient: "-5", scale: 3 });
    assert.deepEqual(line(" +1.10\n"), { coefficient: "110", scale: 2 });
    assert.deepEqual(line("5."), { coefficient: "5", scale: 0 });
    assert.deepEqual(line("92233720368547758.07"), { coefficient: "9223372036854775807", scale: 2 });
  });
});
