import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseDocument } from "../../../node/import/parse-document.ts";
import { Rejected } from "../../../vm/errors.ts";
import { sampleBytes } from "./sample-xml.ts";

/** A document, or a refusal by code; anything else thrown is a hole. */
function isAnswered(bytes: Uint8Array): boolean {
  try {
    return parseDocument(bytes).number.length > 0;
  } catch (error) {
    return error instanceof Rejected && /^ubl\.[a-zA-Z]+$/.test(error.code);
  }
}

/** Pieces that XML readers stumble over, to be put anywhere. */
const PIECES = ["<", ">", "&", "&#", "&#xFFFFFFF;", "&amp", "<![CDATA[", "]]>", "<!--", "--", "<?", "\u0000", "\ufeff"];
const MORE_PIECES = [
  "</",
  "/>",
  '"',
  "'",
  "<!DOCTYPE",
  "xmlns",
  "xmlns:cbc=''",
  "__proto__",
  "constructor",
  ":",
  "e99999",
];

describe("hostile bytes", () => {
  it("of any kind are answered with a document or a code", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), isAnswered), { numRuns: 1000 });
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => isAnswered(new TextEncoder().encode(text))));
  });

  it("in the middle of a good document are answered with a document or a code", () => {
    const good = new TextDecoder().decode(sampleBytes());
    const piece = fc.oneof(fc.constantFrom(...PIECES, ...MORE_PIECES), fc.string({ maxLength: 12 }));
    const edit = fc.record({ at: fc.nat(good.length), cut: fc.nat(20), piece });
    const changed = fc
      .array(edit, { minLength: 1, maxLength: 3 })
      .map((edits) =>
        edits.reduce((text, { at, cut, piece: put }) => text.slice(0, at) + put + text.slice(at + cut), good),
      );
    fc.assert(
      fc.property(changed, (text) => isAnswered(new TextEncoder().encode(text))),
      { numRuns: 2000 },
    );
  });

  it("that flip a bit of a good document change the answer or the document, never more", () => {
    const good = sampleBytes();
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(7), (at, bit) => {
        const changed = good.slice();
        changed[at] = changed[at]! ^ (1 << bit);
        assert.ok(isAnswered(changed));
      }),
      { numRuns: 1000 },
    );
  });
});
