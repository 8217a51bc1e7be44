/** The invoice contract in the real machine: documents in, records and refusals out. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import {
  decimal,
  documentOf,
  type JsonDocument,
  type JsonTotals,
  withTotals,
} from "../../test/unit/contracts/invoice-document.ts";
import { builtContract } from "../testing/built-contract.ts";
import type { Called } from "../testing/called.ts";
import { createTestChain } from "../testing/test-chain.ts";

const chain = createTestChain();
const deployed = chain.deploy(builtContract("invoice"), { init: { mode: 0, paymentContract: "payment" } });
assert.equal(deployed.error, null);
const strict = chain.deploy(builtContract("invoice"), {
  name: "strict",
  init: { mode: 1, paymentContract: "" },
});
assert.equal(strict.error, null);
const fresh = chain.snapshot();
beforeEach(() => chain.restore(fresh));
after(() => process.stdout.write(`${chain.gas}\n`));

const SELLER = "seller";

function issue(document: JsonDocument, sender = SELLER, contract = "invoice"): Called {
  return chain.call(contract, "issue", { document }, { sender });
}

function accepted(document: JsonDocument, sender = SELLER): Called {
  const called = issue(document, sender);
  assert.equal(called.error, null, called.error?.message);
  return called;
}

function record(number: string, seller = "DE123"): Record<string, unknown> {
  return chain.view("invoice", "get", [seller, number]).result as Record<string, unknown>;
}

const reasonOf = ({ error }: Called): string | undefined => error?.name;
const EUR = documentOf("100.00");

test("an issued invoice is kept in minor units, with an event", () => {
  chain.timeSeconds = 1_767_600_000;
  const { events } = accepted(EUR);
  assert.deepEqual(record("R-1"), {
    seller: "DE123",
    number: "R-1",
    buyer: "FR456",
    issuer: chain.address(SELLER),
    typeCode: 380,
    issueDate: 20260105,
    currency: "EUR",
    exponent: 2,
    preceding: "",
    net: 10000,
    tax: 2000,
    gross: 12000,
    payable: 12000,
    documentHash: "ab".repeat(32),
    issuedAt: 1_767_600_000,
    status: 0,
    credited: 0,
    paid: 0,
    reversedBy: "",
    booker: "",
    voucher: "",
  });
  assert.deepEqual(
    events.map(({ name }) => name),
    ["InvoiceIssued"],
  );
  assert.deepEqual(events[0]!.fields.gross, { coefficient: 12000, scale: 2 });
  assert.deepEqual(chain.storage("invoice", "numbers", ["R-1"]), { seller: "DE123", count: 1 });
  assert.equal(chain.view("invoice", "get", ["DE123", "R-2"]).result, null);
});

test("amounts are minor units of the currency: JPY 0, EUR 2, OMR 3, CLF 4 decimals", () => {
  const cases: readonly [string, string, string | undefined][] = [
    ["JPY", "100", undefined],
    ["JPY", "100.0", undefined],
    ["JPY", "100.5", "amount.tooManyDecimals"],
    ["EUR", "100.50", undefined],
    ["EUR", "100.505", "amount.tooManyDecimals"],
    ["EUR", "100.5000000", undefined],
    ["OMR", "100.005", undefined],
    ["OMR", "100.0005", "amount.tooManyDecimals"],
    ["CLF", "0.0005", undefined],
    ["XXX", "100.00", "currency.unknown"],
    ["eur", "100.00", "currency.unknown"],
    ["", "100.00", "currency.unknown"],
  ];
  for (const [currency, net, want] of cases) {
    const called = issue(documentOf(net, { currency, number: `${currency}-${net}` }));
    assert.equal(reasonOf(called), want, `${net} ${currency}: ${called.error?.message}`);
  }
  assert.equal(record("OMR-100.005").net, 100_005);
  assert.equal(record("JPY-100.0").net, 100);
});

interface RuleCase {
  readonly id: string;
  readonly document: JsonDocument;
  /** All broken rules, in order; empty when accepted. */
  readonly want: readonly string[];
}

const totals = (changes: Partial<JsonTotals>): JsonDocument => withTotals(EUR, changes);
const one = (text: string) => [decimal(text)];
const subtotal = (taxable: string, rate: string | null, tax: string) => ({
  category: "S",
  rate: rate === null ? null : decimal(rate),
  taxable: decimal(taxable),
  tax: decimal(tax),
});

