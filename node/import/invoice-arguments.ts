/** A UBL document as the arguments of the invoice contract's `issue`, by the names of its ABI. */
import { createHash } from "node:crypto";
import type { UblDocument } from "./ubl-document.ts";

/**
 * Returns the JSON arguments. The document's hash is SHA-256 of the file, byte for byte, so that whoever has the file
 * can show that it is the one on the chain.
 * @param bytes  the file that `document` was read from
 */
export function toInvoiceArguments(document: UblDocument, bytes: Uint8Array) {
  const { kind: _, profile: __, ...terms } = document;
  return { document: { ...terms, documentHash: createHash("sha256").update(bytes).digest("hex") } };
}
