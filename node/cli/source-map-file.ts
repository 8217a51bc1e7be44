/**
 * The source map of a module file: FILE.map beside it, else the file that the module's section `sourceMappingURL` names.
 *
 * Modules and maps come from anywhere. A name is followed only to a regular file in the module's own folder or below,
 * never to an address, and what is too big or no source map is passed over: positions are a help, not a verdict.
 */
import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { SOURCE_MAP_SECTION } from "../../contracts/compiler/module-sections.ts";
import { SourceMap } from "../../contracts/compiler/source-map.ts";
import { SourcePositions } from "../../contracts/compiler/source-positions.ts";
import { customSection } from "../../vm/admission/custom-section.ts";
import { ByteCursor } from "../../vm/admission/reader.ts";

/** A map with all its sources inside is a few times the module, which has at most half a megabyte. */
const MAP_BYTES_MAX = 16_777_216;
const SCHEME = /^[a-z][a-z0-9+.-]+:|^\/\//i;

/** The positions of the bytes of module `file` in its sources; undefined when it has no source map that can be read. */
export async function readSourcePositions(file: string, wasm: Uint8Array): Promise<SourcePositions | undefined> {
  for (const path of mapPaths(file, wasm)) {
    const text = await readSmallFile(path);
    const map = text === undefined ? undefined : SourceMap.parse(text);
    if (map !== undefined) return new SourcePositions(wasm, map);
  }
  return undefined;
}

function mapPaths(file: string, wasm: Uint8Array): string[] {
  const named = namedMap(wasm);
  const beside = `${file}.map`;
  return named === undefined ? [beside] : [beside, join(dirname(file), named)];
}

/** The name in the module, when it is a path that does not lead out of the module's folder. */
function namedMap(wasm: Uint8Array): string | undefined {
  const section = customSection(wasm, SOURCE_MAP_SECTION);
  if (section === undefined) return undefined;
  const cursor = new ByteCursor(section, 0, section.length);
  const name = cursor.name();
  if (!cursor.ok || name === "" || name.includes("\0") || SCHEME.test(name) || isAbsolute(name)) return undefined;
  const path = normalize(name);
  return path.split(/[\\/]/)[0] === ".." ? undefined : path;
}

async function readSmallFile(path: string): Promise<string | undefined> {
  try {
    const about = await stat(path);
    return about.isFile() && about.size <= MAP_BYTES_MAX ? await readFile(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}
