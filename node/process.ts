/**
 * What a process owes the node in it: to stop it in order when it is told to, and to end when it has failed. An error
 * or a promise that nobody handled ends it too: a process that went on after one could acknowledge what is not so.
 */
import { NodeError } from "../vm/errors.ts";
import type { Node } from "./node.ts";

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** A node that failed gets this long to close its files. */
const FAILED_CLOSE_MS = 5_000;

export const EXIT_CODES = { ok: 0, rejected: 1, fault: 70 } as const;

/** The process ends as soon as something happened that nobody handled. */
export function endOnUnhandled(): void {
  process.on("uncaughtException", (error) => endWithFault(error));
  process.on("unhandledRejection", (reason) => endWithFault(reason));
}

/**
 * Resolves to the exit code when the node was stopped by a signal or failed. Signals count from now on: one that comes
 * while the node starts stops it as soon as it has.
 * @errors those of `start`
 */
export async function runUntilStopped(start: () => Promise<Node>): Promise<number> {
  const stopped = stopSignal();
  const node = await start();
  const fault = await Promise.race([node.fault, stopped]);
  if (fault === undefined) {
    await node.close();
    return await faultedWhileClosing(node);
  }
  describeFault(fault);
  await Promise.race([node.close().catch(() => undefined), failedCloseTime()]);
  return EXIT_CODES.fault;
}

/** The last checkpoint is written by `close`: a disk that is full by then is a failure like any other. */
async function faultedWhileClosing(node: Node): Promise<number> {
  const fault = await Promise.race([node.fault, Promise.resolve(undefined)]);
  if (fault === undefined) return EXIT_CODES.ok;
  describeFault(fault);
  return EXIT_CODES.fault;
}

function failedCloseTime(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, FAILED_CLOSE_MS);
  });
}

/** Resolves at the first signal to stop; the second ends the process at once. */
function stopSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
      resolve(undefined);
    };
    for (const signal of STOP_SIGNALS) process.on(signal, stop);
  });
}

function endWithFault(error: unknown): never {
  describeFault(error);
  process.exit(EXIT_CODES.fault);
}

/** On stderr, for whoever looks after the process: here, and only here, the stack is shown. */
export function describeFault(error: unknown): void {
  const code = error instanceof NodeError ? error.code : "node.unexpected";
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `The node stopped because it failed (${code}). Nothing that was acknowledged is lost.\n${text}\n`,
  );
  if (error instanceof Error && error.cause !== undefined) process.stderr.write(`cause: ${String(error.cause)}\n`);
}
