/**
 * Whether a build is up to date, by content: the SHA-256 of the inputs' names and bytes is kept in a stamp file beside
 * the outputs. Times of files are not used, because a clone, a branch switch or a copy changes them without changing a
 * byte.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

/**
 * Files under `folder` (recursive, sorted by path) for which `wanted(name)` is true; none when the folder is absent.
 */
export function filesUnder(folder, wanted) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesUnder(path, wanted));
    else if (wanted(entry.name)) found.push(path);
  }
  return found.sort();
}

/** Hex SHA-256 over the names (relative to `root`) and contents of `files`; an absent file counts as absent. */
export function fingerprint(root, files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.from("absent");
    hash.update(`${relative(root, file).split(sep).join("/")}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

export function readStamp(path) {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}

export function writeStamp(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${value}\n`);
}
