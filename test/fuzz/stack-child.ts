/**
 * A process with one engine in one tier: runs the recursions given on standard input as JSON, here or on a worker, hot and cold,
 * and prints how each ended. Imports nothing of the product, so that any Node version can run it.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

interface StackCase {
  readonly id: string;
  readonly code: string;
}

interface Run {
  readonly gas: number;
  readonly stack: number;
}

interface Work {
  readonly cases: readonly StackCase[];
  readonly runs: readonly Run[];
}

const ENDINGS = ["trap", "outOfGas", "stack", "engine: memory"];
/** Often enough for the engine to compile again what is hot. */
const HOT = 200;

function ending(exports: WebAssembly.Instance["exports"], { gas, stack }: Run): string {
  (exports.__cinnabar_reset as (low: number, high: number, stack: number) => void)(gas | 0, 0, stack);
  try {
    (exports.call_run as () => void)();
    return (exports.__cinnabar_gas as WebAssembly.Global<"i64">).value < 0n ? "outOfGas" : "returned";
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) return `engine: ${(error as Error).constructor.name}`;
    return ENDINGS[(exports.__cinnabar_ending as WebAssembly.Global<"i32">).value]!;
  }
}

function linesOf({ cases, runs }: Work): string[] {
  return cases.flatMap(({ id, code }) => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(code, "base64")));
    return runs.map((run) => {
      const endings = new Set(Array.from({ length: HOT }, () => ending(exports, run)));
      return `${id}, gas ${run.gas}, stack ${run.stack}: ${[...endings].join(" or ")}`;
    });
  });
}

async function main(): Promise<void> {
  let input = "";
  for await (const part of process.stdin) input += part;
  const work = JSON.parse(input) as Work;
  const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join("\n")}\n`);
  if (process.argv[2] === "main") print(linesOf(work));
  else new Worker(new URL(import.meta.url), { workerData: work }).once("message", print);
}

if (isMainThread) await main();
else parentPort!.postMessage(linesOf(workerData as Work));
