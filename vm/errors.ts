/**
 * The two families of thrown errors; a contract's failure is neither, it is a value (see outcome.ts).
 *
 * `Rejected` is bad input: nothing was done, the caller is told why. `NodeError` is our own failure: it is never caught to go
 * on, it stops the node. Codes are stable and dotted (`room.cause`); texts may change and nobody branches on them.
 */

export interface RejectedDetails {
  /** The value that was refused, as text (cut to 200 characters). */
  readonly value?: string;
  /** The limit or rule that refused it. */
  readonly limit?: string;
  /** What to do instead. */
  readonly hint?: string;
  /** Where in the bytes that were read, counted from 0. */
  readonly offset?: number;
  /** Where in the JSON that was read: `$.lines[3].coefficient`. */
  readonly path?: string;
}

export class Rejected extends Error {
  readonly code: string;
  readonly details: RejectedDetails;

  constructor(code: string, message: string, details: RejectedDetails = {}) {
    super(message);
    this.name = "Rejected";
    this.code = code;
    this.details = details;
  }
}

export class NodeError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NodeError";
    this.code = code;
  }
}
