/** Contracts: what they are, what they answer, what they keep. */

import type { Chain } from "../../../runtime/chain/chain.ts";
import { decodeValue, encodeArguments, storageKey } from "../../../runtime/format/abi-codec.ts";
import { addressOfContract } from "../../../runtime/format/address.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import type { AbiStorage, ContractAbi } from "../../../runtime/format/contract-abi.ts";
import { Rejected } from "../../../vm/errors.ts";
import { callableMethods, withSignature } from "../../method-signature.ts";
import { parseJsonBody } from "../http-rules.ts";
import { rejectRequest } from "../problems.ts";
import { QueryQueue } from "../query-queue.ts";
import { renderEndedCall } from "../render.ts";
import {
  type ContractView,
  contractParamsSchema,
  contractSchema,
  problemSchema,
  type QueryResultView,
  queryBodySchema,
  queryResultSchema,
  type StateView,
  stateQuerySchema,
  stateSchema,
} from "../schemas.ts";
import type { ApiServer, ServerOptions } from "../server.ts";
import type { Services } from "../services.ts";

interface QueryBody {
  readonly method: string;
  readonly args?: unknown;
  readonly sender?: string;
  readonly gasLimit?: number;
}

export function addContractRoutes(server: ApiServer, options: ServerOptions): void {
  const tags = ["chain"];
  const params = contractParamsSchema;
  const queries = new QueryQueue(options.config.api.queriesMax);

  server.get(
    "/v1/contracts/:name",
    {
      schema: {
        tags,
        summary: "A contract: its code hash and its ABI.",
        params,
        response: { 200: contractSchema, default: problemSchema },
      },
    },
    async (request) => renderContract(request.params.name, options.services.get()),
  );

  server.post(
    "/v1/contracts/:name/query",
    {
      schema: {
        tags,
        summary: "Call a method without a transaction; nothing is written.",
        description:
          "200 whatever the outcome of the call: a contract that gives up has answered. Queries run one at a time.",
        params,
        body: queryBodySchema,
        response: { 200: queryResultSchema, default: problemSchema },
      },
    },
    async (request) => {
      const { queryGasMax } = options.config.api;
      const { socket } = request.raw;
      return queries.run(
        () => runQuery(request.params.name, request.body, queryGasMax, options.services.get()),
        () => !socket.destroyed,
      );
    },
  );

  server.get(
    "/v1/contracts/:name/state",
    {
      schema: {
        tags,
        summary: "One stored value, by the storage that the contract's ABI declares.",
        params,
        querystring: stateQuerySchema,
        response: { 200: stateSchema, default: problemSchema },
      },
    },
    async (request) => readState(request.params.name, request.query, options.services.get()),
  );
}

/** @errors api.contractNotFound */
export function requiredAbi(name: string, chain: Pick<Chain, "contractAbi">): ContractAbi {
  const abi = chain.contractAbi(name);
  if (abi === undefined) {
    throw rejectRequest("api.contractNotFound", {
      value: name,
      hint: "A contract is there from the block of its deployment on.",
    });
  }
  return abi;
}

function renderContract(name: string, services: Services): ContractView {
  const { chain, hashes } = services;
  const abi = requiredAbi(name, chain);
  const record = chain.contractRecord(name);
  return {
    name,
    address: bytesToHex(addressOfContract(name, hashes)),
    isSystem: record === undefined,
    codeHash: record === undefined ? null : bytesToHex(record.codeHash),
    abiHash: record === undefined ? null : bytesToHex(record.abiHash),
    version: record?.version ?? null,
    height: record?.height ?? null,
    abi,
  };
}

function runQuery(contract: string, body: QueryBody, gasMax: number, services: Services): QueryResultView {
  const { chain } = services;
  const abi = requiredAbi(contract, chain);
  const { method } = body;
  if (!abi.methods.some((candidate) => candidate.name === method && candidate.kind !== "init")) {
    throw rejectRequest("api.methodNotFound", { value: method, limit: callableMethods(abi) });
  }
  const gasLimit = body.gasLimit ?? gasMax;
  if (gasLimit > gasMax) throw rejectRequest("api.queryGasTooHigh", { value: String(gasLimit), limit: String(gasMax) });
  const args = encodeCall(abi, method, body.args);
  const sender = new Uint8Array(Buffer.from(body.sender ?? "00".repeat(32), "hex"));
  const call = chain.query({ contract, method, args, gasLimit, sender });
  const view = renderEndedCall(call, { contract, method }, (name) => chain.contractAbi(name));
  return { height: chain.head.header.height, ...view };
}

/** @errors arguments.*, with how the method is called */
function encodeCall(abi: ContractAbi, method: string, args: unknown): Uint8Array {
  try {
    return encodeArguments(abi, method, args ?? {});
  } catch (error) {
    throw error instanceof Rejected ? withSignature(error, abi, method) : error;
  }
}

interface StateQuery {
  readonly storage: string;
  readonly key?: string;
}

function readState(contract: string, query: StateQuery, services: Services): StateView {
  const { chain } = services;
  const abi = requiredAbi(contract, chain);
  const storage = requiredStorage(abi, query.storage);
  const key = parseKey(query.key);
  const bytes = chain.readState(contract, storageKey(abi, storage.name, key));
  return {
    contract,
    storage: storage.name,
    key: [...key],
    height: chain.head.header.height,
    present: bytes !== undefined,
    value: bytes === undefined ? null : decodeValue(abi, storage.value, bytes),
    bytes: bytes === undefined ? null : bytesToHex(bytes),
  };
}

/** @errors api.storageNotFound */
export function requiredStorage(abi: ContractAbi, name: string): AbiStorage {
  const storage = abi.storage.find((candidate) => candidate.name === name);
  if (storage !== undefined) return storage;
  const names = abi.storage.map((candidate) => candidate.name).join(", ");
  throw rejectRequest("api.storageNotFound", { value: name, limit: names === "" ? "it declares none" : names });
}

/** The parts of a storage key. @errors api.badStorageKey and those of the JSON limits */
export function parseKey(text: string | undefined): readonly unknown[] {
  if (text === undefined) return [];
  const value = parseJsonBody(Buffer.from(text));
  if (Array.isArray(value)) return value;
  throw rejectRequest("api.badStorageKey", { value: text });
}
