import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { API_PROBLEMS, PROBLEM_TYPE_PREFIX, PROBLEMS } from "../../../node/api/problems.ts";
import type { ContractCall } from "../../../node/client/client.ts";
import type { ClientProblem } from "../../../node/client/client-error.ts";
import { attachSignature, type SignedTransaction, signTransaction } from "../../../node/client/transactions.ts";
import { INGEST_REJECTIONS } from "../../../node/ingest/rejections.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import type { UnsignedTransaction } from "../../../runtime/format/types.ts";
import { type Answer, ask, askJson, problemIn, startTestNode, type TestNode } from "./test-node.ts";

const OCTETS = { "content-type": "application/octet-stream" };
const JSON_TYPE = { "content-type": "application/json" };
const PUT: ContractCall = { contract: "register", method: "put", args: [1, 1] };
const EXPIRY_HEIGHTS_MAX = 50;
const TRANSACTION_BYTES_MAX = 4096;
const HEX_64 = "ab".repeat(32);

/** Codes that a test below has met; the last test holds them against the table. */
const met = new Set<string>();
/** Codes of states that a well node is never in; life.test.ts, query-flood.test.ts and server.test.ts meet them. */
const METS_ELSEWHERE = ["api.internal", "api.notReady", "node.fault", "ingest.stopping", "ingest.busy", "api.busy"];

