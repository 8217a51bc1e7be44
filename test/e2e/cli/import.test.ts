import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createClient } from "../../../node/client/client.ts";
import { type ImportedDocument, importDocuments, ruleOf } from "../../../node/import/import-documents.ts";
import { toInvoiceArguments } from "../../../node/import/invoice-arguments.ts";
import { parseDocument } from "../../../node/import/parse-document.ts";
import { loadKey, loadOrCreateKey } from "../../../node/keys/keystore.ts";
import { jsonLines, type RunningNode, runHere, startNodeProcess } from "./run-cli.ts";

const SAMPLES = join(process.cwd(), "node", "samples");
const DATA = join(process.cwd(), "../shared/data");
const EXPECTED = join(DATA, "ubl-invoices-normalised.jsonl");
const skip = existsSync(EXPECTED) ? false : "../shared/data is not there";

const sample = (name: string): string => readFileSync(join(SAMPLES, name), "utf8");
const EUR = sample("01-invoice-eur.xml");
const JPY = sample("02-invoice-jpy.xml");
const OMR = sample("03-invoice-omr.xml");

/** Its only allowance has the ChargeIndicator 0, which is false; the script reads only the word. */
const SCRIPT_IS_WRONG: ReadonlySet<string> = new Set(["en16931/ubl/examples/ubl-tc434-example2.xml"]);

interface Case {
  readonly id: string;
  readonly text: string;
  /** The rule that refuses it; null: it is accepted. */
  readonly rule: string | null;
}

function changed(text: string, from: string, to: string): string {
  assert.ok(text.includes(from), `the sample has no ${from}`);
  return text.replaceAll(from, to);
}

const CASES: readonly Case[] = [
  { id: "not XML", text: "Rechnung Nr. 1", rule: "ubl.notXml" },
  { id: "another XML", text: "<html/>", rule: "ubl.notUbl" },
  {
    id: "an external entity",
    text: changed(EUR, "<Invoice ", '<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]><Invoice '),
    rule: "ubl.entity",
  },
  { id: "an unknown currency", text: changed(EUR, "EUR", "EUX"), rule: "currency.unknown" },
  { id: "half a cent", text: changed(EUR, ">222.00<", ">222.005<"), rule: "amount.tooManyDecimals" },
  { id: "a tenth of a yen", text: changed(JPY, ">50400<", ">50400.1<"), rule: "amount.tooManyDecimals" },
  { id: "a total a yen off", text: changed(JPY, ">71940<", ">71941<"), rule: "BR-CO-15" },
  { id: "a line a baisa off", text: changed(OMR, ">170.625<", ">170.626<"), rule: "BR-CO-10" },
  {
    id: "a tax a unit off",
    text: changed(changed(OMR, ">20.771<", ">21.772<"), ">436.196<", ">437.197<"),
    rule: "BR-CO-17",
  },
  { id: "rial to the baisa", text: OMR, rule: null },
  { id: "zeros behind the last decimal", text: changed(JPY, ">50400<", ">50400.000<"), rule: null },
];

describe("the import of documents", () => {
  let folder = "";
  let node: RunningNode;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "cinnabar-import-"));
    node = await startNodeProcess(join(folder, "data"));
  });
  after(async () => {
    node.process.kill("SIGINT");
    await node.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const importing = (...paths: string[]) =>
    runHere(["import", "ubl", ...paths, "--data", join(folder, "data"), "--json"]);

  it("gives each file its verdict, in order, and counts them by rule", async () => {
    const files = CASES.map(({ text }, index) => write(`case-${index}.xml`, text.replaceAll("-1001<", `-${index}<`)));
    const result = await importing(...files);
    assert.equal(result.code, 1);
    const lines = jsonLines<ImportedDocument>(result);
    const verdicts = lines.slice(0, -1);
    assert.deepEqual(
      verdicts.map(({ file, rule }) => [file, rule ?? null]),
      CASES.map(({ rule }, index) => [files[index], rule]),
    );
    const { summary } = lines.at(-1) as unknown as {
      summary: { documents: number; accepted: number; refused: number };
    };
    assert.deepEqual([summary.documents, summary.accepted, summary.refused], [CASES.length, 2, CASES.length - 2]);
  });

  it("refuses a 50 MB file unread and an absent one by name, and goes on", async () => {
    const large = write("large.xml", "");
    truncateSync(large, 50_000_000);
    const good = write("good.xml", changed(EUR, "KW-1001", "KW-GOOD"));
    const [first, second] = jsonLines<ImportedDocument>(await importing(large, good));
    assert.equal(first?.rule, "ubl.tooLarge");
    assert.equal(second?.status, "accepted");
    const absent = await importing(join(folder, "absent.xml"));
    assert.equal(absent.code, 1);
    assert.match(absent.stdout, /import\.unreadable/);
  });

  it("tells a document that comes twice from another one under its number", async () => {
    const one = write("one.xml", changed(EUR, "KW-1001", "KW-TWICE"));
    const copy = write("copy.xml", readFileSync(one, "utf8"));
    const other = write("other.xml", changed(readFileSync(one, "utf8"), "Sharpening", "Whetting"));
    const verdicts = jsonLines<ImportedDocument>(await importing(one, copy, other)).slice(0, 3);
    assert.deepEqual(
      verdicts.map(({ rule, earlierFile }) => [rule, earlierFile]),
      [
        [undefined, undefined],
        ["invoice.duplicate", one],
        ["invoice.numberTaken", one],
      ],
    );
  });

  it("by another key than the one that acts for a seller is refused", async () => {
    const key = loadOrCreateKey(join(folder, "data", "keys"), "stranger");
    const file = write("stranger.xml", changed(EUR, "KW-1001", "KW-STRANGE"));
    const rules: (string | undefined)[] = [];
    const settings = { client: createClient({ url: node.url }), key };
    for await (const { rule } of importDocuments([file], settings)) rules.push(rule);
    assert.deepEqual(rules, ["party.claimed"]);
  });

  it("of a document with a broken total is refused in the VM exactly when an independent script says so", {
    skip,
  }, async () => {
    interface Row {
      readonly path: string;
      readonly fail: readonly string[];
      readonly cur: string | null;
      readonly type: string | null;
    }
    const rows = readFileSync(EXPECTED, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Row)
      .filter(({ cur, type }) => cur !== null && type !== null);
    const client = createClient({ url: node.url });
    const key = loadKey(join(folder, "data", "keys"), "importer");
    const signed = [];
    for (const [index, { path }] of rows.entries()) {
      const bytes = new Uint8Array(readFileSync(join(DATA, path)));
      const args = toInvoiceArguments(parseDocument(bytes), bytes);
      // The suites use a number for many documents: each gets a seller of its own here, so that only the rules decide.
      const document = { ...args.document, seller: `seller ${index}` };
      signed.push(await client.sign({ contract: "invoice", method: "issue", args: { document } }, key));
    }
    const outcomes = await client.submitMany(signed);
    const verdicts = outcomes.map((outcome) =>
      outcome.state === "committed" && outcome.receipt.outcome !== "ok" ? [ruleOf(outcome.receipt)] : [],
    );
    assert.ok(rows.length > 70);
    assert.deepEqual(
      rows.map(({ path }, index) => [path, verdicts[index]]),
      rows.map(({ path, fail }) => [path, SCRIPT_IS_WRONG.has(path) ? [] : fail.slice(0, 1)]),
    );
  });
});