const RULES: readonly RuleCase[] = [
  { id: "right", document: EUR, want: [] },
  { id: "lines off by one minor unit", document: { ...EUR, lines: one("99.99") }, want: ["BR-CO-10"] },
  { id: "two lines", document: { ...EUR, lines: [decimal("150"), decimal("-50.00")] }, want: [] },
  { id: "no line net total", document: totals({ lineNet: null }), want: ["BR-CO-10", "BR-CO-13"] },
  {
    id: "allowance and charge",
    document: {
      ...totals({ lineNet: decimal("110"), allowance: decimal("15"), charge: decimal("5") }),
      lines: one("110"),
      allowances: [decimal("10"), decimal("5.00")],
      charges: one("5"),
    },
    want: [],
  },
  {
    id: "allowance total is not the sum",
    document: {
      ...totals({ lineNet: decimal("110"), allowance: decimal("10") }),
      lines: one("110"),
      allowances: one("9.99"),
    },
    want: ["BR-CO-11"],
  },
  { id: "allowance without total", document: { ...EUR, allowances: one("1") }, want: ["BR-CO-11"] },
  { id: "zero total without allowance", document: totals({ allowance: decimal("0.00") }), want: [] },
  {
    id: "allowance total without allowance",
    document: totals({ allowance: decimal("1") }),
    want: ["BR-CO-11", "BR-CO-13"],
  },
  {
    id: "charge total is not the sum",
    document: { ...totals({ lineNet: decimal("90"), charge: decimal("10") }), lines: one("90"), charges: one("10.01") },
    want: ["BR-CO-12"],
  },
  { id: "charge without total", document: { ...EUR, charges: one("1") }, want: ["BR-CO-12"] },
  {
    id: "net total off by one minor unit",
    document: totals({ taxExclusive: decimal("100.01") }),
    want: ["BR-CO-13", "BR-CO-15"],
  },
  { id: "no net total", document: totals({ taxExclusive: null }), want: ["BR-CO-13", "BR-CO-15"] },
  { id: "tax off by one minor unit", document: totals({ tax: decimal("20.01") }), want: ["BR-CO-14", "BR-CO-15"] },
  { id: "no tax total", document: totals({ tax: null }), want: ["BR-CO-14", "BR-CO-15"] },
  {
    id: "no breakdown",
    document: {
      ...totals({ tax: decimal("0"), taxInclusive: decimal("100"), payable: decimal("100") }),
      subtotals: [],
    },
    want: [],
  },
  {
    id: "gross off by one minor unit",
    document: totals({ taxInclusive: decimal("119.99") }),
    want: ["BR-CO-15", "BR-CO-16"],
  },
  { id: "no gross", document: totals({ taxInclusive: null }), want: ["BR-CO-15", "BR-CO-16"] },
  { id: "payable off by one minor unit", document: totals({ payable: decimal("120.01") }), want: ["BR-CO-16"] },
  { id: "no payable", document: totals({ payable: null }), want: ["BR-CO-16"] },
  {
    id: "prepaid and rounding",
    document: totals({ prepaid: decimal("50.05"), rounding: decimal("0.05"), payable: decimal("70") }),
    want: [],
  },
  { id: "prepaid forgotten", document: totals({ prepaid: decimal("50") }), want: ["BR-CO-16"] },
  {
    id: "everything is wrong",
    document: {
      ...totals({
        lineNet: decimal("1"),
        allowance: decimal("2"),
        charge: decimal("3"),
        taxExclusive: decimal("4"),
        tax: decimal("5"),
        taxInclusive: decimal("6"),
        payable: decimal("7"),
      }),
      subtotals: [subtotal("100", "20", "99")],
    },
    want: ["BR-CO-10", "BR-CO-11", "BR-CO-12", "BR-CO-13", "BR-CO-14", "BR-CO-15", "BR-CO-16", "BR-CO-17"],
  },
];

