/**
 * Every problem the API can answer with: code, HTTP status and title, in one table.
 *
 * A problem is `application/problem+json` (RFC 9457). Its `type` is `urn:cinnabar:problem:` and the code, and never
 * changes; people branch on it or on `code`, never on texts. Codes of other rooms (the codec's, a proof's) pass
 * through: they are refusals of input, so they are answered with 400 unless the table says otherwise.
 */

import { NodeError, Rejected } from "../../vm/errors.ts";
import { INGEST_REJECTIONS } from "../ingest/rejections.ts";

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

const kind = (status: number, title: string): ProblemKind => ({ status, title });

/** Problems of the door itself: HTTP, JSON, addresses of things. */
export const API_PROBLEMS = {
  "api.badRequest": kind(400, "The request does not match its schema."),
  "api.badJson": kind(400, "The body is not JSON."),
  "api.jsonTooDeep": kind(400, "The JSON is nested too deeply."),
  "api.jsonTooManyKeys": kind(400, "The JSON has too many keys."),
  "api.jsonTooManyItems": kind(400, "A JSON array has too many items."),
  "api.jsonKeyTooLong": kind(400, "A JSON key is too long."),
  "api.jsonDuplicateKey": kind(400, "A JSON object has the same key twice."),
  "api.prototypeKey": kind(400, "A JSON key is one that reaches into prototypes."),
  "api.batchTooLarge": kind(400, "The batch has too many transactions."),
  "api.badStorageKey": kind(400, "The storage key is not a JSON array of the key's parts."),
  "api.queryGasTooHigh": kind(400, "The gas limit is above the node's limit for a query."),
  "api.badUrl": kind(400, "The URL cannot be decoded."),
  "api.badHttp": kind(400, "The request is not HTTP."),
  "api.noRoute": kind(404, "The API has no such path."),
  "api.transactionNotFound": kind(404, "The chain has no such transaction."),
  "api.blockNotFound": kind(404, "The chain has no block of this height."),
  "api.contractNotFound": kind(404, "There is no contract of this name."),
  "api.methodNotFound": kind(404, "The contract has no such method."),
  "api.storageNotFound": kind(404, "The contract's ABI declares no such storage."),
  "api.methodNotAllowed": kind(405, "The path does not take this method."),
  "api.requestTimeout": kind(408, "The request took too long to arrive."),
  "api.bodyTooLarge": kind(413, "The body is too large."),
  "api.urlTooLong": kind(414, "The URL is too long."),
  "api.wrongContentType": kind(415, "The path does not take this content type."),
  "api.headersTooLarge": kind(431, "The headers are too large."),
  "api.internal": kind(500, "The node failed to answer."),
  "api.busy": kind(503, "The node has as many queries waiting as it may have."),
  "api.notReady": kind(503, "The node is not ready."),
} as const satisfies Record<string, ProblemKind>;

export type ApiProblem = keyof typeof API_PROBLEMS;

const INGEST_STATUS: Readonly<Partial<Record<keyof typeof INGEST_REJECTIONS, number>>> = {
  tooLarge: 413,
  duplicate: 409,
  unknownContract: 404,
  unknownMethod: 404,
  busy: 503,
  stopping: 503,
};

/** Refusals of the runtime that are not the caller's malformed input. */
const OTHER_PROBLEMS: Readonly<Record<string, ProblemKind>> = {
  "node.fault": kind(503, "The node has failed and is stopping."),
  "proof.heightUnknown": kind(404, "The chain has no block of this height."),
  "proof.heightPruned": kind(410, "The state of this height is not kept any more."),
};

/** All problems by code. */
export const PROBLEMS: ReadonlyMap<string, ProblemKind> = new Map([
  ...Object.entries(API_PROBLEMS),
  ...ingestProblems(),
  ...Object.entries(OTHER_PROBLEMS),
]);

const REFUSED: ProblemKind = kind(400, "The input was refused.");

/** The body of a problem answer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** Path of the request. */
  readonly instance?: string;
  /** The value that was refused, cut to 200 characters. */
  readonly value?: string;
  /** The limit or rule that refused it. */
  readonly limit?: string;
  /** What to do instead. */
  readonly hint?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

export const PROBLEM_TYPE_PREFIX = "urn:cinnabar:problem:";
const TEXT_LENGTH_MAX = 200;

export function rejectRequest(code: ApiProblem, details: Rejected["details"] = {}, message?: string): Rejected {
  return new Rejected(code, message ?? API_PROBLEMS[code].title, details);
}

/** The problem of a refusal. Texts that came from outside are cut and freed of control characters. */
export function problemOf(rejected: Rejected): Problem {
  const { status, title } = PROBLEMS.get(rejected.code) ?? REFUSED;
  const { value, limit, hint } = rejected.details;
  return {
    type: PROBLEM_TYPE_PREFIX + rejected.code,
    title,
    status,
    detail: cleanText(rejected.message, 1000),
    code: rejected.code,
    ...(value === undefined ? {} : { value: cleanText(value) }),
    ...(limit === undefined ? {} : { limit: cleanText(limit) }),
    ...(hint === undefined ? {} : { hint: cleanText(hint, 400) }),
  };
}

/** What is said of our own failure: its code, never its text. */
export function problemOfFault(fault: unknown): Problem {
  const code = fault instanceof NodeError ? "node.fault" : "api.internal";
  const detail =
    fault instanceof NodeError ? `The node stopped with ${fault.code}.` : API_PROBLEMS["api.internal"].title;
  return problemOf(new Rejected(code, detail));
}

function cleanText(text: string, lengthMax = TEXT_LENGTH_MAX): string {
  const clean = text.replace(/\p{Cc}/gu, "\uFFFD");
  return clean.length <= lengthMax ? clean : `${clean.slice(0, lengthMax - 1)}\u2026`;
}

function ingestProblems(): [string, ProblemKind][] {
  const causes = Object.keys(INGEST_REJECTIONS) as (keyof typeof INGEST_REJECTIONS)[];
  return causes.map((cause) => [`ingest.${cause}`, kind(INGEST_STATUS[cause] ?? 400, INGEST_REJECTIONS[cause])]);
}
