/** Exit codes of every command, documented in docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** The answer is no: a document, module, transaction or proof was refused, or what was asked for is not there. */
  refused: 1,
  /** The command line is wrong; nothing was tried. */
  usage: 2,
  /** We failed: the node is not reachable, a disk is full, an error of ours. */
  fault: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command line that cannot be followed. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