test("each of BR-CO-10 to 16 is decided, the first is the code, the message has all with their values", () => {
  for (const { id, document, want } of RULES) {
    const { error } = issue({ ...document, number: id });
    assert.equal(error?.name, want[0], `${id}: ${error?.message}`);
    if (error === null) continue;
    assert.ok(error.message.startsWith(`${want.join(", ")} broken. `), `${id}: ${error.message}`);
    assert.equal(error.code, 1000 + Number(want[0]!.slice(-2)));
    assert.equal(record(id), null, id);
  }
  const { error } = issue(totals({ taxExclusive: decimal("99.99") }));
  const sums = "BR-CO-13: 100.00 - 0.00 + 0.00 = 100.00, BT-109 is 99.99";
  assert.equal(error?.message.split("; ")[0], `BR-CO-13, BR-CO-15 broken. ${sums}`);
});

/** A document of one category; the rest of it adds up. */
function ofCategory(taxable: string, rate: string | null, tax: string, currency: string): JsonDocument {
  const sum = (a: string, b: string): string => {
    const scale = Math.max(decimal(a).scale, decimal(b).scale);
    const minor = (text: string) => BigInt(decimal(text).coefficient) * 10n ** BigInt(scale - decimal(text).scale);
    const digits = minor(a) + minor(b);
    const size = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
    const text = scale === 0 ? size : `${size.slice(0, -scale)}.${size.slice(-scale)}`;
    return digits < 0n ? `-${text}` : text;
  };
  const gross = decimal(sum(taxable, tax));
  return {
    ...withTotals(documentOf(taxable), { tax: decimal(tax), taxInclusive: gross, payable: gross }),
    currency,
    subtotals: [subtotal(taxable, rate, tax)],
  };
}

test("BR-CO-17 is exact in strict mode and has the official tolerance in cen mode", () => {
  const cases: readonly [string, string | null, string, string, boolean, boolean][] = [
    // taxable, rate, tax, currency, cen passes, strict passes
    ["100.00", "20", "20.00", "EUR", true, true],
    ["100.00", "20", "20.01", "EUR", true, false],
    ["100.00", "20", "20.99", "EUR", true, false],
    ["100.00", "20", "21.00", "EUR", false, false],
    ["100.00", "20", "19.01", "EUR", true, false],
    ["100.00", "20", "19.00", "EUR", false, false],
    ["100.00", "20", "-20.00", "EUR", true, false],
    ["0.25", "10", "0.03", "EUR", true, true],
    ["0.25", "10", "0.02", "EUR", true, false],
    ["-0.25", "10", "-0.02", "EUR", true, true],
    ["-0.25", "10", "-0.03", "EUR", true, false],
    ["100.00", "0", "0.00", "EUR", true, true],
    ["100.00", "0", "0.49", "EUR", true, false],
    ["100.00", "0", "0.50", "EUR", false, false],
    ["100.00", "0", "-0.50", "EUR", true, false],
    ["100.00", "0", "-0.51", "EUR", false, false],
    ["100.00", null, "0.00", "EUR", true, true],
    ["100.00", null, "0.01", "EUR", true, false],
    ["100.00", null, "20.00", "EUR", false, false],
    ["100.00", "0.4", "0.40", "EUR", true, true],
    ["1000.00", "0.4", "4.00", "EUR", false, true],
    ["1000.00", "-0.5", "-5.00", "EUR", false, true],
    ["1000", "10", "100", "JPY", true, true],
    ["1005", "10", "101", "JPY", true, true],
    ["1005", "10", "100", "JPY", false, false],
    ["1005", "10", "102", "JPY", false, false],
    ["100.005", "5", "5.000", "OMR", true, true],
    ["100.005", "5", "5.999", "OMR", true, false],
    ["100.005", "5", "6.000", "OMR", false, false],
    ["1234.56", "7.7", "95.06", "CHF", true, true],
    ["99999999999.99", "5.5", "5500000000.00", "EUR", true, true],
    ["92233720368547758.00", "0.00000000000000001", "0.01", "EUR", true, true],
  ];
  for (const [taxable, rate, tax, currency, cen, exact] of cases) {
    const document = { ...ofCategory(taxable, rate, tax, currency), number: "T" };
    const text = `${taxable} at ${rate} = ${tax} ${currency}`;
    chain.restore(fresh);
    assert.equal(reasonOf(issue(document)), cen ? undefined : "BR-CO-17", `cen: ${text}`);
    assert.equal(reasonOf(issue(document, SELLER, "strict")), exact ? undefined : "BR-CO-17", `strict: ${text}`);
  }
});

