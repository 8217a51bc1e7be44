/**
 * Bytes of an XML document to text. UTF-8 with or without a byte order mark, and UTF-16 with one; the encoding that the
 * XML declaration names must agree with the bytes. Everything else is refused: a wrong guess would change names
 * silently, and the hash of the document would vouch for the wrong text.
 */
import { Rejected } from "../../vm/errors.ts";

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

function encodingByMark(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  if (bytes[0] === 0 || bytes[1] === 0) {
    throw new Rejected("ubl.encoding", "the document looks like UTF-16 or UTF-32 without a byte order mark");
  }
  return "utf-8";
}

function decode(bytes: Uint8Array, encoding: Encoding): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new Rejected("ubl.encoding", `the document is not valid ${encoding.toUpperCase()}`);
  }
}

const DECLARATION = /^<\?xml\s+version\s*=\s*["'][^"']*["']\s+encoding\s*=\s*["']([A-Za-z][\w.-]*)["']/;

function checkDeclaration(text: string, encoding: Encoding): void {
  const declared = DECLARATION.exec(text)?.[1]?.toLowerCase();
  if (declared === undefined) return;
  const allowed = encoding === "utf-8" ? ["utf-8", "utf8", "us-ascii", "ascii"] : ["utf-16", encoding];
  if (allowed.includes(declared)) return;
  throw new Rejected("ubl.encoding", `the XML declaration says ${declared}, the bytes are ${encoding.toUpperCase()}`, {
    value: declared,
    hint: "save the document as UTF-8",
  });
}

/**
 * Returns the document's text, without a byte order mark.
 * @errors ubl.encoding
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = encodingByMark(bytes);
  const text = decode(bytes, encoding);
  checkDeclaration(text, encoding);
  return text;
}
