/** Blocks by height. */
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import { rejectRequest } from "../problems.ts";
import { renderHeader, renderKey } from "../render.ts";
import { type BlockView, blockSchema, heightParamsSchema, problemSchema } from "../schemas.ts";
import type { ApiServer, ServerOptions } from "../server.ts";
import type { Services } from "../services.ts";

export function addBlockRoutes(server: ApiServer, options: ServerOptions): void {
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
}

function renderBlock(heightText: string, { chain }: Services): BlockView {
  const height = heightText === "latest" ? chain.head.header.height : Number(heightText);
  const found = chain.getBlock(height);
  if (found === undefined) {
    throw rejectRequest("api.blockNotFound", { value: heightText, limit: `0 to ${chain.head.header.height}` });
  }
  const { block, blockHash, receipts } = found;
  return {
    hash: bytesToHex(blockHash),
    header: renderHeader(block.header),
    seal: { ...renderKey(block.seal), signature: bytesToHex(block.seal.signature) },
    transactions: receipts.map((receipt) => bytesToHex(receipt.transactionId)),
  };
}