test("sums and products beyond 64 bits are an overflow, not a wrong number", () => {
  const most = "92233720368547758.07";
  const cases: readonly JsonDocument[] = [
    { ...EUR, lines: [decimal(most), decimal("0.01")] },
    { ...EUR, lines: [decimal("92233720368547758.1")] },
    { ...EUR, lines: [decimal("92233720368547759")] },
    totals({ taxExclusive: decimal(most), tax: decimal("0.01") }),
    totals({ taxInclusive: decimal(most), rounding: decimal("0.01") }),
    totals({ lineNet: decimal("-92233720368547758.08"), allowance: decimal("0.01") }),
    { ...EUR, subtotals: [subtotal(most, "200", "20.00")] },
    { ...EUR, subtotals: [subtotal("-92233720368547758.08", "20", "20.00")] },
  ];
  for (const [index, document] of cases.entries()) {
    assert.equal(reasonOf(issue(document)), "arithmetic.overflow", String(index));
  }
  assert.equal(
    reasonOf(issue({ ...EUR, subtotals: [subtotal("100", `1.${"0".repeat(17)}1`, "20")] })),
    "rate.tooManyDecimals",
  );
});

test("headers that are not a document's are refused by code", () => {
  const cases: readonly [Partial<JsonDocument>, string][] = [
    [{ number: "" }, "number.invalid"],
    [{ number: "x".repeat(101) }, "number.invalid"],
    [{ seller: "" }, "party.invalid"],
    [{ seller: "x".repeat(101) }, "party.invalid"],
    [{ issueDate: 0 }, "date.invalid"],
    [{ issueDate: 20260229 }, "date.invalid"],
    [{ issueDate: 20261301 }, "date.invalid"],
    [{ issueDate: 20260100 }, "date.invalid"],
    [{ issueDate: 19000229 }, "date.invalid"],
    [{ typeCode: 0 }, "typeCode.invalid"],
    [{ typeCode: 1000 }, "typeCode.invalid"],
    [{ buyer: "x".repeat(201) }, "text.invalid"],
    [{ preceding: "x".repeat(201) }, "text.invalid"],
    [{ number: "龍".repeat(100), seller: "龍".repeat(100) }, "storage.keyTooLong"],
  ];
  for (const [changes, want] of cases)
    assert.equal(reasonOf(issue({ ...EUR, ...changes })), want, JSON.stringify(changes));
  accepted({ ...EUR, issueDate: 20240229, number: "leap" });
  accepted({ ...EUR, number: "龍".repeat(40), seller: "龍".repeat(40) });
});

test("the same document again is a duplicate, another under its number is refused", () => {
  accepted(EUR);
  assert.equal(reasonOf(issue(EUR)), "invoice.duplicate");
  assert.equal(reasonOf(issue({ ...EUR, documentHash: "cd".repeat(32) })), "invoice.numberTaken");
  accepted({ ...EUR, seller: "DE999" });
  assert.deepEqual(chain.storage("invoice", "numbers", ["R-1"]), { seller: "DE123", count: 2 });
});

test("a seller id belongs to the first address that issues for it", () => {
  accepted(EUR);
  assert.equal(reasonOf(issue({ ...EUR, number: "R-2" }, "stranger")), "party.claimed");
  accepted({ ...EUR, number: "R-2" });
  assert.equal(chain.storage("invoice", "parties", ["DE123"]), chain.address(SELLER));
});

test("a refused document claims nothing", () => {
  assert.equal(reasonOf(issue(totals({ payable: decimal("1") }), "stranger")), "BR-CO-16");
  assert.equal(chain.storage("invoice", "parties", ["DE123"]), undefined);
  accepted(EUR);
});

test("verify answers consistent, inconsistent or unknown, for every seller of a number", () => {
  accepted(EUR);
  accepted({ ...documentOf("5.00"), seller: "DE999" });
  const verify = (number: string, date: number, gross: string) =>
    chain.view("invoice", "verify", [number, date, decimal(gross)]).result;
  assert.equal(verify("R-1", 20260105, "120.00"), 1);
  assert.equal(verify("R-1", 20260105, "120"), 1);
  assert.equal(verify("R-1", 20260105, "6.0"), 1);
  assert.equal(verify("R-1", 20260105, "120.01"), 2);
  assert.equal(verify("R-1", 20260106, "120.00"), 2);
  assert.equal(verify("R-2", 20260105, "120.00"), 0);
});

