/**
 * A contract as plain `asc -O3` makes it: the baseline for our own build. The transform that adds the entries is the
 * project's, without it there is nothing to call; no option and no step beyond it is. The allocator is the contracts'
 * (`stub`), because a collector would make the baseline slower.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize, resolve } from "node:path";
import { createMemoryStream, main } from "assemblyscript/asc";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";
import { START_EXPORT } from "../../../contracts/compiler/start-function.ts";
import { ContractTransform } from "../../../contracts/compiler/transform.ts";
import { NodeError } from "../../../vm/errors.ts";

const OUTPUT = "plain.wasm";
const SDK_IMPORT = { name: "cinnabar-sdk.ts", text: 'import "cinnabar/sdk";' };
const SDK_FILE = /(?:^|\/)node_modules\/cinnabar\/sdk\/([^/]+)$/;
const OPTIONS = ["-O3", "--runtime", "stub", "--initialMemory", "2", "--exportStart", START_EXPORT, "--noColors"];

function readSource(name: string, folder: string): string | null {
  const path = normalize(name).replaceAll("\\", "/");
  if (path === SDK_IMPORT.name) return SDK_IMPORT.text;
  const sdkFile = SDK_FILE.exec(path)?.[1];
  const file = sdkFile === undefined ? resolve(folder, path) : join(packageRoot(), "contracts", "sdk", sdkFile);
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

export async function compilePlain(entry: string): Promise<Uint8Array> {
  const stderr = createMemoryStream();
  const written = new Map<string, Uint8Array | string>();
  const files = [SDK_IMPORT.name, basename(entry), "--baseDir", dirname(entry), "--outFile", OUTPUT];
  const { error } = await main([...files, ...OPTIONS], {
    stdout: createMemoryStream(),
    stderr,
    transforms: [new ContractTransform() as never],
    readFile: readSource,
    writeFile: (name, contents) => void written.set(name, contents),
    listFiles: () => [],
  });
  const output = written.get(OUTPUT);
  if (error !== null || !(output instanceof Uint8Array)) {
    throw new NodeError("bench.compile", `asc -O3 failed: ${stderr.toString()}`);
  }
  return output;
}
