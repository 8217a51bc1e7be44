/**
 * Test vectors that others published. They are not part of the project: they lie beside it, in `../shared/vectors`, and
 * a test that needs them is skipped, with the reason, where they are absent.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join("..", "shared", "vectors");

/** The text of a vector file, by its path in the folder of vectors. */
export function readVectors(path: string): string {
  return readFileSync(join(FOLDER, path), "utf8");
}

/** Options for `test`: a skip with its reason when the file is absent. */
export function needsVectors(path: string): { skip: string | false } {
  const file = join(FOLDER, path);
  return { skip: existsSync(file) ? false : `${file} is not here: published vectors are kept beside the project` };
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
