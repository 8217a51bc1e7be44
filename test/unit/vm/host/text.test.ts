import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { utf8OfUtf16, wellFormedUtf8 } from "../../../../vm/host/text.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
const MAX = 1_024;

/** The oracle: the platform's own replacement, then whole characters as long as they fit. */
function cut(text: string, bytesMax: number): Uint8Array {
  let kept = "";
  let length = 0;
  for (const character of text) {
    length += encoder.encode(character).length;
    if (length > bytesMax) break;
    kept += character;
  }
  return encoder.encode(kept);
}

/** Bytes that are nearly UTF-8: pieces of characters of every length, in any order. */
const nearlyUtf8 = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc.string({ unit: "binary", maxLength: 4 }).map((text) => encoder.encode(text)),
      fc
        .constantFrom([0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0xaf], [0xe0, 0x80], [0xf0, 0x9f, 0x92])
        .map((bytes) => Uint8Array.from(bytes)),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

describe("a message of a contract", () => {
  it("is what the Encoding Standard makes of its bytes, cut at a whole character", () => {
    fc.assert(
      fc.property(nearlyUtf8, fc.integer({ min: 0, max: 60 }), (bytes, bytesMax) => {
        assert.deepEqual(wellFormedUtf8(bytes, bytesMax), cut(decoder.decode(bytes), bytesMax));
      }),
      { numRuns: 2_000 },
    );
  });

  it("from UTF-16 has U+FFFD for every lone surrogate", () => {
    const units = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0xd83d, 0xdca9, 0xd800, 0xdfff, 0x41)),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 60 }), (codes, bytesMax) => {
        const bytes = new Uint8Array(Uint16Array.from(codes).buffer);
        // Encoding puts U+FFFD in the place of what is alone.
        const text = String.fromCharCode(...codes);
        assert.deepEqual(utf8OfUtf16(bytes, bytesMax), cut(text, bytesMax));
      }),
      { numRuns: 2_000 },
    );
  });

  it("stops before the first character that does not fit, even when a shorter one follows", () => {
    const bytes = encoder.encode(`${"a".repeat(MAX - 1)}é!`);
    assert.equal(wellFormedUtf8(bytes, MAX).length, MAX - 1);
    assert.equal(wellFormedUtf8(encoder.encode("é".repeat(600)), MAX).length, MAX);
  });

  it("leaves out the odd last byte of UTF-16", () => {
    assert.deepEqual(utf8OfUtf16(Uint8Array.of(0x41, 0, 0x42), MAX), Uint8Array.of(0x41));
  });
});
