/**
 * The one place where an error becomes an answer. Whatever went wrong, the caller gets `application/problem+json` with
 * a code of problems.ts and never a stack, a path of this machine or an engine's text; the log gets the cause.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { NodeError, Rejected } from "../../vm/errors.ts";
import { type BodyLimits, contentTypeOf } from "./http-rules.ts";
import { type ApiProblem, type Problem, problemOf, problemOfFault, rejectRequest } from "./problems.ts";

const PROBLEM_CONTENT_TYPE = "application/problem+json; charset=utf-8";
const RETRY_AFTER_SECONDS = 1;

/** fastify's own errors, by its codes. */
const FASTIFY_PROBLEMS: Readonly<Record<string, ApiProblem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "api.bodyTooLarge",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "api.wrongContentType",
  FST_ERR_CTP_EMPTY_JSON_BODY: "api.badJson",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "api.badHttp",
  FST_ERR_BAD_URL: "api.badUrl",
  FST_ERR_MAX_PARAM_LENGTH: "api.urlTooLong",
};

/** node:http's parser errors, by its codes. */
const HTTP_PROBLEMS: Readonly<Record<string, ApiProblem>> = {
  HPE_HEADER_OVERFLOW: "api.headersTooLarge",
  ERR_HTTP_REQUEST_TIMEOUT: "api.requestTimeout",
};

export interface ErrorAnswerOptions {
  readonly limits: BodyLimits;
  readonly onFault: (fault: NodeError) => void;
}

/** Every error of `server` is answered as a problem; a NodeError is told to `onFault` as well. */
export function addErrorAnswers(server: FastifyInstance, options: ErrorAnswerOptions): void {
  server.setErrorHandler((error, request, reply) => {
    const problem = problemOfError(error, request, options);
    return sendProblem(reply, { ...problem, instance: pathOf(request) });
  });
  server.setNotFoundHandler((request, reply) => {
    const problem = problemOf(rejectRequest("api.noRoute", { value: `${request.method} ${pathOf(request)}` }));
    return sendProblem(reply, { ...problem, instance: pathOf(request) });
  });
}

function problemOfError(error: unknown, request: FastifyRequest, options: ErrorAnswerOptions): Problem {
  if (error instanceof Rejected) return problemOf(error);
  if (error instanceof NodeError) {
    options.onFault(error);
    return problemOfFault(error);
  }
  if (isFastifyError(error)) {
    if (error.validation !== undefined) return problemOfValidation(error);
    const code = FASTIFY_PROBLEMS[error.code];
    if (code !== undefined) return problemOf(rejectRequest(code, limitOf(code, request, options.limits)));
  }
  request.log.error({ err: error }, "unexpected error in a route");
  return problemOfFault(error);
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && (("code" in error && typeof error.code === "string") || "validation" in error);
}

function problemOfValidation(error: FastifyError): Problem {
  const errors = (error.validation ?? []).map((failure) => ({
    pointer: `/${error.validationContext ?? "body"}${failure.instancePath}`,
    detail: detailOfFailure(failure),
  }));
  const [first] = errors;
  const detail = first === undefined ? undefined : `${first.pointer} ${first.detail}.`;
  return { ...problemOf(rejectRequest("api.badRequest", {}, detail)), errors };
}

interface ValidationFailure {
  readonly keyword: string;
  readonly message?: string;
  readonly params: Record<string, unknown>;
}

function detailOfFailure({ keyword, message, params }: ValidationFailure): string {
  if (keyword === "additionalProperties") return `must not have ${String(params.additionalProperty).slice(0, 200)}`;
  if (keyword === "enum") return `must be one of ${String(params.allowedValues)}`;
  return message ?? "is not valid";
}

function limitOf(code: ApiProblem, request: FastifyRequest, limits: BodyLimits): Rejected["details"] {
  if (code !== "api.bodyTooLarge") return {};
  const length = request.headers["content-length"];
  const limit = `${limits[contentTypeOf(request) ?? "application/json"]} bytes`;
  return length === undefined ? { limit } : { limit, value: `${length} bytes` };
}

/** The path without the query, which may hold what the caller would not want repeated. */
function pathOf(request: FastifyRequest): string {
  return (request.url.split("?", 1)[0] ?? "").slice(0, 200);
}

/** The problem is the answer, with the headers that belong to its status. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) reply.header("retry-after", String(RETRY_AFTER_SECONDS));
  if (problem.status === 405 && problem.limit !== undefined) reply.header("allow", problem.limit);
  return reply.status(problem.status).type(PROBLEM_CONTENT_TYPE).serializer(JSON.stringify).send(problem);
}

/** Answers a request that no route could be looked up for: its URL cannot be decoded, or a part of it is too long. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(rejectRequest(FASTIFY_PROBLEMS[error.code] ?? "api.badUrl"));
  sendProblem(reply.header("x-request-id", request.id), { ...problem, instance: pathOf(request) });
}

/** Answers a request that never became one: the parser of node:http gave up on its bytes or its slowness. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const problem = problemOf(rejectRequest(HTTP_PROBLEMS[error.code ?? ""] ?? "api.badHttp"));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}`,
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
