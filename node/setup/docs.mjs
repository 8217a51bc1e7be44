/**
 * `npm run docs`: every shell block of README.md and docs/*.md works as written, and every relative link leads
 * somewhere.
 *
 * A block is a fence with the language `sh`; it runs from the project's root, all its lines in one shell, with its data
 * in a folder of its own. Words after the language say more: `exit=1` is the exit code the text promises, `no-run`
 * marks what cannot end (a server) or needs the reader's own files. Blocks of one document share the folder, so that a
 * text can go on from what it did above.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { ROOT } from "./prepare.mjs";

const TIMEOUT_MS = 5 * 60_000;

function documents() {
  const inDocs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  return [join(ROOT, "README.md"), ...inDocs.sort().map((name) => join(ROOT, "docs", name))];
}

/** The shell blocks of a Markdown text: `{line, words, script}`. */
export function shellBlocks(text) {
  const blocks = [];
  for (const match of text.matchAll(/^```sh([^\n]*)\n([\s\S]*?)^```/gm)) {
    const line = text.slice(0, match.index).split("\n").length;
    blocks.push({ line, words: match[1].trim().split(/\s+/).filter(Boolean), script: match[2] });
  }
  return blocks;
}

/** Relative links of a Markdown text that lead nowhere. */
export function brokenLinks(path, text) {
  const withoutCode = text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
  return [...withoutCode.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map((match) => match[1])
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(path), target)));
}

/** Files that a text says it shows whole, `[FILE](FILE), whole:` before a block, and does not. */
export function wrongExcerpts(path, text) {
  return [...text.matchAll(/\]\(([^)\s]+)\), whole:\n\n```\w+\n([\s\S]*?)```/g)]
    .filter(([, target, shown]) => readFileSync(join(dirname(path), target), "utf8") !== shown)
    .map(([, target]) => target);
}

function runBlock(block, data) {
  const wanted = Number(block.words.find((word) => word.startsWith("exit="))?.slice(5) ?? 0);
  const result = spawnSync("bash", ["-euo", "pipefail", "-c", block.script], {
    cwd: ROOT,
    env: { ...process.env, CINNABAR_DATA: data },
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.status === wanted) return true;
  process.stdout.write(`${result.stdout ?? ""}${result.stderr ?? ""}exit ${result.status}, promised ${wanted}\n`);
  return false;
}

function checkDocument(path) {
  const name = relative(ROOT, path);
  const text = readFileSync(path, "utf8");
  const failures = [
    ...brokenLinks(path, text).map((target) => `${name}: the link ${target} leads nowhere`),
    ...wrongExcerpts(path, text).map((target) => `${name}: ${target} is not what is shown`),
  ];
  const data = mkdtempSync(join(tmpdir(), "cinnabar-docs-"));
  let ran = 0;
  for (const block of shellBlocks(text)) {
    if (block.words.includes("no-run")) continue;
    ran += 1;
    console.log(`${name}:${block.line}  ${block.script.trim().split("\n").join(" ; ")}`);
    if (!runBlock(block, join(data, "chain"))) failures.push(`${name}:${block.line} did not do what it says`);
  }
  rmSync(data, { recursive: true, force: true });
  return { ran, failures };
}

const results = documents().map(checkDocument);
const failures = results.flatMap((result) => result.failures);
for (const failure of failures) console.error(failure);
console.log(`${results.reduce((sum, { ran }) => sum + ran, 0)} blocks ran, ${failures.length} failures`);
process.exitCode = failures.length === 0 ? 0 : 1;
