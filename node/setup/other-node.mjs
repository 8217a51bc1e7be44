/**
 * The same script under another version of Node.js: `--node 26` before the filters of `npm test`. Engines differ in what
 * they run (relaxed SIMD is not in Node 20), so what is tested on one of them is not tested on the others.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./prepare.mjs";
import { SetupError } from "./run.mjs";

const USAGE = "--node takes a major version of Node.js: npm test -- --node 26 FILTER...";

/** The major version after `--node`, undefined without it, and the other arguments in their order. */
export function takeNodeOption(args) {
  const at = args.indexOf("--node");
  if (at < 0) return { major: undefined, rest: args };
  const major = /^\d{1,3}$/.test(args[at + 1] ?? "") ? Number(args[at + 1]) : undefined;
  if (major === undefined) throw new SetupError(USAGE);
  return { major, rest: [...args.slice(0, at), ...args.slice(at + 2)] };
}

/** True when `major` is the Node.js that runs this. */
export function isOwn(major) {
  return major === Number(process.versions.node.split(".")[0]);
}

/** The exit code of the script under that binary; 1 when it was killed or could not be started. */
export function runUnder(path, script, args) {
  return spawnSync(path, [script, ...args], { cwd: ROOT, stdio: "inherit" }).status ?? 1;
}

/** The path of that version's binary, fetched from npm where it is missing; undefined when it cannot be had. */
export async function findNode(major) {
  const nodes = await import(pathToFileURL(join(ROOT, "dist", "test", "bench", "nodes.js")).href);
  if (!nodes.NODE_MAJORS.includes(major)) {
    throw new SetupError(`Node.js ${major} is none of those that are supported: ${nodes.NODE_MAJORS.join(", ")}`);
  }
  return nodes.nodeBinary(major)?.path;
}
