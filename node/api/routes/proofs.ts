/** Proof files: what the chain holds under a key, or that it holds nothing, for somebody who trusts no node. */
import { Type } from "typebox";
import type { Chain, StateProof } from "../../../runtime/chain/chain.ts";
import { decodeStorageKey, storageKey } from "../../../runtime/format/abi-codec.ts";
import { encodeHeader } from "../../../runtime/format/block.ts";
import type { CommitmentProof } from "../../../runtime/format/ics23.ts";
import { SYSTEM_CONTRACTS } from "../../../runtime/format/names.ts";
import { createStateProof } from "../../../runtime/format/proof.ts";
import { buildProofFile } from "../../../runtime/format/proof-file.ts";
import { contractRecordKey } from "../../../runtime/format/state-key.ts";
import { rejectRequest } from "../problems.ts";
import { problemSchema, proofQuerySchema } from "../schemas.ts";
import type { ApiServer, ServerOptions } from "../server.ts";
import { parseKey, requiredAbi, requiredStorage } from "./contracts.ts";

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
      const text = await proofFile(request.query, options.services.get().chain);
      return reply.type("application/json; charset=utf-8").serializer(String).send(text);
    },
  );
}

async function proofFile(query: ProofQuery, chain: Chain): Promise<string> {
  const { contract } = query;
  const abi = requiredAbi(contract, chain);
  const storage = requiredStorage(abi, query.storage);
  const section = chain.contractAbiSection(contract);
  if (section === undefined) throw rejectRequest("api.contractNotFound", { value: contract });
  const contractKey = storageKey(abi, storage.name, parseKey(query.key));
  const height = query.height === undefined ? chain.head.header.height : Number(query.height);
  const entry = await chain.prove(contract, contractKey, height);
  const record = await chain.prove(SYSTEM_CONTRACTS.lifecycle, contractRecordKey(contract), height);
  return buildProofFile({
    hash: chain.settings.hash,
    header: encodeHeader(entry.header),
    seal: entry.seal,
    sm2UserId: chain.settings.sm2UserId,
    // The caller's JSON may be one of several for the key, 3 or "3"; a proof file has the one that its verifier makes.
    claim: { contract, storage: storage.name, key: decodeStorageKey(abi, storage.name, contractKey) },
    abi: section,
    contractProof: commitment(record, chain),
    stateProof: commitment(entry, chain),
  });
}

function commitment({ key, proof, entryOf }: StateProof, { settings }: Chain): CommitmentProof {
  return createStateProof(key, proof, settings.hash, entryOf);
}
