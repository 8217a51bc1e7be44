/**
 * `npm test [-- [--node N] FILTER...]`: builds what is missing, then runs every compiled test file, each in its own
 * process. A filter that is part of a file's path (`test/unit/cli`, `kill-node`) chooses files; any other chooses tests
 * by name. `--node 26` runs them on that Node.js, fetched from npm where it is not at hand; where it cannot be had, the
 * last lines say what was not tested, and the exit code is 0.
 */
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { filesUnder } from "./fingerprint.mjs";
import { findNode, isOwn, runUnder, takeNodeOption } from "./other-node.mjs";
import { afterPrepare, ROOT } from "./prepare.mjs";
import { say } from "./progress.mjs";
import { SetupError } from "./run.mjs";

/** Files that run at once: tests wait for disks and workers, so two are kept going even on one core. */
const CONCURRENCY = Math.min(8, Math.max(2, availableParallelism()));
const FILE_TIMEOUT_MS = 240_000;

/** The files to run and the patterns of test names, from the filters of the command line. */
function choose(filters) {
  const dist = join(ROOT, "dist");
  const all = filesUnder(dist, (name) => name.endsWith(".test.js"));
  const isIn = (file, part) => relative(dist, file).includes(part.replace(/\.ts$/, ""));
  const parts = filters.filter((filter) => all.some((file) => isIn(file, filter)));
  const files = parts.length === 0 ? all : all.filter((file) => parts.some((part) => isIn(file, part)));
  return { files, testNamePatterns: filters.filter((filter) => !parts.includes(filter)) };
}

/** Counts tests (not the files that hold them, and of suites only those skipped whole) and keeps the reasons of skips. */
function createTally() {
  const tally = { passed: 0, failed: 0, skipped: 0, reasons: new Map() };
  const isLeftOut = (data) => data.skip === "test name does not match pattern";
  const isCounted = (data) => data.details?.type !== "suite" || data.skip !== undefined;
  const isTest = (data) => isCounted(data) && data.name !== data.file && !isLeftOut(data);
  const onPass = (data) => {
    if (!isTest(data)) return;
    if (data.skip === undefined && data.todo === undefined) tally.passed += 1;
    else {
      tally.skipped += 1;
      const reason = String(data.skip ?? data.todo);
      tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
    }
  };
  const onFail = (data) => {
    if (isTest(data)) tally.failed += 1;
  };
  return { tally, onPass, onFail };
}

/** The last line is alone and plain, so that other programs can read it too. */
function printTotal(tally, fileCount, startedMs) {
  const print = (text) => process.stdout.write(`${text}\n`);
  for (const [reason, count] of tally.reasons) {
    print(`skipped ${count}: ${reason === "true" ? "no reason given" : reason}`);
  }
  const total = tally.passed + tally.failed + tally.skipped;
  print(`${total} tests in ${fileCount} files, ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  print(`tests: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
}

async function runTests(filters) {
  const startedMs = Date.now();
  const { files, testNamePatterns } = choose(filters);
  const { tally, onPass, onFail } = createTally();
  const options = { files, concurrency: CONCURRENCY, timeout: FILE_TIMEOUT_MS };
  const stream = run(testNamePatterns.length > 0 ? { ...options, testNamePatterns } : options);
  stream.on("test:pass", onPass);
  stream.on("test:fail", onFail);
  stream.on("test:fail", () => {
    process.exitCode = 1;
  });
  stream.compose(new spec()).pipe(process.stdout);
  await new Promise((resolve) => stream.on("end", resolve));
  process.on("exit", () => printTotal(tally, files.length, startedMs));
}

/** Nothing of this is a success: it is said where the total stands, and as a skip. */
function sayNotTested(major, filters) {
  const count = choose(filters).files.length;
  process.stderr.write(`\n*** NOT TESTED ON NODE ${major}: it is not here and could not be fetched from npm ***\n`);
  process.stdout.write(`skipped ${count} files: no Node ${major}\ntests: 0 passed, 0 failed, ${count} skipped\n`);
}

async function runTestsOn(major, filters) {
  const path = await findNode(major);
  if (path === undefined) sayNotTested(major, filters);
  else process.exitCode = runUnder(path, fileURLToPath(import.meta.url), filters);
}

await afterPrepare(async () => {
  process.chdir(ROOT);
  try {
    const { major, rest } = takeNodeOption(process.argv.slice(2));
    if (major === undefined || isOwn(major)) await runTests(rest);
    else await runTestsOn(major, rest);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 2;
  }
});
