/** A copy of the project in which rules are broken: its sources, its own build, the packages of the original. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { filesUnder } from "./files-under.ts";
import type { Mutation } from "./rules.ts";

/** A file takes some seconds; a rule whose breach makes it endless is noticed by that. */
const FILE_TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 2 ** 28;

export interface Verdict {
  readonly noticed: boolean;
  /** The first test that failed; why nothing did. */
  readonly by: string;
}

/** The text with the one place changed; null when it is not there exactly once. */
export function changed(text: string, mutation: Mutation): string | null {
  const parts = text.split(mutation.find);
  return parts.length === 2 ? parts.join(mutation.replace) : null;
}

export class Workshop {
  readonly #root: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "cinnabar-mutation-"));

  constructor(root: string) {
    this.#root = root;
    const copy = this.#copy;
    const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" });
    for (const file of files.split("\n").filter((name) => name !== "" && existsSync(join(root, name)))) {
      mkdirSync(join(copy, dirname(file)), { recursive: true });
      cpSync(join(root, file), join(copy, file));
    }
    cpSync(join(root, "build"), join(copy, "build"), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const shared = resolve(root, "..", "shared");
    if (existsSync(shared)) symlinkSync(shared, join(this.#folder, "shared"));
    this.#build();
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Whether the tests of the mutation pass without it, and one of them fails with it. */
  try(mutation: Mutation): Verdict {
    const path = join(this.#copy, mutation.file);
    const original = readFileSync(path, "utf8");
    const text = changed(original, mutation);
    if (text === null) return { noticed: false, by: "the place is not there exactly once" };
    writeFileSync(path, text);
    this.#build();
    const failed = this.#firstFailure(mutation.tests);
    // What was built of it is overwritten by the next build.
    writeFileSync(path, original);
    return failed === null ? { noticed: false, by: "no test failed" } : { noticed: true, by: failed };
  }

  get #copy(): string {
    return join(this.#folder, "main");
  }

  /** Types may be wrong in a mutant: what counts is what runs. */
  #build(): void {
    const compiler = join(this.#root, "node_modules", "typescript", "bin", "tsc");
    spawnSync(process.execPath, [compiler, "-p", "."], { cwd: this.#copy });
  }

  /** Each file in a process of its own, without the runner: one that does not end is ended with all it does. */
  #firstFailure(tests: readonly string[]): string | null {
    const dist = join(this.#copy, "dist");
    const files = filesUnder(dist, ".test.js").filter((file) =>
      tests.some((part) => relative(dist, file).includes(part)),
    );
    for (const file of files) {
      const failed = this.#failureOf(file);
      if (failed !== null) return failed;
    }
    return null;
  }

  #failureOf(file: string): string | null {
    const options = { cwd: this.#copy, encoding: "utf8", timeout: FILE_TIMEOUT_MS, killSignal: "SIGKILL" } as const;
    const { status, stdout, signal } = spawnSync(process.execPath, ["--test-reporter=tap", file], {
      ...options,
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    if (status === 0) return null;
    const names = [...stdout.matchAll(/^\s*not ok \d+ - (.*)$/gm)].map(([, name]) => name!);
    return names[0] ?? `it ended with ${signal ?? status}`;
  }
}
