import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Decimal } from "../../../node/import/decimal.ts";
import { findDocuments } from "../../../node/import/find-documents.ts";
import { parseDocument } from "../../../node/import/parse-document.ts";
import { readDocumentFile } from "../../../node/import/read-file.ts";
import { Rejected } from "../../../vm/errors.ts";

const DATA = join(process.cwd(), "../shared/data");
const EXPECTED = join(DATA, "ubl-invoices-normalised.jsonl");
const skip = existsSync(EXPECTED) ? false : "../shared/data is not there";

interface Expected {
  readonly path: string;
  readonly kind: string;
  readonly id: string;
  readonly issue: string;
  readonly cur: string | null;
  readonly type: string | null;
  readonly preceding: string | null;
  readonly lines: readonly { net: string }[];
  readonly subtotals: readonly { base: string; tax: string; cat: string; rate: string | null }[];
  readonly totals: Readonly<Record<string, string | null>>;
  readonly vat: string | null;
}

/** An amount without trailing zeros, so that "10.50" and "10.5" compare equal. */
function plain(text: string | null): string | null {
  if (text === null) return null;
  const [whole = "", fraction = ""] = text.trim().replace(/^\+/, "").split(".");
  const kept = fraction.replace(/0+$/, "");
  return kept === "" ? whole : `${whole}.${kept}`;
}

function written(decimal: Decimal | null): string | null {
  if (decimal === null) return null;
  const sign = decimal.coefficient.startsWith("-") ? "-" : "";
  const digits = decimal.coefficient.replace("-", "").padStart(decimal.scale + 1, "0");
  const whole = digits.slice(0, digits.length - decimal.scale);
  return plain(`${sign}${whole}.${digits.slice(digits.length - decimal.scale)}`);
}

function expectedTerms(expected: Expected) {
  const total = (name: string): string | null => plain(expected.totals[name] ?? null);
  return {
    kind: expected.kind,
    number: expected.id,
    issueDate: Number(expected.issue.slice(0, 10).replaceAll("-", "")),
    typeCode: Number(expected.type),
    currency: expected.cur,
    preceding: expected.preceding ?? "",
    lines: expected.lines.map(({ net }) => plain(net)),
    subtotals: expected.subtotals.map(({ cat, rate, base, tax }) => [cat, plain(rate), plain(base), plain(tax)]),
    totals: {
      lineNet: total("LineExtensionAmount"),
      allowance: total("AllowanceTotalAmount"),
      charge: total("ChargeTotalAmount"),
      taxExclusive: total("TaxExclusiveAmount"),
      tax: plain(expected.vat),
      taxInclusive: total("TaxInclusiveAmount"),
      prepaid: total("PrepaidAmount"),
      rounding: total("PayableRoundingAmount"),
      payable: total("PayableAmount"),
    },
  };
}

async function readTerms(path: string) {
  const document = parseDocument(await readDocumentFile(join(DATA, path)));
  const { kind, number, issueDate, typeCode, currency, preceding } = document;
  const totals = Object.fromEntries(Object.entries(document.totals).map(([name, value]) => [name, written(value)]));
  const subtotals = document.subtotals.map((entry) => [
    entry.category,
    written(entry.rate),
    written(entry.taxable),
    written(entry.tax),
  ]);
  return {
    kind,
    number,
    issueDate,
    typeCode,
    currency,
    preceding,
    lines: document.lines.map(written),
    subtotals,
    totals,
  };
}

const rows: readonly Expected[] = skip
  ? []
  : readFileSync(EXPECTED, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Expected);

/** Documents without a mandatory term, which an independent reader passes over and the importer refuses. */
const lacksMandatory = (row: Expected): boolean => row.cur === null || row.type === null;

describe("documents of the public test suites", { skip }, () => {
  it("are read as an independent script read them, figure for figure", async () => {
    const complete = rows.filter((row) => !lacksMandatory(row));
    assert.ok(complete.length > 70);
    for (const row of complete) assert.deepEqual(await readTerms(row.path), expectedTerms(row), row.path);
  });

  it("are refused as incomplete when they have no currency or no type", async () => {
    const incomplete = rows.filter(lacksMandatory);
    assert.equal(incomplete.length, 10);
    for (const row of incomplete) {
      await assert.rejects(readTerms(row.path), (error) => error instanceof Rejected && error.code === "ubl.missing");
    }
  });

  it("of other syntaxes are refused for what they are, and no file makes the reader fail otherwise", async () => {
    const known = new Set(rows.map(({ path }) => join(DATA, path)));
    const counts = new Map<string, number>();
    for await (const path of findDocuments(["xrechnung", "en16931", "oasis-ubl"].map((name) => join(DATA, name)))) {
      if (known.has(path)) continue;
      const code = await readDocumentFile(path).then(
        (bytes) => codeOf(() => parseDocument(bytes)),
        (error: Rejected) => error.code,
      );
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    assert.deepEqual(Object.fromEntries([...counts].sort()), { read: 2, "ubl.notInvoice": 41, "ubl.notUbl": 330 });
  });
});

function codeOf(work: () => unknown): string {
  try {
    work();
    return "read";
  } catch (error) {
    if (error instanceof Rejected) return error.code;
    throw error;
  }
}
