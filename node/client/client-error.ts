/** What a client throws: where it went wrong, the stable code to branch on, and the node's own words. */

/**
 * build: the call could not be made; connect: no answer; submit: refused; commit: not known to be committed; read: a
 * look-up.
 */
export type ClientStage = "build" | "connect" | "submit" | "commit" | "read";

/** Problem details as the node sends them (RFC 9457). */
export interface ClientProblem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly value?: string;
  readonly limit?: string;
  readonly hint?: string;
}

export interface ClientErrorDetails {
  readonly problem?: ClientProblem;
  readonly cause?: unknown;
}

export class ClientError extends Error {
  readonly stage: ClientStage;
  /** A code of the node (`ingest.duplicate`), or `client.*`. */
  readonly code: string;
  readonly problem: ClientProblem | undefined;

  constructor(stage: ClientStage, code: string, message: string, details: ClientErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = "ClientError";
    this.stage = stage;
    this.code = code;
    this.problem = details.problem;
  }
}
