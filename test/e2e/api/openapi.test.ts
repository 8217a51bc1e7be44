import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { AnySchema } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import { ask, askJson, startTestNode, type TestNode } from "./test-node.ts";

interface Operation {
  readonly summary?: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: unknown }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** Every route of the API: a new one belongs here, and in docs/api.md. */
const ROUTES = [
  "GET /livez",
  "GET /metrics",
  "GET /openapi.json",
  "GET /readyz",
  "GET /v1/blocks/{height}",
  "GET /v1/blocks/{height}/lanes",
  "GET /v1/contracts/{name}",
  "GET /v1/contracts/{name}/state",
  "GET /v1/proofs",
  "GET /v1/receipts/{id}",
  "GET /v1/status",
  "GET /v1/transactions/{id}",
  "POST /v1/contracts/{name}/query",
  "POST /v1/transactions",
  "POST /v1/transactions/batch",
];

describe("the OpenAPI document", () => {
  let test: TestNode;
  let document: Document;
  before(async () => {
    test = await startTestNode();
    document = (await ask(test.node.url, "/openapi.json")).body as Document;
  });
  after(() => test.end());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
    );

  it("is of version 3.1 and lists every route, each with a summary and its answers", () => {
    assert.equal(document.openapi, "3.1.0");
    assert.deepEqual(
      operations()
        .map(({ route }) => route)
        .sort(),
      ROUTES,
    );
    for (const { route, operation } of operations()) {
      assert.ok(operation.summary, route);
      assert.ok(Object.keys(operation.responses).length > 0, route);
    }
  });

  it("has every schema that it refers to, and none twice", () => {
    const references = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? [];
    assert.ok(references.length > 0);
    for (const reference of new Set(references)) {
      assert.match(reference, /^"\$ref":"#\/components\/schemas\/Problem"$/);
    }
    assert.deepEqual(Object.keys(document.components.schemas), ["Problem"]);
  });

  it("says that a transaction can be submitted as JSON and in bytes", () => {
    const body = document.paths["/v1/transactions"]?.post?.requestBody;
    assert.deepEqual(Object.keys(body?.content ?? {}).sort(), ["application/json", "application/octet-stream"]);
    const { schema } = body?.content["application/octet-stream"] ?? {};
    assert.equal((schema as { readonly type?: string } | undefined)?.type, "string");
  });

  it("names the problem as the form of every other answer", () => {
    for (const { route, operation } of operations()) {
      if (!route.includes("/v1/") || route.endsWith("/status")) continue;
      assert.ok(operation.responses.default, route);
    }
  });

  it("describes the answers as they are", async () => {
    const { client, adminKey, node } = test;
    const sent = await client.send({ contract: "register", method: "put", args: [1, 2] }, adminKey);
    const failed = await client.send({ contract: "register", method: "fail" }, adminKey);
    const waiting = await client.sign({ contract: "register", method: "put", args: [1, 2] }, adminKey);
    const batch = { transactions: [bytesToHex(waiting.bytes), "00"] };
    const answers: readonly (readonly [string, string, unknown])[] = [
      ["/livez", "GET /livez", undefined],
      ["/readyz", "GET /readyz", undefined],
      ["/v1/status", "GET /v1/status", undefined],
      ["/v1/blocks/latest", "GET /v1/blocks/{height}", undefined],
      ["/v1/blocks/0", "GET /v1/blocks/{height}", undefined],
      ["/v1/blocks/0/lanes", "GET /v1/blocks/{height}/lanes", undefined],
      ["/v1/blocks/latest/lanes", "GET /v1/blocks/{height}/lanes", undefined],
      [`/v1/transactions/${sent.id}`, "GET /v1/transactions/{id}", undefined],
      [`/v1/receipts/${sent.id}`, "GET /v1/receipts/{id}", undefined],
      [`/v1/receipts/${failed.id}`, "GET /v1/receipts/{id}", undefined],
      ["/v1/contracts/register", "GET /v1/contracts/{name}", undefined],
      ["/v1/contracts/lifecycle", "GET /v1/contracts/{name}", undefined],
      ["/v1/contracts/register/state?storage=entries&key=[1]", "GET /v1/contracts/{name}/state", undefined],
      ["/v1/contracts/register/state?storage=entries&key=[9]", "GET /v1/contracts/{name}/state", undefined],
      ["/v1/contracts/register/query", "POST /v1/contracts/{name}/query", { method: "get", args: [1] }],
      ["/v1/contracts/register/query", "POST /v1/contracts/{name}/query", { method: "get", args: [9] }],
      ["/v1/transactions/batch", "POST /v1/transactions/batch", batch],
    ];
    for (const [path, route, body] of answers) {
      const answer = body === undefined ? await ask(node.url, path) : await askJson(node.url, path, body);
      assert.equal(answer.status, 200, path);
      assertMatches(schemaOf(route, "200"), answer.body, path);
    }
    const missing = await ask(node.url, "/v1/blocks/999");
    assertMatches(schemaOf("GET /v1/blocks/{height}", "default"), missing.body, "a problem");
  });

  it("has a page for people", async () => {
    const page = await ask(test.node.url, "/docs");
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    const script = await ask(test.node.url, "/docs/static/swagger-initializer.js");
    assert.equal(script.status, 200);
    const policy = page.headers.get("content-security-policy") ?? "";
    assert.match(policy, /script-src 'self'/);
    assert.doesNotMatch(policy, /upgrade-insecure-requests/);
  });

  function schemaOf(route: string, status: string): object {
    const found = operations().find((candidate) => candidate.route === route);
    const schema = found?.operation.responses[status]?.content?.["application/json"]?.schema;
    return schema ?? assert.fail(`${route} has no schema for ${status}`);
  }

  /** Members that the schema does not name count as a difference: the document would be silent about them. */
  function assertMatches(schema: object, value: unknown, what: string): void {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    const root = { components: document.components, ...(closed(schema) as object) };
    const validate = ajv.compile(root as AnySchema);
    assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
  }

  /** The schema with no object open to more members than it names. */
  function closed(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map(closed);
    if (typeof schema !== "object" || schema === null) return schema;
    const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)]);
    const copy = Object.fromEntries(entries) as Record<string, unknown>;
    return copy.type === "object" && copy.properties !== undefined ? { additionalProperties: false, ...copy } : copy;
  }
});
