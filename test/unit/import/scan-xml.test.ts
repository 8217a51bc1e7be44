import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { scanXml } from "../../../node/import/scan-xml.ts";
import { Rejected } from "../../../vm/errors.ts";

/** Texts built to make a careless scan quadratic: each has one mark that every step could search for anew. */
const UNITS: readonly string[] = [
  "<b/>",
  '<b a="1"/>',
  "&amp;",
  "<!---->",
  "<![CDATA[&]]>",
  "<?x?>",
  " ",
  ">",
  "'",
  '"',
];
const REPEATS = 200_000;

describe("the scan", () => {
  for (const unit of UNITS) {
    it(`reads ${REPEATS} times ${unit} with one reference at the very end in one pass`, () => {
      scanXml(`<a>${unit.repeat(REPEATS)}&lt;</a>`);
    });
  }

  it("reads a tag with 200,000 attributes in one pass", () => {
    scanXml(`<a ${'b="c" '.repeat(REPEATS)}/>`);
  });

  it("refuses a comment, a section, an instruction or a tag that does not end", () => {
    for (const text of ["<a><!-- x</a>", "<a><![CDATA[ x</a>", "<a><? x</a>", "<a", '<a b="', '<a b="x>']) {
      assert.throws(
        () => scanXml(text),
        (error) => error instanceof Rejected && error.code === "ubl.notXml",
        text,
      );
    }
  });

  it("does not take marks in comments, sections, instructions and quotes for markup", () => {
    scanXml(`<?p <!ENTITY ?><!-- <!DOCTYPE a> & --><a b='>&gt;"'><![CDATA[</a> & <!DOCTYPE]]></a><!-- > -->`);
  });
});
