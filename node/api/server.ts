/**
 * The HTTP side of a node: one fastify server whose routes, validation, answers and OpenAPI document come from
 * schemas.ts.
 *
 * The server listens before the chain is open, so that a port in use is found at once and `/readyz` can say "not yet";
 * until then every route that needs the chain is answered with 503. Answers are written by JSON.stringify, not by a
 * serialiser compiled from the schema: that one drops members it was not told of, and a test holds every answer against
 * its schema.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import helmet from "@fastify/helmet";
import swagger, { type FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import {
  type FastifyBaseLogger,
  type FastifyContextConfig,
  type FastifyInstance,
  type FastifySchema,
  fastify,
  LogController,
} from "fastify";
import type { NodeError } from "../../vm/errors.ts";
import type { NodeConfig } from "../config/schema.ts";
import type { Software } from "../version.ts";
import { addErrorAnswers, answerClientError, answerFrameworkError } from "./error-answers.ts";
import { addHttpRules, type BodyLimits, collectAllowedMethods, requestIdOf } from "./http-rules.ts";
import type { Metrics } from "./metrics.ts";
import { addBlockRoutes } from "./routes/blocks.ts";
import { addContractRoutes } from "./routes/contracts.ts";
import { addOperationRoutes } from "./routes/operation.ts";
import { addProofRoutes } from "./routes/proofs.ts";
import { addTransactionRoutes } from "./routes/transactions.ts";
import { problemSchema } from "./schemas.ts";
import type { ServicesHolder } from "./services.ts";

export interface ServerOptions {
  readonly config: NodeConfig;
  readonly software: Software;
  readonly log: FastifyBaseLogger;
  readonly metrics: Metrics;
  readonly services: ServicesHolder;
  /** Longest signed transaction, bytes: the bound of a body that is one. */
  readonly transactionBytesMax: number;
  readonly onFault: (fault: NodeError) => void;
}

/** A server with the types of the schemas. */
export type ApiServer = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

const KEEP_ALIVE_TIMEOUT_MS = 5_000;
const URL_PARAMETER_LENGTH_MAX = 128;
const HEADER_BYTES_MAX = 16 * 1024;

/**
 * An answer of the API is no page: nothing of it is to be run, shown in a frame or loaded. TLS ends before the node.
 */
const HELMET_OPTIONS = {
  hsts: false,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
  },
} as const;

/**
 * The page at /docs loads its own files and asks this node, nobody else. It sets styles on elements, and shows data:
 * images.
 */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A server with every route, not yet listening. */
export async function buildServer(options: ServerOptions): Promise<ApiServer> {
  const server = createServer(options);
  const limits: BodyLimits = {
    "application/json": options.config.api.jsonBytesMax,
    "application/octet-stream": options.transactionBytesMax,
  };
  server.setSerializerCompiler(() => (value) => JSON.stringify(value));
  addErrorAnswers(server, { limits, onFault: options.onFault });
  addHttpRules(server, limits);
  addObservation(server, options.metrics);
  server.addSchema(problemSchema);
  await server.register(helmet, HELMET_OPTIONS);
  await server.register(swagger, openApiOptions(options.software));
  if (options.config.api.documentation) {
    await server.register(swaggerUi, { routePrefix: "/docs", staticCSP: PAGE_POLICY, logLevel: "silent" });
  }
  await server.register(async (scope) => {
    const routes = scope.withTypeProvider<TypeBoxTypeProvider>();
    const allowed = collectAllowedMethods(routes);
    addOperationRoutes(routes, options);
    addTransactionRoutes(routes, options);
    addBlockRoutes(routes, options);
    addContractRoutes(routes, options);
    addProofRoutes(routes, options);
    allowed.addOthers();
  });
  return server;
}

function createServer({ config, log }: ServerOptions): ApiServer {
  const server = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: (request) => requestIdOf(request.headers),
    requestTimeout: config.api.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    http: {
      headersTimeout: config.api.headersTimeoutMs,
      // node:http looks for slow connections every 30 s unless told; a timeout is only as exact as this.
      connectionsCheckingInterval: Math.min(1_000, config.api.headersTimeoutMs),
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    routerOptions: { maxParamLength: URL_PARAMETER_LENGTH_MAX, caseSensitive: true },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: false } },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  }).withTypeProvider<TypeBoxTypeProvider>();
  server.server.maxConnections = config.api.connectionsMax;
  return server;
}

/** Each answer is counted and logged: quietly when it went well, with its cause when the node is to blame. */
function addObservation(server: ApiServer, metrics: Metrics): void {
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const { method } = request;
    const { statusCode, elapsedTime } = reply;
    metrics.requests.inc({ method, route, status: String(statusCode) });
    metrics.requestSeconds.observe({ method, route }, elapsedTime / 1000);
    const level = statusCode >= 500 ? "warn" : "debug";
    request.log[level]({ method, route, status: statusCode, durationMs: Math.round(elapsedTime) }, "answered");
  });
}

function openApiOptions(software: Software): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Cinnabar node",
        version: software.version,
        description:
          "Submit signed transactions, read transactions, receipts, blocks, contracts and proofs. Bytes are " +
          "lower-case hex, integers above 2^53 decimal strings, errors application/problem+json.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: [
        { name: "transactions", description: "What goes in." },
        { name: "chain", description: "What stands in the chain." },
        { name: "operation", description: "How the node is." },
      ],
    },
    transform: ({ schema, url, route }) => ({ schema: withOctetStream(schema, route.config), url }),
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, i) => (typeof json.$id === "string" ? json.$id : `schema-${i}`),
    },
  };
}

/**
 * The schema as the document shows it: a body that may also come in bytes has a second content. Validation knows one
 * schema only, that of the JSON, because the parser of the bytes makes the same of them.
 */
function withOctetStream(schema: FastifySchema, config: FastifyContextConfig | undefined): FastifySchema {
  if (config?.accepts?.includes("application/octet-stream") !== true) return schema;
  const { consumes: _, body, ...rest } = schema;
  const bytes = { type: "string", format: "binary", description: "The transaction's bytes." };
  const content = { "application/json": { schema: body }, "application/octet-stream": { schema: bytes } };
  return { ...rest, body: { content } };
}
