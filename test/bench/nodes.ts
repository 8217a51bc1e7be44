/**
 * Other versions of Node.js to measure on: npm packages, fetched into a cache outside the source tree when a bench
 * asks for them. Nothing of the product depends on them.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../contracts/compiler/package-root.ts";

export const NODE_MAJORS = [20, 24, 26] as const;

export interface NodeBinary {
  readonly major: number;
  readonly path: string;
}

const ownMajor = Number(process.versions.node.split(".")[0]);

/** A folder that survives, is not part of the source and not of a package. */
export function cacheFolder(name: string): string {
  return join(packageRoot(), "node_modules", ".cache", "cinnabar-bench", name);
}

/** Installs npm packages into a cache folder of their own; null and a word on standard error when that fails. */
export function fetchPackages(name: string, packages: readonly string[], proof: string): string | null {
  const folder = cacheFolder(name);
  if (existsSync(join(folder, proof))) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const args = [
    "install",
    "--prefix",
    folder,
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",
  ];
  try {
    execFileSync("npm", [...args, ...packages], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  } catch {
    process.stderr.write(`${packages.join(", ")} could not be fetched (is the npm registry reachable?): left out\n`);
    return null;
  }
  return existsSync(join(folder, proof)) ? folder : null;
}

/** The binary of a major version: the Node at hand where it is one, else a fetched one, else null. */
export function nodeBinary(major: number): NodeBinary | null {
  if (major === ownMajor) return { major, path: process.execPath };
  const name = `node-${process.platform}-${process.arch}`;
  const proof = join("node_modules", name, "bin", "node");
  const folder = fetchPackages(`node-${major}`, [`${name}@${major}`], proof);
  return folder === null ? null : { major, path: join(folder, proof) };
}

/** The binaries that `--node` asks for: one major version or `all`; the Node at hand when none can be had. */
export function nodeBinaries(wanted: string): NodeBinary[] {
  const majors = wanted === "all" ? NODE_MAJORS : [Number(wanted)];
  const found = majors.map(nodeBinary).filter((binary) => binary !== null);
  return found.length > 0 ? found : [{ major: ownMajor, path: process.execPath }];
}
