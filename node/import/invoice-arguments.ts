/** A UBL document as the arguments of the invoice contract's `issue`, by the names of its ABI. */
import { createHash } from "node:crypto";
import type { Decimal } from "./decimal.ts";
import type { UblDocument } from "./ubl-document.ts";

const NO_RATE: Decimal = { coefficient: "0", scale: 0 };

/**
 * Returns the JSON arguments. The document's hash is SHA-256 of the file, byte for byte, so that whoever has the file can
 * show that it is the one on the chain.
 * @param bytes  the file that `document` was read from
 */
export function toInvoiceArguments(document: UblDocument, bytes: Uint8Array) {
  const { kind: _, subtotals, ...terms } = document;
  return {
    document: {
      ...terms,
      // A category outside the scope of VAT (O) has no rate; the contract's type has zero for it.
      subtotals: subtotals.map((subtotal) => ({ ...subtotal, rate: subtotal.rate ?? NO_RATE })),
      documentHash: createHash("sha256").update(bytes).digest("hex"),
    },
  };
}
