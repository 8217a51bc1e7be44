/** Runs commands as a user does, each in a process of its own, with nothing of the test's environment that could matter. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../../../node/cli/main.ts";

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const SCRIPT = fileURLToPath(new URL("./cli-process.js", import.meta.url));
/** Wide enough for a loaded machine; a command that hangs fails the test by its signal. */
const TIMEOUT_MS = 120_000;

function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("CINNABAR_"));
  return { ...Object.fromEntries(kept), NO_COLOR: "1", ...extra };
}

export function spawnCli(args: readonly string[], extra: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [SCRIPT, ...args], { env: environment(extra), stdio: ["ignore", "pipe", "pipe"] });
}

/** Resolves when the process has ended. */
export function outcomeOf(child: ChildProcess): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

export function runCli(args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  return outcomeOf(spawnCli(args, extra));
}

/** The same in this process, which is quicker; for commands that start no node. */
export async function runHere(args: readonly string[]): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  const code = await runCommandLine(args, {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    isTerminal: { out: false, err: false },
  });
  return { code, stdout, stderr };
}

/** The JSON lines of a command's output. */
export function jsonLines<T = Record<string, unknown>>(result: CliResult): T[] {
  return result.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

export interface RunningNode {
  readonly url: string;
  readonly process: ChildProcess;
  /** Resolves when the process has ended. */
  readonly ended: Promise<CliResult>;
}

/** `cinnabar start` on a free port; resolves when it serves. */
export async function startNodeProcess(folder: string, args: readonly string[] = []): Promise<RunningNode> {
  const child = spawnCli(["start", "--data", folder, "--port", "0", "--log-level", "error", "--json", ...args]);
  const ended = outcomeOf(child);
  const started = new Promise<string>((resolve) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const line = text.split("\n").find((candidate) => candidate.includes('"serving"'));
      if (line !== undefined) resolve((JSON.parse(line) as { serving: { url: string } }).serving.url);
    });
  });
  const url = await Promise.race([
    started,
    ended.then(({ code, stderr }) => {
      throw new RangeError(`the node ended with ${code}: ${stderr}`);
    }),
  ]);
  return { url, process: child, ended };
}

/** A folder that is gone after `work`. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "cinnabar-cli-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
