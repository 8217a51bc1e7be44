import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { createClient } from "../../../node/client/client.ts";
import { ClientError } from "../../../node/client/client-error.ts";
import { attachSignature, bytesToSign, signTransaction } from "../../../node/client/transactions.ts";
import { keyFromSecret } from "../../../node/keys/keystore.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import type { ContractAbi } from "../../../runtime/format/contract-abi.ts";
import { decodeTransaction } from "../../../runtime/format/transaction.ts";

const KEY = keyFromSecret("test", "ed25519", new Uint8Array(32).fill(1));
const ABI: ContractAbi = {
  abi: 1,
  contract: "register",
  version: 1,
  types: {},
  methods: [
    {
      name: "put",
      kind: "call",
      params: [
        { name: "key", type: "u64" },
        { name: "text", type: "string" },
      ],
      returns: null,
      object: [],
    },
  ],
  events: [],
  storage: [],
  errors: [],
};
const STATUS = {
  chain: { chainId: "c", expiryHeightsMax: 100, transactionGasMax: 1_000_000_000, sm2UserId: "1234567812345678" },
  head: { height: 7 },
  limits: { batchTransactionsMax: 3, jsonBytesMax: 10_000 },
};
const CALL = { contract: "register", method: "put", args: { key: 1, text: "a" } };

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

type Answering = (request: Seen) => {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  /** The connection breaks instead. */
  readonly isBroken?: boolean;
};

const BROKEN = { body: "", isBroken: true };

/** A client whose node answers as the test says; status and ABI are there already. */
function clientOf(answering: Answering) {
  const seen: Seen[] = [];
  const fake = (async (url: URL, init: RequestInit = {}) => {
    const request: Seen = { method: init.method ?? "GET", path: url.pathname + url.search, body: init.body };
    if (request.path === "/v1/status") return Response.json(STATUS);
    if (request.path === "/v1/contracts/register") return Response.json({ abi: ABI });
    seen.push(request);
    const { status = 200, body, headers = {}, isBroken = false } = answering(request);
    if (isBroken)
      throw new TypeError("fetch failed", { cause: Object.assign(new TypeError(), { code: "ECONNRESET" }) });
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return new Response(text, { status, headers });
  }) as unknown as typeof fetch;
  return { client: createClient({ url: "http://node:1", fetch: fake, attemptsMax: 3 }), seen };
}

const problem = (status: number, code: string) => ({
  status,
  body: { type: `urn:cinnabar:problem:${code}`, title: "t", status, detail: "why", code },
});
const failedWith = (stage: string, code: string) => (error: unknown) =>
  error instanceof ClientError && error.stage === stage && error.code === code;
const committed = (id: string) => ({ id, state: "committed", height: 9, index: 0, receipt: {} });

