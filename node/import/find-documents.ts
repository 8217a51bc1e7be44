/** Which files an import reads: named files as they are, folders searched for XML, always in the same order. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { unreadable } from "./read-file.ts";

const isXml = (name: string): boolean => name.toLowerCase().endsWith(".xml");
const byName = (left: { name: string }, right: { name: string }): number =>
  left.name < right.name ? -1 : left.name > right.name ? 1 : 0;

async function* walk(folder: string): AsyncGenerator<string> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort(byName);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile() && isXml(entry.name)) yield path;
  }
}

/**
 * Yields the files to read: each named file, whatever its name; in a folder every `.xml` (or `.XML`) below it, sorted
 * by name. Links inside folders are not followed, so a walk always ends.
 * @errors import.unreadable: a path that is not there
 */
export async function* findDocuments(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) {
    const status = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw unreadable(path, error);
    });
    if (status.isDirectory()) yield* walk(path);
    else yield path;
  }
}
