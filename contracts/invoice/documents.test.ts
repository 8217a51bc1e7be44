/**
 * The numbers of real documents through the contract, compared with what an independent script found broken.
 *
 * The file holds totals, lines and VAT categories of 88 UBL documents, not their document level allowances and
 * charges; so the stated totals BT-107 and BT-108 stand as one allowance and one charge here, and BR-CO-11 and
 * BR-CO-12 are not compared.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { decimal, type JsonDocument, optionalDecimal } from "../../test/unit/contracts/invoice-document.ts";
import { builtContract } from "../testing/built-contract.ts";
import { createTestChain } from "../testing/test-chain.ts";

const FILE = "../shared/data/ubl-invoices-normalised.jsonl";
const skip = existsSync(FILE) ? false : `${FILE} is not there`;
const NOT_COMPARED: ReadonlySet<string> = new Set(["BR-CO-11", "BR-CO-12"]);

/** Rules we find broken and the script does not, with the reason. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  // No total but the payable amount: as in the official Schematron, an absent BT-109 and BT-112 break their rules.
  "oasis-ubl/xml/UBL-Invoice-2.1-Example-Trivial.xml": ["BR-CO-13", "BR-CO-15"],
};

interface Line {
  readonly path: string;
  readonly id: string;
  readonly issue: string;
  readonly cur: string | null;
  readonly lines: readonly { readonly net: string }[];
  readonly subtotals: readonly {
    readonly base: string;
    readonly tax: string;
    readonly cat: string;
    readonly rate: string | null;
  }[];
  readonly totals: Readonly<Record<string, string | null>>;
  readonly vat: string | null;
  readonly fail: readonly string[];
}

function documentOf(line: Line): JsonDocument {
  const total = (name: string) => optionalDecimal(line.totals[name] ?? null);
  const listOf = (name: string) => (total(name) === null ? [] : [total(name)!]);
  return {
    number: line.id,
    typeCode: 380,
    issueDate: Number(line.issue.replaceAll("-", "")),
    // Documents of UBL 2.0 state their currency on the amounts only, which are not in the file; they are in pounds.
    currency: line.cur ?? "GBP",
    seller: line.path.slice(-100),
    buyer: "",
    preceding: "",
    lines: line.lines.map(({ net }) => decimal(net)),
    allowances: listOf("AllowanceTotalAmount"),
    charges: listOf("ChargeTotalAmount"),
    subtotals: line.subtotals.map(({ base, tax, cat, rate }) => ({
      category: cat,
      rate: optionalDecimal(rate),
      taxable: decimal(base),
      tax: decimal(tax),
    })),
    totals: {
      lineNet: total("LineExtensionAmount"),
      allowance: total("AllowanceTotalAmount"),
      charge: total("ChargeTotalAmount"),
      taxExclusive: total("TaxExclusiveAmount"),
      tax: optionalDecimal(line.vat),
      taxInclusive: total("TaxInclusiveAmount"),
      prepaid: total("PrepaidAmount"),
      rounding: total("PayableRoundingAmount"),
      payable: total("PayableAmount"),
    },
    documentHash: "ab".repeat(32),
  };
}

const rulesIn = (message: string): string[] => message.split(" broken. ")[0]!.split(", ");

test("88 real documents break the rules that an independent script found", { skip }, () => {
  const chain = createTestChain();
  chain.deploy(builtContract("invoice"), { init: { mode: 0, paymentContract: "payment" } });
  const lines = readFileSync(FILE, "utf8").trim().split("\n");
  assert.equal(lines.length, 88);
  let acceptedCount = 0;
  for (const text of lines) {
    const line = JSON.parse(text) as Line;
    const { error } = chain.call("invoice", "issue", { document: documentOf(line) });
    const expected = [...line.fail.filter((rule) => !NOT_COMPARED.has(rule)), ...(MORE[line.path] ?? [])].sort(
      (a, b) => (a < b ? -1 : 1),
    );
    assert.deepEqual(error === null ? [] : rulesIn(error.message), expected, `${line.path}: ${error?.message}`);
    assert.equal(error?.name, expected[0]);
    acceptedCount += Number(error === null);
  }
  assert.equal(acceptedCount, 76);
});