const credit = (net: string, number: string, changes: Partial<JsonDocument> = {}): JsonDocument =>
  documentOf(net, { number, typeCode: 381, preceding: "R-1", documentHash: "cc".repeat(32), ...changes });

test("credit notes add up to the gross of the invoice they name and never above", () => {
  accepted(EUR);
  const { events } = accepted(credit("40.00", "C-1"));
  assert.deepEqual([record("R-1").status, record("R-1").credited], [1, 4800]);
  assert.deepEqual(events[0], {
    contract: "invoice",
    name: "InvoiceCredited",
    topics: ["050000004445313233", "03000000522d31"],
    fields: {
      seller: "DE123",
      number: "R-1",
      creditNumber: "C-1",
      credited: { coefficient: 4800, scale: 2 },
      status: 1,
    },
  });
  const excess = issue(credit("60.05", "C-2"));
  assert.equal(reasonOf(excess), "credit.exceedsGross");
  assert.equal(excess.error?.message, "120.06 credited of 120.00");
  accepted(credit("60.00", "C-2"));
  assert.deepEqual([record("R-1").status, record("R-1").credited], [2, 12000]);
  assert.equal(reasonOf(issue(credit("0.05", "C-3"))), "credit.exceedsGross");
});

test("an invoice with a negative amount credits the one it names as well", () => {
  accepted(EUR);
  accepted(documentOf("-25.00", { number: "N-1", typeCode: 384, preceding: "R-1" }));
  assert.equal(record("N-1").gross, -3000);
  assert.deepEqual([record("R-1").status, record("R-1").credited], [1, 3000]);
});

test("a reference to an invoice not kept here, or of another seller, is a note and no credit", () => {
  accepted(EUR);
  accepted(credit("10.00", "C-1", { preceding: "elsewhere" }));
  accepted(credit("10.00", "C-1", { seller: "DE999" }));
  accepted(documentOf("10.00", { number: "R-3", preceding: "R-1" }));
  assert.deepEqual([record("R-1").status, record("R-1").credited], [0, 0]);
});

test("a credit in another currency is refused", () => {
  accepted(EUR);
  assert.equal(reasonOf(issue(credit("10.00", "C-1", { currency: "USD" }))), "credit.currencyMismatch");
});

const reverse = (redNumber: string, options: { readonly date?: number; readonly sender?: string } = {}): Called =>
  chain.call("invoice", "reverse", ["DE123", "R-1", redNumber, options.date ?? 20260110, "returned"], {
    sender: options.sender ?? SELLER,
  });

test("a red letter mirrors the whole invoice and ends it", () => {
  accepted(EUR);
  const { error, events } = reverse("RED-1");
  assert.equal(error, null);
  assert.deepEqual(
    events.map(({ name }) => name),
    ["InvoiceIssued", "InvoiceReversed"],
  );
  const { net, tax, gross, payable, preceding, issueDate, status } = record("RED-1");
  assert.deepEqual({ net, tax, gross, payable }, { net: -10000, tax: -2000, gross: -12000, payable: -12000 });
  assert.deepEqual({ preceding, issueDate, status }, { preceding: "R-1", issueDate: 20260110, status: 0 });
  assert.deepEqual([record("R-1").status, record("R-1").reversedBy], [3, "RED-1"]);
  assert.equal(reasonOf(reverse("RED-2")), "invoice.reversed");
  assert.equal(reasonOf(issue(credit("1.00", "C-1"))), "invoice.reversed");
  assert.equal(chain.view("invoice", "verify", ["RED-1", 20260110, decimal("-120")]).result, 1);
  assert.equal((chain.view("invoice", "due", ["DE123", "R-1"]).result as { amount: number }).amount, 0);
});

