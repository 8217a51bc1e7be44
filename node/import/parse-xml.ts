/** XML text to elements whose names are (namespace, local name): prefixes are the writer's choice and mean nothing. */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { Rejected } from "../../vm/errors.ts";
import { DEPTH_MAX, referenceCode, scanXml } from "./scan-xml.ts";

export interface XmlElement {
  /** Namespace URI, empty when the element is in none. */
  readonly namespace: string;
  readonly name: string;
  /** Attributes without a prefix, by name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The element's own character data, references and CDATA resolved, not trimmed. */
  readonly text: string;
}

const TEXT = "#text";
const CDATA = "#cdata";
const ATTRIBUTES = ":@";

/** One entry of the parser's ordered output: a tag name (or TEXT, CDATA) and perhaps ATTRIBUTES. */
type RawNode = Readonly<Record<string, unknown>>;

/** Nothing is interpreted by the parser: no numbers, no entities, no trimming; those are decided here. */
const PARSER_OPTIONS = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  textNodeName: TEXT,
  cdataPropName: CDATA,
  processEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: DEPTH_MAX,
} as const;

const NAMED_REFERENCES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The scan has let pass only predefined and numeric references. */
function resolveReferences(raw: string): string {
  if (!raw.includes("&")) return raw;
  return raw.replace(/&(#?\w+);/g, (_, name: string) =>
    name.startsWith("#") ? String.fromCodePoint(referenceCode(name)) : (NAMED_REFERENCES[name] ?? ""),
  );
}

type Scope = ReadonlyMap<string, string>;
const ROOT_SCOPE: Scope = new Map([
  ["", ""],
  ["xml", "http://www.w3.org/XML/1998/namespace"],
]);

function scopeOf(attributes: Readonly<Record<string, string>>, outer: Scope): Scope {
  const declared = Object.entries(attributes).filter(([name]) => name === "xmlns" || name.startsWith("xmlns:"));
  if (declared.length === 0) return outer;
  return new Map([
    ...outer,
    ...declared.map(([name, value]): [string, string] => [name.slice(6), resolveReferences(value).trim()]),
  ]);
}

function qualified(tag: string, scope: Scope): { namespace: string; name: string } {
  const colon = tag.indexOf(":");
  const prefix = colon === -1 ? "" : tag.slice(0, colon);
  const namespace = scope.get(prefix);
  if (namespace === undefined) {
    throw new Rejected("ubl.notXml", `not XML with namespaces: the prefix ${prefix} is not declared`, {
      value: prefix,
    });
  }
  return { namespace, name: tag.slice(colon + 1) };
}

function plainAttributes(raw: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const plain = Object.entries(raw).filter(([name]) => !name.includes(":") && name !== "xmlns");
  return new Map(plain.map(([name, value]) => [name, resolveReferences(value)]));
}

const asNodes = (value: unknown): readonly RawNode[] => (Array.isArray(value) ? (value as readonly RawNode[]) : []);

function textOf(node: RawNode): string {
  if (TEXT in node) return resolveReferences(String(node[TEXT]));
  if (CDATA in node)
    return asNodes(node[CDATA])
      .map((part) => String(part[TEXT] ?? ""))
      .join("");
  return "";
}

/** The tag of an ordered node; undefined for text. */
function tagOf(node: RawNode): string | undefined {
  return Object.keys(node).find((key) => key !== ATTRIBUTES && key !== TEXT && key !== CDATA);
}

/** Recursion is bounded by DEPTH_MAX. */
function toElement(node: RawNode, tag: string, outer: Scope): XmlElement {
  const attributes = (node[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>;
  const scope = scopeOf(attributes, outer);
  const children: XmlElement[] = [];
  let text = "";
  for (const part of asNodes(node[tag])) {
    const childTag = tagOf(part);
    if (childTag === undefined) text += textOf(part);
    else children.push(toElement(part, childTag, scope));
  }
  return { ...qualified(tag, scope), attributes: plainAttributes(attributes), children, text };
}

function parseNodes(text: string): readonly RawNode[] {
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) {
    throw new Rejected("ubl.notXml", `not XML: ${verdict.err.msg} (line ${verdict.err.line})`);
  }
  try {
    return asNodes(new XMLParser(PARSER_OPTIONS).parse(text));
  } catch (error) {
    throw new Rejected("ubl.notXml", `not XML that can be read: ${(error as Error).message.slice(0, 200)}`);
  }
}

/**
 * Returns the root element.
 * @errors ubl.notXml, ubl.entity, ubl.tooDeep
 */
export function parseXml(text: string): XmlElement {
  scanXml(text);
  for (const node of parseNodes(text)) {
    const tag = tagOf(node);
    if (tag !== undefined) return toElement(node, tag, ROOT_SCOPE);
  }
  throw new Rejected("ubl.notXml", "not XML: there is no element");
}
