/** The project's name and version, from its package.json, wherever the compiled files stand below it. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Software {
  readonly name: string;
  readonly version: string;
}

/** Name and version of this program; version 0.0.0 where no package.json stands above the file. */
export function readSoftware(): Software {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (existsSync(path)) {
      const { name, version } = JSON.parse(readFileSync(path, "utf8")) as Software;
      return { name, version };
    }
    if (dirname(folder) === folder) return { name: "cinnabar", version: "0.0.0" };
  }
}
