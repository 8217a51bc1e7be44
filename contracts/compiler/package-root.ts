/**
 * Where this package lies: its asconfig.json and contracts/sdk are read from there, in the source tree and from dist
 * alike.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NodeError } from "../../vm/errors.ts";

function isPackageRoot(folder: string): boolean {
  const file = join(folder, "package.json");
  if (!existsSync(file)) return false;
  const { name } = JSON.parse(readFileSync(file, "utf8")) as { name?: string };
  return name === "cinnabar" && existsSync(join(folder, "contracts", "sdk", "index.ts"));
}

/** The nearest folder above this file that holds package `cinnabar`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isPackageRoot(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new NodeError("compiler.noPackage", "the folder of package cinnabar was not found");
    folder = parent;
  }
  return folder;
}
