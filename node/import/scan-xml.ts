/**
 * A first look at an XML text, before any parser builds something from it: one pass, linear, no recursion.
 *
 * The scan hops from mark to mark (`<`, `&`) and keeps only the depth. It refuses what a business document never needs
 * and a parser is attacked with: a document type or entity declaration (external files, exponential expansion), a
 * reference to an entity that XML does not predefine, nesting beyond a bound. It also refuses what fast-xml-parser lets
 * pass although XML forbids it: text outside the root element, a second root, control characters, `<` inside an
 * attribute. Marks inside comments, CDATA sections and processing instructions are text and are skipped.
 */
import { Rejected } from "../../vm/errors.ts";

/** Deepest nesting read: UBL's own schemas stay under 12; extensions add a few. Also fast-xml-parser's own bound. */
export const DEPTH_MAX = 100;

const notXml = (message: string): Rejected => new Rejected("ubl.notXml", `not XML: ${message}`);

const REFERENCE = /&(?:(#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);|([A-Za-z_][\w.-]*);)?/y;
// XML 1.0 production 2: tab, line feed and carriage return are the only control characters; no surrogates, no U+FFFE/F.
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is the list of forbidden ones
const FORBIDDEN_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const BLANK = /^[ \t\r\n]*$/;

/** True for a code point that XML 1.0 allows in a document. */
export function isXmlCharacter(code: number): boolean {
  return (
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}

function checkReference(text: string, at: number): void {
  REFERENCE.lastIndex = at;
  const [, known, named] = REFERENCE.exec(text) ?? [];
  if (named !== undefined) {
    throw new Rejected("ubl.entity", `the document refers to the entity &${named.slice(0, 40)};, which is not read`);
  }
  if (known === undefined) throw notXml(`"&" at character ${at} begins no reference`);
  if (known.startsWith("#") && !isXmlCharacter(referenceCode(known))) {
    throw notXml(`&${known}; is not a character of XML`);
  }
}

/**
 * Returns a check of all references in [from, to), to be called with rising positions: the next `&` is looked for once
 * and remembered, or a text with a single `&` at its end would be searched anew for every tag.
 */
function createReferenceCheck(text: string): (from: number, to: number) => void {
  const find = (from: number): number => {
    const at = text.indexOf("&", from);
    return at === -1 ? text.length : at;
  };
  let next = find(0);
  return (from, to) => {
    if (next < from) next = find(from);
    for (; next < to; next = find(next + 1)) checkReference(text, next);
  };
}

/** The code point of `#65` or `#x41`. */
export function referenceCode(reference: string): number {
  return reference.startsWith("#x") ? Number.parseInt(reference.slice(2), 16) : Number.parseInt(reference.slice(1), 10);
}

/** Position after `end`, which must come after `from`. */
function after(text: string, end: string, from: number, what: string): number {
  const at = text.indexOf(end, from);
  if (at === -1) throw notXml(`${what} is not closed`);
  return at + end.length;
}

/** Position of the `>` that closes the tag which opens at `from`; quotes may hold `>` but not `<`. */
function tagEnd(text: string, from: number): number {
  const next = text.indexOf("<", from + 1);
  const limit = next === -1 ? text.length : next;
  for (let at = from + 1; at < limit; at++) {
    const character = text[at];
    if (character === ">") return at;
    if (character === '"' || character === "'") {
      at = text.indexOf(character, at + 1);
      if (at === -1) break;
    }
  }
  throw notXml(`the tag at character ${from} is not closed`);
}

/** Position after the comment, CDATA section or instruction that opens at `at`; `at` itself when a tag opens there. */
function skipMarkup(text: string, at: number, depth: number): number {
  if (text.startsWith("<!--", at)) return after(text, "-->", at + 4, "a comment");
  if (text.startsWith("<?", at)) return after(text, "?>", at + 2, "a processing instruction");
  if (text.startsWith("<![CDATA[", at)) {
    if (depth === 0) throw notXml("a CDATA section outside the root element");
    return after(text, "]]>", at + 9, "a CDATA section");
  }
  if (text.startsWith("<!", at)) {
    const name = /^[A-Za-z]*/.exec(text.slice(at + 2, at + 12))?.[0] ?? "";
    throw new Rejected("ubl.entity", `the document has a declaration (<!${name}), which is not read`, {
      hint: "a UBL document needs no DOCTYPE; take it out",
    });
  }
  return at;
}

/**
 * The text has one root element, closed tags by count, no declarations, no unknown references and at most DEPTH_MAX
 * levels. That names match is left to the parser.
 * @errors ubl.notXml, ubl.entity, ubl.tooDeep
 */
export function scanXml(text: string): void {
  const forbidden = FORBIDDEN_CHARACTER.exec(text);
  if (forbidden !== null) throw notXml(`a control character at character ${forbidden.index}`);
  const checkReferences = createReferenceCheck(text);
  let depth = 0;
  let roots = 0;
  let position = 0;
  const checkText = (to: number): void => {
    if (depth > 0) checkReferences(position, to);
    else if (!BLANK.test(text.slice(position, to))) throw notXml("there is text outside the root element");
  };
  for (let at = text.indexOf("<"); at !== -1; at = text.indexOf("<", position)) {
    checkText(at);
    position = skipMarkup(text, at, depth);
    if (position !== at) continue;
    const end = tagEnd(text, at);
    checkReferences(at, end);
    const closes = text[at + 1] === "/";
    if (closes) depth -= 1;
    else if (depth === 0) roots += 1;
    if (depth < 0 || roots > 1) throw notXml("there is more than one root element");
    if (!closes && text[end - 1] !== "/") depth += 1;
    if (depth > DEPTH_MAX) {
      throw new Rejected("ubl.tooDeep", `elements are nested more than ${DEPTH_MAX} levels deep`);
    }
    position = end + 1;
  }
  if (roots === 0) throw notXml("there is no element");
  checkText(text.length);
  if (depth !== 0) throw notXml("an element is not closed");
}
