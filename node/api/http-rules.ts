/**
 * What every request has to keep before a route sees it: the exact content type, the method, the size, the JSON limits;
 * and what every answer has: a request id and no cache.
 *
 * Content types are compared as whole texts, not parsed: every parser of media types has had a bypass (fastify
 * CVE-2025-32442, CVE-2026-25223), and two spellings are all that clients send.
 */
import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest, HTTPMethods } from "fastify";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import { scanJson } from "./json-scan.ts";
import { rejectRequest } from "./problems.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Content types of the body that the route takes; default JSON. */
    accepts?: readonly ContentType[];
    /** Set on the routes that stand for the methods a path does not take: those it takes. */
    allow?: readonly string[];
    /** Answers whatever the node is doing. */
    always?: boolean;
  }
}

export type ContentType = "application/json" | "application/octet-stream";

const SPELLINGS: ReadonlyMap<string, ContentType> = new Map([
  ["application/json", "application/json"],
  ["application/json; charset=utf-8", "application/json"],
  ["application/json;charset=utf-8", "application/json"],
  ["application/octet-stream", "application/octet-stream"],
]);

const BODY_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);
/** Methods that are answered with 405 where a path has no route for them; others are 404. */
const KNOWN_METHODS: readonly HTTPMethods[] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const REQUEST_ID_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;

/** A caller's own id when it is a plain one, so that its log and ours can be laid side by side; else a new one. */
export function requestIdOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID_PATTERN.test(given) ? given : randomUUID();
}

/** Longest body of each content type, bytes. */
export type BodyLimits = Readonly<Record<ContentType, number>>;

/** Every route of `server` refuses other content types, sizes and methods. Call before the routes are added. */
export function addHttpRules(server: FastifyInstance, limits: BodyLimits): void {
  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    reply.header("cache-control", "no-store");
    checkMethod(request);
    checkContentType(request);
  });
  server.removeAllContentTypeParsers();
  addParser(server, limits, "application/json", parseJsonBody);
  addParser(server, limits, "application/octet-stream", (body) => ({ transaction: bytesToHex(body) }));
}

function addParser(
  server: FastifyInstance,
  limits: BodyLimits,
  contentType: ContentType,
  parse: (body: Buffer) => unknown,
): void {
  const options = { parseAs: "buffer", bodyLimit: limits[contentType] } as const;
  server.addContentTypeParser(contentType, options, async (_request: FastifyRequest, body: Buffer) => parse(body));
}

/** The content type of a request's body, when it is one that is known here. */
export function contentTypeOf(request: FastifyRequest): ContentType | undefined {
  return SPELLINGS.get((request.headers["content-type"] ?? "").toLowerCase());
}

function checkMethod(request: FastifyRequest): void {
  const { allow } = request.routeOptions.config;
  if (allow === undefined) return;
  throw rejectRequest("api.methodNotAllowed", { value: request.method, limit: allow.join(", ") });
}

function checkContentType(request: FastifyRequest): void {
  if (request.is404 || !BODY_METHODS.has(request.method)) return;
  const given = request.headers["content-type"] ?? "";
  const contentType = contentTypeOf(request);
  const accepts = request.routeOptions.config.accepts ?? ["application/json"];
  if (contentType !== undefined && accepts.includes(contentType)) return;
  throw rejectRequest("api.wrongContentType", { value: given === "" ? "none" : given, limit: accepts.join(", ") });
}

/** @errors api.badJson and those of `scanJson` */
export function parseJsonBody(body: Uint8Array): unknown {
  scanJson(body);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    throw rejectRequest("api.badJson", { limit: "JSON (RFC 8259) in UTF-8" });
  }
}

/**
 * The paths of `server` answer 405 with `allow` to the methods they have no route for. Call before the routes are
 * added.
 */
export function collectAllowedMethods(server: FastifyInstance): { addOthers(): void } {
  const methodsByPath = new Map<string, Set<string>>();
  server.addHook("onRoute", ({ url, method }) => {
    const methods = methodsByPath.get(url) ?? new Set();
    methodsByPath.set(url, methods);
    for (const one of [method].flat()) methods.add(one);
  });
  return {
    addOthers() {
      for (const [url, methods] of [...methodsByPath]) {
        const allow = [...methods];
        const others = KNOWN_METHODS.filter((method) => !methods.has(method));
        server.route({
          method: others,
          url,
          config: { allow, always: true },
          schema: { hide: true },
          handler: async () => undefined,
        });
      }
    },
  };
}
