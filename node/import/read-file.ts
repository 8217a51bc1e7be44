/** Reads a document's bytes, never more than the cap: a file that is too large is refused by its size, unread. */
import { open } from "node:fs/promises";
import { Rejected } from "../../vm/errors.ts";
import { pathReason } from "../config/files.ts";

/** Largest document read by default. The largest public sample invoice has 0.4 MB; parsing takes about 0.5 s a MB. */
export const DOCUMENT_BYTES_MAX = 20_000_000;

/**
 * Resolves to the file's bytes.
 * @errors import.unreadable (absent, a folder, a device, no permission), ubl.tooLarge, ubl.empty
 */
export async function readDocumentFile(path: string, bytesMax: number = DOCUMENT_BYTES_MAX): Promise<Uint8Array> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error);
  });
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new Rejected("import.unreadable", `${path} is not a file`);
    if (status.size > bytesMax) throw tooLarge(status.size, bytesMax);
    if (status.size === 0) throw new Rejected("ubl.empty", "the file is empty");
    const bytes = new Uint8Array(status.size);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function tooLarge(size: number, bytesMax: number): Rejected {
  return new Rejected("ubl.tooLarge", `the file has ${size} bytes; a document may have at most ${bytesMax}`, {
    value: String(size),
    limit: String(bytesMax),
    hint: "a UBL invoice carries attachments by reference (cac:Attachment/cac:ExternalReference)",
  });
}

export function unreadable(path: string, error: NodeJS.ErrnoException): Rejected {
  const reason = pathReason(error) ?? error.code ?? error.message;
  return new Rejected("import.unreadable", `${path} cannot be read: ${reason}`);
}
