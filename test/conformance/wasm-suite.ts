/** The pinned WebAssembly suite as files: unpacked and converted by Debian's wast2json into a folder. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const ARCHIVE = "../shared/vectors/wasm-testsuite/core-3a04b2cf-2022-11-09.tar.gz";

/** Why the suite cannot be had here; false when it can. */
export function suiteMissing(): string | false {
  if (!existsSync(ARCHIVE)) return `${ARCHIVE} is absent`;
  return spawnSync("wast2json", ["--version"]).error === undefined
    ? false
    : "wast2json is not installed (Debian package wabt)";
}

/** The commands of each script, as JSON files in byte order of their names; their modules lie beside them. */
export function convertSuite(folder: string, options: { readonly simd: boolean }): string[] {
  execFileSync("tar", ["-xzf", ARCHIVE, "-C", folder]);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort((a, b) => (a < b ? -1 : 1));
  return names
    .filter((name) => name.endsWith(".wast") && (options.simd || !name.includes("simd")))
    .map((name) => {
      const script = join(folder, name);
      const output = join(dirname(script), `${basename(script)}.json`);
      execFileSync("wast2json", ["--enable-all", "--no-check", "-o", output, script], { stdio: "ignore" });
      return output;
    });
}
