import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pino } from "pino";
import { referenceHashes } from "../../../accel/reference/hashes.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { openAccelerator } from "../../../node/accelerator.ts";
import { createMetrics } from "../../../node/api/metrics.ts";
import { buildServer } from "../../../node/api/server.ts";
import { type Services, ServicesHolder } from "../../../node/api/services.ts";
import type { ClientProblem } from "../../../node/client/client-error.ts";
import { loadConfig } from "../../../node/config/load-config.ts";
import { rejectTransaction } from "../../../node/ingest/rejections.ts";
import { VerdictDesk } from "../../../runtime/verdicts/desk.ts";
import { VerdictStore } from "../../../runtime/verdicts/store.ts";
import { NodeError } from "../../../vm/errors.ts";

const verifier = createReferenceVerifier();

/** A server whose chain answers every question for a block with `getBlock`. */
async function createServer(getBlock: () => never = () => assert.fail()) {
  const services = new ServicesHolder();
  const faults: NodeError[] = [];
  const logged: string[] = [];
  const { accelerator: config } = loadConfig({ options: { accelerator: { driver: "reference", workers: 0 } } });
  const accelerator = openAccelerator({ config, sm2UserId: "1", log: pino({ level: "silent" }) });
  const metrics = createMetrics({
    pending: () => 3,
    accelerator: () => accelerator.report(),
    verdicts: () => new VerdictStore().statistics(),
    contractVerdicts: () => new VerdictDesk({ inner: verifier, hashes: referenceHashes }).statistics(),
    lanes: () => undefined,
    laneThreads: () => 0,
    isReady: () => services.state === "ready",
  });
  const server = await buildServer({
    config: loadConfig(),
    software: { name: "cinnabar", version: "1.2.3" },
    log: pino({ level: "info" }, { write: (line: string) => void logged.push(line) }),
    metrics,
    services,
    transactionBytesMax: 1000,
    onFault: (fault) => {
      faults.push(fault);
      services.fail(fault.code);
    },
  });
  const chain = { getBlock, head: { header: { height: 5 } } };
  const ingest = {
    submit: () => {
      throw rejectTransaction("busy");
    },
  };
  const open = () => services.open({ chain, ingest } as unknown as Services);
  const get = async (url: string) => {
    const response = await server.inject({ method: "GET", url });
    return { status: response.statusCode, headers: response.headers, body: response.json() as ClientProblem };
  };
  return { server, services, faults, logged, open, get };
}

describe("the API of a node that", () => {
  it("starts is alive, not ready, and refuses the rest for now", async () => {
    const { get } = await createServer();
    assert.deepEqual((await get("/livez")).body, { state: "starting" });
    const ready = await get("/readyz");
    assert.deepEqual([ready.status, ready.body.code, ready.body.value], [503, "api.notReady", "starting"]);
    const status = await get("/v1/status");
    assert.deepEqual([status.status, status.body.code], [503, "api.notReady"]);
    assert.equal(status.headers["retry-after"], "1");
  });

  it("runs is ready", async () => {
    const { get, open } = await createServer();
    open();
    assert.deepEqual((await get("/readyz")).body, { state: "ready" });
  });

  it("stops is alive, not ready, and takes nothing", async () => {
    const { server, get, open, services } = await createServer();
    open();
    services.beginStop();
    assert.equal((await get("/livez")).status, 200);
    assert.equal((await get("/readyz")).body.value, "stopping");
    const answer = await server.inject({ method: "POST", url: "/v1/transactions", payload: { transaction: "00" } });
    assert.deepEqual([answer.statusCode, (answer.json() as ClientProblem).code], [503, "ingest.stopping"]);
  });

  it("meets a fault says so from then on, in answers by its code only", async () => {
    const { get, open, faults } = await createServer(() => {
      throw new NodeError("store.corrupt", "block 4 in the file data.mdb is torn");
    });
    open();
    for (const round of [1, 2]) {
      const { status, body } = await get("/v1/blocks/4");
      assert.deepEqual([status, body.code], [503, "node.fault"], `round ${round}`);
      assert.match(body.detail, /store\.corrupt/);
      assert.doesNotMatch(JSON.stringify(body), /torn|data\.mdb/);
    }
    assert.equal(faults.length, 1);
    assert.equal((await get("/readyz")).status, 503);
  });

  it("meets an error of nobody's says nothing about it, logs it, and goes on", async () => {
    const { get, open, faults, logged } = await createServer(() => {
      throw new TypeError("secret of the inside");
    });
    open();
    const { status, body } = await get("/v1/blocks/4");
    assert.deepEqual([status, body.code], [500, "api.internal"]);
    assert.doesNotMatch(JSON.stringify(body), /secret|TypeError|\.[jt]s/);
    assert.ok(logged.some((line) => line.includes("secret of the inside")));
    assert.equal(faults.length, 0);
    assert.equal((await get("/readyz")).status, 200);
  });

  it("is busy says when to come again", async () => {
    const { server, open } = await createServer();
    open();
    const answer = await server.inject({ method: "POST", url: "/v1/transactions", payload: { transaction: "00" } });
    assert.equal(answer.statusCode, 503);
    assert.equal((answer.json() as ClientProblem).code, "ingest.busy");
    assert.equal(answer.headers["retry-after"], "1");
  });

  it("writes no line of the log that a caller has made", async () => {
    const { server, open, logged } = await createServer();
    open();
    await server.inject({ method: "GET", url: "/v1/x%0a%1b[31m", headers: { "x-request-id": "a\u0000b" } });
    for (const line of logged) assert.doesNotMatch(line.trimEnd(), /\p{Cc}/u);
  });

  it("counts its answers by the pattern of the route", async () => {
    const { server, open, get } = await createServer();
    open();
    await get("/v1/nothing");
    const { payload, headers } = await server.inject({ method: "GET", url: "/metrics" });
    for (const name of ["verdict_hits", "verdicts_forgotten", "attempts_aborted", "contract_items_in_place"]) {
      assert.match(payload, new RegExp(`^cinnabar_${name}_total 0$`, "m"));
    }
    assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
    assert.match(payload, /cinnabar_http_requests_total\{method="GET",route="none",status="404"\} 1/);
    assert.match(payload, /cinnabar_pending_transactions 3/);
    assert.match(payload, /cinnabar_ready 1/);
    assert.match(payload, /cinnabar_pending_signatures 0/);
    assert.match(payload, /cinnabar_accelerator_quarantined 0/);
    assert.match(payload, /cinnabar_accelerator_mismatches_total 0/);
    assert.doesNotMatch(payload, /v1\/nothing/);
  });

  it("sends the headers that keep a browser from guessing", async () => {
    const { get } = await createServer();
    const { headers } = await get("/livez");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cache-control"], "no-store");
    assert.match(String(headers["content-security-policy"]), /default-src/);
    assert.equal(headers["x-powered-by"], undefined);
  });
});
