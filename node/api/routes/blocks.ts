/** Blocks by height, and why they took the time they took. */
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import type { Rejected } from "../../../vm/errors.ts";
import { renderReport } from "../lanes-view.ts";
import { rejectRequest } from "../problems.ts";
import { QueryQueue } from "../query-queue.ts";
import { renderHeader, renderKey } from "../render.ts";
import {
  type BlockView,
  blockSchema,
  heightParamsSchema,
  type LanesView,
  lanesSchema,
  problemSchema,
} from "../schemas.ts";
import type { ApiServer, ServerOptions } from "../server.ts";
import type { Services } from "../services.ts";

/** Pairs of transactions that a report may look at: some 50 ms of the thread that makes the blocks. */
const REPORT_WORK_MAX = 1_000_000;

export function addBlockRoutes(server: ApiServer, options: ServerOptions): void {
  const reports = new QueryQueue(options.config.api.queriesMax);
  server.get(
    "/v1/blocks/:height",
    {
      schema: {
        tags: ["chain"],
        summary: "A block; `latest` for the last one.",
        params: heightParamsSchema,
        response: { 200: blockSchema, default: problemSchema },
      },
    },
    async (request) => renderBlock(request.params.height, options.services.get()),
  );

  server.get(
    "/v1/blocks/:height/lanes",
    {
      schema: {
        tags: ["chain"],
        summary: "The schedule report of a block: its lanes, its critical path, its hottest keys.",
        params: heightParamsSchema,
        response: { 200: lanesSchema, default: problemSchema },
      },
    },
    async (request) => {
      const { socket } = request.raw;
      return reports.run(
        () => renderLanes(request.params.height, options.services.get()),
        () => !socket.destroyed,
      );
    },
  );
}

function heightOf(text: string, { chain }: Services): number {
  return text === "latest" ? chain.head.header.height : Number(text);
}

function notFound(text: string, { chain }: Services): Rejected {
  return rejectRequest("api.blockNotFound", { value: text, limit: `0 to ${chain.head.header.height}` });
}

function renderLanes(heightText: string, services: Services): LanesView {
  const report = services.chain.laneReport(heightOf(heightText, services), REPORT_WORK_MAX);
  if (report === undefined) throw notFound(heightText, services);
  return renderReport(report);
}

function renderBlock(heightText: string, services: Services): BlockView {
  const found = services.chain.getBlock(heightOf(heightText, services));
  if (found === undefined) throw notFound(heightText, services);
  const { block, blockHash, receipts } = found;
  return {
    hash: bytesToHex(blockHash),
    header: renderHeader(block.header),
    seal: { ...renderKey(block.seal), signature: bytesToHex(block.seal.signature) },
    transactions: receipts.map((receipt) => bytesToHex(receipt.transactionId)),
  };
}
