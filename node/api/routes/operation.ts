/** How the node is: for people, for what watches it, and for what starts and stops it. */
import { Type } from "typebox";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import type { VerdictStoreStatistics } from "../../../runtime/verdicts/store.ts";
import type { AcceleratorReport } from "../../accelerator.ts";
import { rejectRequest } from "../problems.ts";
import { renderKey } from "../render.ts";
import { healthSchema, problemSchema, type StatusView, statusSchema } from "../schemas.ts";
import type { ApiServer, ServerOptions } from "../server.ts";
import type { Services } from "../services.ts";

export function addOperationRoutes(server: ApiServer, options: ServerOptions): void {
  const { services, metrics } = options;
  const startMs = Date.now();
  const health = { 200: healthSchema, 503: problemSchema };

  server.get(
    "/livez",
    { schema: { tags: ["operation"], summary: "The process answers.", response: { 200: healthSchema } } },
    async () => ({ state: services.state }),
  );

  server.get(
    "/readyz",
    { schema: { tags: ["operation"], summary: "The node takes transactions.", response: health } },
    async () => {
      if (services.state === "ready") return { state: services.state };
      throw rejectRequest("api.notReady", { value: services.state });
    },
  );

  server.get(
    "/metrics",
    { schema: { tags: ["operation"], summary: "Counters for Prometheus.", produces: ["text/plain"] } },
    async (_request, reply) => {
      reply.type(metrics.registry.contentType).serializer(String);
      return metrics.registry.metrics();
    },
  );

  server.get(
    "/openapi.json",
    { schema: { tags: ["operation"], summary: "This API as OpenAPI 3.1.", response: { 200: Type.Unknown() } } },
    async () => server.swagger(),
  );

  server.get(
    "/v1/status",
    {
      schema: { tags: ["operation"], summary: "The chain, its head, and what waits.", response: { 200: statusSchema } },
    },
    async () => statusOf(options, services.get(), Math.floor((Date.now() - startMs) / 1000)),
  );
}

function deviceView({ busyMs, kernelAlgorithms, ...report }: AcceleratorReport): StatusView["device"] {
  return { ...report, kernelAlgorithms: [...kernelAlgorithms], busySeconds: busyMs / 1000 };
}

function verdictsView(statistics: VerdictStoreStatistics): StatusView["verdicts"] {
  const { accepted, rejected, hits, misses, forgotten } = statistics;
  return { known: accepted + rejected, asked: hits + misses, hits, forgotten };
}

function lanesView(chain: Services["chain"]): StatusView["lanes"] {
  const threads = chain.laneThreads();
  const statistics = chain.laneStatistics();
  if (statistics === undefined) {
    return { threads, taken: 0, conflicts: 0, late: 0, withoutAttempt: 0, inPlace: 0, restarts: 0 };
  }
  const { taken, conflicts, late, withoutAttempt, inPlace, restarts } = statistics;
  const sumOf = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    threads,
    taken,
    conflicts: sumOf(conflicts),
    late,
    withoutAttempt: sumOf(withoutAttempt),
    inPlace,
    restarts,
  };
}

function statusOf({ software, services, config }: ServerOptions, open: Services, uptimeSeconds: number): StatusView {
  const { chain, pool, accelerator, verdicts, genesisHash } = open;
  const { settings, head } = chain;
  const { header } = head;
  return {
    software,
    state: services.state,
    uptimeSeconds,
    chain: {
      chainId: settings.chainId,
      protocolVersion: settings.protocolVersion,
      hash: settings.hash,
      sm2UserId: settings.sm2UserId,
      genesisHash: bytesToHex(genesisHash),
      admins: settings.admins.map(bytesToHex),
      sealer: renderKey(settings.sealer),
      transactionGasMax: settings.transactionGasMax,
      blockGasMax: settings.blockGasMax,
      expiryHeightsMax: settings.expiryHeightsMax,
      transactionBytesMax: settings.transactionBytesMax,
    },
    head: {
      height: header.height,
      hash: bytesToHex(head.hash),
      timeSeconds: header.timeSeconds,
      stateRoot: bytesToHex(header.stateRoot),
    },
    pending: { transactions: pool.pending, bytes: pool.pendingBytes },
    verdicts: verdictsView(verdicts.statistics()),
    limits: {
      batchTransactionsMax: config.api.batchTransactionsMax,
      jsonBytesMax: config.api.jsonBytesMax,
      queryGasMax: config.api.queryGasMax,
      commitTimeoutMs: config.api.commitTimeoutMs,
    },
    lanes: lanesView(chain),
    device: deviceView(accelerator.report()),
  };
}