test("a red letter is refused for an invoice that is unknown, another's, credited, booked or dated later", () => {
  assert.equal(reasonOf(reverse("RED-1")), "invoice.unknown");
  accepted(EUR);
  const issued = chain.snapshot();
  assert.equal(reasonOf(reverse("RED-1", { sender: "stranger" })), "party.claimed");
  assert.equal(reasonOf(reverse("RED-1", { date: 20260104 })), "date.beforeInvoice");
  assert.equal(reasonOf(reverse("R-1")), "invoice.numberTaken");
  assert.equal(reasonOf(reverse("")), "number.invalid");
  const noReason = ["DE123", "R-1", "RED-1", 20260110, ""];
  assert.equal(reasonOf(chain.call("invoice", "reverse", noReason, { sender: SELLER })), "text.invalid");
  accepted(credit("1.00", "C-1"));
  assert.equal(reasonOf(reverse("RED-1")), "invoice.credited");
  chain.restore(issued);
  chain.call("invoice", "book", ["DE123", "R-1", "FR456", "V-1"], { sender: "buyer" });
  assert.equal(reasonOf(reverse("RED-1")), "invoice.booked");
  chain.restore(issued);
  accepted(credit("10.00", "C-9", { preceding: "" }));
  const ofCredit = ["DE123", "C-9", "RED-1", 20260110, "wrong"];
  assert.equal(reasonOf(chain.call("invoice", "reverse", ofCredit, { sender: SELLER })), "invoice.notReversible");
});

const book = (booker: string, sender: string, voucher = "V-1"): Called =>
  chain.call("invoice", "book", ["DE123", "R-1", booker, voucher], { sender });

test("an invoice is booked once, by its buyer, under the address that acts for the buyer", () => {
  assert.equal(reasonOf(book("FR456", "buyer")), "invoice.unknown");
  accepted(EUR);
  assert.equal(reasonOf(book("FR000", "buyer")), "booker.notBuyer");
  assert.equal(reasonOf(book("", "buyer")), "party.invalid");
  assert.equal(reasonOf(book("FR456", "buyer", "")), "text.invalid");
  const { error, events } = book("FR456", "buyer");
  assert.equal(error, null);
  assert.equal(events[0]?.name, "InvoiceBooked");
  assert.deepEqual([record("R-1").booker, record("R-1").voucher], ["FR456", "V-1"]);
  const again = book("FR456", "buyer", "V-2");
  assert.equal(reasonOf(again), "invoice.booked");
  assert.equal(again.error?.message, "booked by FR456 under V-1");
  accepted({ ...EUR, number: "R-2" });
  assert.equal(
    reasonOf(chain.call("invoice", "book", ["DE123", "R-2", "FR456", "V-3"], { sender: "stranger" })),
    "party.claimed",
  );
});

test("an invoice without a named buyer is booked by whoever does first; a reversed one by nobody", () => {
  accepted({ ...EUR, buyer: "" });
  assert.equal(book("IT1", "anyone").error, null);
  chain.restore(fresh);
  accepted(EUR);
  reverse("RED-1");
  assert.equal(reasonOf(book("FR456", "buyer")), "invoice.reversed");
});

test("nobody but the payment contract marks an invoice paid", () => {
  accepted(EUR);
  const args = ["DE123", "R-1", 12000, "EUR", chain.address(SELLER), "ref"];
  assert.equal(reasonOf(chain.call("invoice", "markPaid", args, { sender: SELLER })), "payment.notPaymentContract");
  assert.equal(reasonOf(chain.call("strict", "markPaid", args, { sender: SELLER })), "payment.notPaymentContract");
});

test("init runs in the deployment only, with a known mode", () => {
  assert.equal(chain.call("invoice", "init", [0, "payment"]).outcome, "revert");
  const bad = chain.deploy(builtContract("invoice"), { name: "third", init: [2, ""] });
  assert.notEqual(bad.error, null);
});

test("what is due is the payable amount less credits, and nothing for credit notes", () => {
  const due = (number: string) => chain.view("invoice", "due", ["DE123", number]);
  accepted(withTotals(EUR, { prepaid: decimal("20"), payable: decimal("100") }));
  assert.deepEqual(due("R-1").result, { currency: "EUR", amount: 10000, payee: chain.address(SELLER) });
  accepted(credit("50.00", "C-1"));
  assert.equal((due("R-1").result as { amount: number }).amount, 4000);
  accepted(credit("50.00", "C-2"));
  assert.equal((due("R-1").result as { amount: number }).amount, 0);
  assert.equal((due("C-2").result as { amount: number }).amount, 0);
  assert.equal(reasonOf(due("R-9")), "invoice.unknown");
});
