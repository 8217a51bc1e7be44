/** A file's bytes to the document in it: the whole of reading, without disk or chain. */
import { decodeText } from "./decode-text.ts";
import { parseXml } from "./parse-xml.ts";
import { readUbl } from "./read-ubl.ts";
import type { UblDocument } from "./ubl-document.ts";

/**
 * Returns the UBL document that `bytes` hold.
 * @errors ubl.encoding, ubl.notXml, ubl.entity, ubl.tooDeep and those of readUbl
 */
export function parseDocument(bytes: Uint8Array): UblDocument {
  return readUbl(parseXml(decodeText(bytes)));
}