describe("a client", () => {
  it("signs what the node will read: chain, expiry from the height, arguments by the ABI", async () => {
    const { client } = clientOf(() => assert.fail());
    const signed = await client.sign(CALL, KEY);
    const transaction = decodeTransaction(signed.bytes, { bytesMax: 1000 });
    assert.deepEqual(transaction, signed.transaction);
    assert.equal(transaction.chainId, "c");
    assert.equal(transaction.expiryHeight, 107);
    assert.equal(bytesToHex(transaction.args), "01000000000000000100000061");
    const verifier = createReferenceVerifier({});
    assert.ok(verifier.verify(KEY.algorithm, KEY.publicKey, transaction.signature, signed.id));
    const again = await client.sign(CALL, KEY);
    assert.notEqual(bytesToHex(again.id), bytesToHex(signed.id));
  });

  it("lets another signer sign", async () => {
    const { client } = clientOf(() => assert.fail());
    const unsigned = await client.buildTransaction(CALL, KEY);
    const { signature } = signTransaction(unsigned, KEY).transaction;
    assert.deepEqual(attachSignature(unsigned, signature), signTransaction(unsigned, KEY));
    assert.equal(bytesToSign(unsigned).length, 32);
  });

  it("refuses arguments that do not fit before it sends anything", async () => {
    const { client, seen } = clientOf(() => assert.fail());
    await assert.rejects(
      client.sign({ ...CALL, args: { key: -1, text: "a" } }, KEY),
      failedWith("build", "arguments.range"),
    );
    await assert.rejects(client.sign({ ...CALL, args: { key: 1 } }, KEY), failedWith("build", "arguments.missing"));
    await assert.rejects(client.sign({ ...CALL, method: "x" }, KEY), failedWith("build", "abi.unknownMethod"));
    assert.deepEqual(seen, []);
  });

  it("throws the node's own code, with the problem", async () => {
    const { client } = clientOf(() => problem(409, "ingest.duplicate"));
    const error = await client.send(CALL, KEY).catch((reason: unknown) => reason);
    assert.ok(error instanceof ClientError);
    assert.deepEqual([error.stage, error.code, error.problem?.status], ["submit", "ingest.duplicate", 409]);
  });

  it("says that a transaction was not committed in time", async () => {
    const { client } = clientOf(() => ({ status: 202, body: { id: "00", state: "accepted" } }));
    await assert.rejects(client.send(CALL, KEY), failedWith("commit", "client.notCommitted"));
  });

  it("sends again what the node was too busy for, and gives up in the end", async () => {
    const busy = { ...problem(503, "ingest.busy"), headers: { "retry-after": "1" } };
    const answers = [busy, { body: committed("00") }];
    const first = clientOf(() => answers.shift() ?? assert.fail());
    assert.equal((await first.client.send(CALL, KEY)).state, "committed");
    assert.equal(first.seen.length, 2);
    const second = clientOf(() => busy);
    await assert.rejects(second.client.send(CALL, KEY), failedWith("submit", "ingest.busy"));
    assert.equal(second.seen.length, 3);
  });

  it("splits many by the node's limits, sends a long one alone in bytes, and keeps the order", async () => {
    const { client, seen } = clientOf(({ body }) => {
      if (typeof body !== "string") return { body: committed("alone") };
      const { transactions } = JSON.parse(body) as { readonly transactions: readonly string[] };
      return { body: { results: transactions.map((hex) => committed(`${hex.length}`)) } };
    });
    const texts = ["a", "b", "c", "d", "x".repeat(6000), "e", "f"];
    const signed = await Promise.all(texts.map((text) => client.sign({ ...CALL, args: { key: 1, text } }, KEY)));
    const results = await client.submitMany(signed);
    assert.equal(results.length, 7);
    assert.equal(results[4]?.id, "alone");
    assert.deepEqual(
      seen.map(({ path }) => path),
      ["/v1/transactions/batch", "/v1/transactions", "/v1/transactions", "/v1/transactions/batch"],
    );
  });

  it("sends again only those of a batch that there was no room for", async () => {
    const rounds: number[] = [];
    const { client } = clientOf(({ body }) => {
      const { transactions } = JSON.parse(String(body)) as { readonly transactions: readonly string[] };
      rounds.push(transactions.length);
      const busy = { state: "rejected", problem: problem(503, "ingest.busy").body };
      const refused = { state: "rejected", problem: problem(400, "ingest.badSignature").body };
      if (rounds.length === 1) return { body: { results: [refused, busy, busy] } };
      return { body: { results: transactions.map(() => committed("late")) } };
    });
    const signed = await Promise.all([1, 2, 3].map(() => client.sign(CALL, KEY)));
    const results = await client.submitMany(signed);
    assert.deepEqual(rounds, [3, 2]);
    assert.deepEqual(
      results.map((result) => (result.state === "rejected" ? result.error.code : result.id)),
      ["ingest.badSignature", "late", "late"],
    );
  });

  it("says so when what answers is no node of ours", async () => {
    const { client } = clientOf(() => ({ status: 502, body: "<html>" }));
    await assert.rejects(client.block(1), failedWith("read", "client.badAnswer"));
    const lying = clientOf(() => ({ body: "<html>" }));
    await assert.rejects(lying.client.block(1), failedWith("read", "client.badAnswer"));
  });

  it("sends again once what broke with a connection that the node had closed", async () => {
    let requests = 0;
    let closesAll = false;
    const server = createServer((request, response) => {
      requests += 1;
      if (requests === 2 || closesAll) request.socket.destroy();
      else response.end(JSON.stringify({ hash: `${requests}` }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const client = createClient({ url: `http://127.0.0.1:${port}` });
    try {
      assert.equal((await client.block(1)).hash, "1");
      assert.equal((await client.block(1)).hash, "3");
      closesAll = true;
      await assert.rejects(client.block(1), failedWith("connect", "client.unreachable"));
      assert.equal(requests, 5);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("finds the transaction that the node had before the connection broke", async () => {
    const receipt = { id: "00", height: 9, index: 0, receipt: {} };
    const answers = [
      BROKEN,
      problem(409, "ingest.duplicate"),
      problem(404, "api.transactionNotFound"),
      { body: receipt },
    ];
    const { client, seen } = clientOf(() => answers.shift() ?? assert.fail());
    assert.deepEqual(await client.send(CALL, KEY), { ...receipt, state: "committed" });
    assert.equal(seen.length, 4);
  });

  it("names a transaction that may have arrived when the connection broke, not when nobody listens", async () => {
    const answers = [BROKEN, BROKEN];
    const { client } = clientOf(() => answers.shift() ?? assert.fail());
    const signed = await client.sign(CALL, KEY);
    await assert.rejects(client.submit(signed), (error: unknown) => {
      assert.ok(error instanceof ClientError);
      assert.deepEqual([error.stage, error.code], ["commit", "client.noAnswer"]);
      return error.message.includes(Buffer.from(signed.id).toString("hex"));
    });
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise<void>((resolve) => closed.close(() => resolve()));
    const nobody = createClient({ url: `http://127.0.0.1:${port}` });
    await assert.rejects(nobody.submit(signed), failedWith("connect", "client.unreachable"));
  });

  it("refuses arguments of a deployment that nothing takes", async () => {
    const { client } = clientOf(() => assert.fail());
    const deployment = { name: "box", code: new Uint8Array(8), initArgs: { a: 1 } };
    await assert.rejects(client.deploy(deployment, KEY), failedWith("build", "arguments.unknown"));
  });

  it("finds those of a batch that the node had before the connection broke, and hides no other refusal", async () => {
    const duplicate = { state: "rejected", problem: problem(409, "ingest.duplicate").body };
    const refused = { state: "rejected", problem: problem(400, "ingest.badSignature").body };
    const receipt = { id: "00", height: 9, index: 0, receipt: {} };
    const answers = [BROKEN, { body: { results: [refused, duplicate] } }, { body: receipt }];
    const { client } = clientOf(() => answers.shift() ?? assert.fail());
    const signed = await Promise.all([1, 2].map(() => client.sign(CALL, KEY)));
    const results = await client.submitMany(signed);
    assert.deepEqual(
      results.map((result) => (result.state === "rejected" ? result.error.code : result.state)),
      ["ingest.badSignature", "committed"],
    );
  });

  it("says so when nobody answers", async () => {
    const client = createClient({ url: "http://127.0.0.1:1" });
    await assert.rejects(client.status(), failedWith("connect", "client.unreachable"));
    await assert.rejects(createClient({ url: "no address" }).status(), failedWith("connect", "client.badUrl"));
  });

  it("gives up when it is told to or the time is over", async () => {
    const silent = ((_url: URL, init: RequestInit) =>
      new Promise((_resolve, reject) => {
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      })) as unknown as typeof fetch;
    const client = createClient({ url: "http://node:1", fetch: silent, timeoutMs: 20 });
    // The signal's own timer does not keep the process alive, and nothing else does here.
    const alive = setTimeout(() => undefined, 10_000);
    await assert.rejects(client.status(), failedWith("read", "client.timeout"));
    clearTimeout(alive);
  });
});