function assertProblem(answer: Answer, status: number, code: string): ClientProblem {
  const problem = problemIn(answer);
  assert.equal(problem?.code, code, answer.text);
  assert.equal(answer.status, status);
  assert.equal(problem.status, status);
  assert.equal(problem.type, PROBLEM_TYPE_PREFIX + code);
  assert.equal(problem.title, PROBLEMS.get(code)?.title);
  assert.ok(problem.detail.length > 0);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
  assert.doesNotMatch(answer.text, /node_modules|\.js:|\.ts:|at [A-Za-z]+ \(/, "an answer shows where the code stands");
  met.add(code);
  return problem;
}

describe("a request that is refused", () => {
  let test: TestNode;
  let url: string;
  before(async () => {
    const api = { headersTimeoutMs: 500 };
    const genesis = { expiryHeightsMax: EXPIRY_HEIGHTS_MAX, transactionBytesMax: TRANSACTION_BYTES_MAX };
    test = await startTestNode({ api }, genesis);
    url = test.node.url;
  });
  after(() => test.end());

  const plain: readonly {
    readonly id: string;
    readonly request: () => Promise<Answer>;
    readonly status: number;
    readonly code: string;
  }[] = [
    { id: "a path that there is none of", request: () => ask(url, "/v2"), status: 404, code: "api.noRoute" },
    { id: "a path in capitals", request: () => ask(url, "/V1/status"), status: 404, code: "api.noRoute" },
    {
      id: "a method the path does not take",
      request: () => ask(url, "/v1/transactions", { method: "DELETE" }),
      status: 405,
      code: "api.methodNotAllowed",
    },
    {
      id: "a wrong method with a body of a wrong type",
      request: () => ask(url, "/v1/status", { method: "POST", headers: { "content-type": "text/plain" }, body: "x" }),
      status: 405,
      code: "api.methodNotAllowed",
    },
    { id: "a URL that does not decode", request: () => ask(url, "/v1/%zz"), status: 400, code: "api.badUrl" },
    {
      id: "a long part of a path",
      request: () => ask(url, `/v1/contracts/${"a".repeat(500)}`),
      status: 414,
      code: "api.urlTooLong",
    },
    {
      id: "large headers",
      request: () => ask(url, "/livez", { headers: { "x-large": "a".repeat(20_000) } }),
      status: 431,
      code: "api.headersTooLarge",
    },
    {
      id: "a query member that there is none of",
      request: () => ask(url, "/v1/proofs?contract=a&storage=b&x=1"),
      status: 400,
      code: "api.badRequest",
    },
    {
      id: "a height that is no number",
      request: () => ask(url, "/v1/blocks/01"),
      status: 400,
      code: "api.badRequest",
    },
    {
      id: "an id of the wrong length",
      request: () => ask(url, "/v1/transactions/ab"),
      status: 400,
      code: "api.badRequest",
    },
    {
      id: "an id in capitals",
      request: () => ask(url, `/v1/receipts/${"AB".repeat(32)}`),
      status: 400,
      code: "api.badRequest",
    },
    {
      id: "a transaction that is not in the chain",
      request: () => ask(url, `/v1/transactions/${HEX_64}`),
      status: 404,
      code: "api.transactionNotFound",
    },
    {
      id: "the receipt of a transaction that is not in the chain",
      request: () => ask(url, `/v1/receipts/${HEX_64}`),
      status: 404,
      code: "api.transactionNotFound",
    },
    {
      id: "a block above the head",
      request: () => ask(url, "/v1/blocks/1000"),
      status: 404,
      code: "api.blockNotFound",
    },
    {
      id: "a block above every integer",
      request: () => ask(url, "/v1/blocks/9999999999999999"),
      status: 404,
      code: "api.blockNotFound",
    },
    {
      id: "a contract that there is none of",
      request: () => ask(url, "/v1/contracts/nobody"),
      status: 404,
      code: "api.contractNotFound",
    },
    {
      id: "a method that the contract has not",
      request: () => askJson(url, "/v1/contracts/register/query", { method: "nothing" }),
      status: 404,
      code: "api.methodNotFound",
    },
    {
      id: "a storage that the ABI has not",
      request: () => ask(url, "/v1/contracts/register/state?storage=nothing"),
      status: 404,
      code: "api.storageNotFound",
    },
    {
      id: "a storage key that is no array",
      request: () => ask(url, "/v1/contracts/register/state?storage=entries&key=1"),
      status: 400,
      code: "api.badStorageKey",
    },
    {
      id: "a storage key that is no JSON",
      request: () => ask(url, "/v1/contracts/register/state?storage=entries&key=%5B"),
      status: 400,
      code: "api.badJson",
    },
    {
      id: "a query with more gas than the node gives",
      request: () => askJson(url, "/v1/contracts/register/query", { method: "get", args: [1], gasLimit: 50_000_001 }),
      status: 400,
      code: "api.queryGasTooHigh",
    },
    {
      id: "a body of another type",
      request: () =>
        ask(url, "/v1/transactions", { method: "POST", headers: { "content-type": "text/plain" }, body: "x" }),
      status: 415,
      code: "api.wrongContentType",
    },
    {
      id: "a body of a type that only looks like JSON",
      request: () =>
        ask(url, "/v1/transactions/batch", {
          method: "POST",
          headers: { "content-type": "application/json\t; x" },
          body: "{}",
        }),
      status: 415,
      code: "api.wrongContentType",
    },
    {
      id: "a body without a type",
      request: () => ask(url, "/v1/transactions", { method: "POST", headers: { "content-type": "" }, body: "{}" }),
      status: 415,
      code: "api.wrongContentType",
    },
    {
      id: "bytes where only JSON is taken",
      request: () => ask(url, "/v1/transactions/batch", { method: "POST", headers: OCTETS, body: "x" }),
      status: 415,
      code: "api.wrongContentType",
    },
    {
      id: "a JSON body above a MiB",
      request: () => askJson(url, "/v1/transactions", `{"transaction":"${"ab".repeat(600_000)}"}`),
      status: 413,
      code: "api.bodyTooLarge",
    },
    {
      id: "bytes above the chain's longest transaction",
      request: () => ask(url, "/v1/transactions", { method: "POST", headers: OCTETS, body: new Uint8Array(700_000) }),
      status: 413,
      code: "api.bodyTooLarge",
    },
    {
      id: "JSON nested 10,000 deep",
      request: () => askJson(url, "/v1/transactions", "[".repeat(10_000)),
      status: 400,
      code: "api.jsonTooDeep",
    },
    {
      id: "JSON with 2,000 keys",
      request: () =>
        askJson(url, "/v1/transactions", Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [i, 0]))),
      status: 400,
      code: "api.jsonTooManyKeys",
    },
    {
      id: "JSON with an array of 10,001",
      request: () => askJson(url, "/v1/transactions", Array(10_001).fill(0)),
      status: 400,
      code: "api.jsonTooManyItems",
    },
    {
      id: "JSON with a key of 300 bytes",
      request: () => askJson(url, "/v1/transactions", { ["k".repeat(300)]: 0 }),
      status: 400,
      code: "api.jsonKeyTooLong",
    },
    {
      id: "JSON with a key twice",
      request: () => askJson(url, "/v1/transactions", '{"transaction":"00","transaction":"01"}'),
      status: 400,
      code: "api.jsonDuplicateKey",
    },
    {
      id: "JSON with __proto__",
      request: () => askJson(url, "/v1/transactions", '{"transaction":"00","__proto__":{}}'),
      status: 400,
      code: "api.prototypeKey",
    },
    {
      id: "JSON that is none",
      request: () => askJson(url, "/v1/transactions", "{'transaction'}"),
      status: 400,
      code: "api.badJson",
    },
    {
      id: "an empty body",
      request: () => ask(url, "/v1/transactions", { method: "POST", headers: JSON_TYPE, body: "" }),
      status: 400,
      code: "api.badJson",
    },
    {
      id: "a member too many",
      request: () => askJson(url, "/v1/transactions", { transaction: "00", more: 1 }),
      status: 400,
      code: "api.badRequest",
    },
    {
      id: "a transaction that is no hex",
      request: () => askJson(url, "/v1/transactions", { transaction: "0g" }),
      status: 400,
      code: "api.badRequest",
    },
    {
      id: "a number where a text is due",
      request: () => askJson(url, "/v1/transactions", { transaction: 1 }),
      status: 400,
      code: "api.badRequest",
    },
    {
      id: "an empty batch",
      request: () => askJson(url, "/v1/transactions/batch", { transactions: [] }),
      status: 400,
      code: "api.badRequest",
    },
    {
      id: "a batch of 1,001",
      request: () => askJson(url, "/v1/transactions/batch", { transactions: Array(1001).fill("00") }),
      status: 400,
      code: "api.batchTooLarge",
    },
    {
      id: "arguments of a query that do not fit",
      request: () => askJson(url, "/v1/contracts/register/query", { method: "get", args: { key: -1 } }),
      status: 400,
      code: "arguments.range",
    },
  ];

  for (const { id, request, status, code } of plain) {
    it(`because of ${id} is answered with ${code}`, async () => {
      const answer = await request();
      const problem = problemIn(answer);
      if (PROBLEMS.has(code)) assertProblem(answer, status, code);
      else assert.deepEqual([problem.code, problem.status, answer.status], [code, status, status], answer.text);
    });
  }

  it("names the methods that a path takes", async () => {
    const answer = await ask(url, "/v1/transactions/batch", { method: "PUT" });
    assert.equal(answer.headers.get("allow"), "POST");
  });

  it("because it is not HTTP is answered in the same form", async () => {
    const text = await rawRequest(test, "GARBAGE\r\n\r\n");
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(text, /content-type: application\/problem\+json/);
    assert.match(text, /"code":"api\.badHttp"/);
    met.add("api.badHttp");
  });

  it("has the caller's request id when it is a plain one", async () => {
    const own = await ask(url, "/nothing", { headers: { "x-request-id": "order-17" } });
    assert.equal(own.headers.get("x-request-id"), "order-17");
    const odd = await ask(url, "/nothing", { headers: { "x-request-id": "a b!" } });
    assert.match(odd.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  });

  // Transactions.

  /** A transaction like any other but for `change`, signed as it is. */
  async function changed(change: Partial<UnsignedTransaction>, call = PUT): Promise<SignedTransaction> {
    const unsigned = await test.client.buildTransaction({ ...call, expiryHeight: expiry() }, test.adminKey);
    return signTransaction({ ...unsigned, ...change }, test.adminKey);
  }

  function expiry(): number {
    return test.node.chain.head.header.height + EXPIRY_HEIGHTS_MAX;
  }

  function post(signed: { readonly bytes: Uint8Array }): Promise<Answer> {
    return ask(url, "/v1/transactions", { method: "POST", headers: OCTETS, body: signed.bytes });
  }

  const transactions: readonly {
    readonly id: string;
    readonly make: () => Promise<{ readonly bytes: Uint8Array }>;
    readonly status: number;
    readonly code: string;
  }[] = [
    {
      id: "no bytes of one",
      make: async () => ({ bytes: Uint8Array.of(1, 2, 3) }),
      status: 400,
      code: "ingest.undecodable",
    },
    {
      id: "a byte behind it",
      make: async () => ({ bytes: Uint8Array.of(...(await changed({})).bytes, 0) }),
      status: 400,
      code: "ingest.undecodable",
    },
    { id: "another chain", make: () => changed({ chainId: "other" }), status: 400, code: "ingest.wrongChain" },
    {
      id: "gas above the chain's",
      make: () => changed({ gasLimit: 1_000_000_001 }),
      status: 400,
      code: "ingest.gasTooHigh",
    },
    { id: "no gas", make: () => changed({ gasLimit: 0 }), status: 400, code: "ingest.gasTooLow" },
    {
      id: "an expiry height that has passed",
      make: () => changed({ expiryHeight: test.node.chain.head.header.height }),
      status: 400,
      code: "ingest.expired",
    },
    {
      id: "an expiry height too far ahead",
      make: () => changed({ expiryHeight: expiry() + 1 }),
      status: 400,
      code: "ingest.expiryTooFar",
    },
    {
      id: "an unknown contract",
      make: () => changed({ contract: "nobody" }),
      status: 404,
      code: "ingest.unknownContract",
    },
    { id: "an unknown method", make: () => changed({ method: "nothing" }), status: 404, code: "ingest.unknownMethod" },
    {
      id: "a method that is only deployed with",
      make: () => changed({ method: "init" }),
      status: 404,
      code: "ingest.unknownMethod",
    },
    {
      id: "arguments that do not decode",
      make: () => changed({ args: new Uint8Array(15) }),
      status: 400,
      code: "ingest.badArguments",
    },
    {
      id: "arguments with a byte too many",
      make: () => changed({ args: new Uint8Array(17) }),
      status: 400,
      code: "ingest.badArguments",
    },
    {
      id: "a signature of zeros",
      make: async () => attachSignature((await changed({})).transaction, new Uint8Array(64)),
      status: 400,
      code: "ingest.badSignature",
    },
    {
      id: "the signature of another transaction",
      make: async () => attachSignature((await changed({})).transaction, (await changed({})).transaction.signature),
      status: 400,
      code: "ingest.badSignature",
    },
  ];

  for (const { id, make, status, code } of transactions) {
    it(`because a transaction has ${id} is answered with ${code}, and nothing happens`, async () => {
      const heightBefore = test.node.chain.head.header.height;
      assertProblem(await post(await make()), status, code);
      assert.equal(test.node.chain.head.header.height, heightBefore);
    });
  }

  it("because the transaction was there before is answered with ingest.duplicate, and runs once", async () => {
    const signed = await changed({});
    assert.equal((await post(signed)).status, 200);
    const problem = assertProblem(await post(signed), 409, "ingest.duplicate");
    assert.equal(problem.value, bytesToHex(signed.id));
    const together = await changed({});
    const answers = await Promise.all([post(together), post(together), post(together)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
  });

  it("because of a signature does not stand in the way of the same transaction with a good one", async () => {
    const good = await changed({});
    const forged = attachSignature(good.transaction, new Uint8Array(64).fill(1));
    const [refused, taken] = await Promise.all([post(forged), post(good)]);
    assertProblem(refused, 400, "ingest.badSignature");
    assert.equal(taken.status, 200);
  });

  it("because the transaction is longer than the chain allows is answered with ingest.tooLarge", async () => {
    const long = await changed({ args: new Uint8Array(TRANSACTION_BYTES_MAX) });
    assertProblem(
      await askJson(url, "/v1/transactions", { transaction: bytesToHex(long.bytes) }),
      413,
      "ingest.tooLarge",
    );
  });

  it("because its headers never end is answered with api.requestTimeout", async () => {
    const text = await rawRequest(test, "GET /livez HTTP/1.1\r\nhost: x\r\n", { isEnded: false });
    assert.match(text, /^HTTP\/1\.1 408 Request Timeout\r\n/);
    assert.match(text, /"code":"api\.requestTimeout"/);
    met.add("api.requestTimeout");
  });

  it("has met every code of the table by now", () => {
    const all = [...Object.keys(API_PROBLEMS), ...Object.keys(INGEST_REJECTIONS).map((cause) => `ingest.${cause}`)];
    const missing = all.filter((code) => !met.has(code) && !METS_ELSEWHERE.includes(code));
    assert.deepEqual(missing, []);
  });
});

/** What the node answers to these bytes, until it closes. */
function rawRequest({ node }: TestNode, text: string, { isEnded = true } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(node.address.port, node.address.address, () => {
      if (isEnded) socket.end(text);
      else socket.write(text);
    });
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}
