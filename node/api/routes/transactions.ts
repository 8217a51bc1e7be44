/** What goes in: one signed transaction or many; and what became of it. */
import { addressOfKey } from "../../../runtime/format/address.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import { NodeError, Rejected } from "../../../vm/errors.ts";
import type { Submission } from "../../ingest/ingest.ts";
import type { Commitment } from "../../ingest/pool.ts";
import { problemOf, problemOfFault, rejectRequest } from "../problems.ts";
import { renderArguments, renderReceipt, renderTransactionFields } from "../render.ts";
import {
  type BatchResultView,
  batchBodySchema,
  batchResultSchema,
  idParamsSchema,
  type PlacedReceiptView,
  placedReceiptSchema,
  problemSchema,
  type SubmissionView,
  submissionSchema,
  submitBodySchema,
  submitQuerySchema,
  type TransactionView,
  transactionSchema,
} from "../schemas.ts";
import type { ApiServer, ServerOptions } from "../server.ts";
import type { Services } from "../services.ts";

interface WaitQuery {
  readonly wait?: "committed" | "accepted";
  readonly timeoutMs?: string;
}

const tags = ["transactions"];

export function addTransactionRoutes(server: ApiServer, options: ServerOptions): void {
  addSubmitRoutes(server, options);
  addReadRoutes(server, options);
}

function addSubmitRoutes(server: ApiServer, options: ServerOptions): void {
  server.post(
    "/v1/transactions",
    {
      config: { accepts: ["application/json", "application/octet-stream"] },
      schema: {
        tags,
        summary: "Submit one signed transaction.",
        description:
          "200 when the record of its block is on disk, whatever the outcome in the receipt; 202 when its " +
          "signature is good and it waits. As application/octet-stream the body is the transaction's bytes.",
        consumes: ["application/json", "application/octet-stream"],
        body: submitBodySchema,
        querystring: submitQuerySchema,
        response: { 200: submissionSchema, 202: submissionSchema, default: problemSchema },
      },
    },
    async (request, reply) => {
      const services = options.services.get();
      const submission = services.ingest.submit(bytesOf(request.body.transaction));
      const view = await waitFor(submission, services, deadlineOf(request.query, options));
      return reply.status(view.state === "committed" ? 200 : 202).send(view);
    },
  );

  server.post(
    "/v1/transactions/batch",
    {
      schema: {
        tags,
        summary: "Submit many signed transactions.",
        description: "Each is taken or refused on its own; the answers stand in the order of the request.",
        body: batchBodySchema,
        querystring: submitQuerySchema,
        response: { 200: batchResultSchema, default: problemSchema },
      },
    },
    async (request) => {
      const services = options.services.get();
      const { transactions } = request.body;
      checkBatchSize(transactions.length, options.config.api.batchTransactionsMax);
      const deadline = deadlineOf(request.query, options);
      const results = transactions.map((hex) => submitOne(hex, services, deadline));
      return { results: await Promise.all(results) };
    },
  );
}

function addReadRoutes(server: ApiServer, options: ServerOptions): void {
  server.get(
    "/v1/transactions/:id",
    {
      schema: {
        tags,
        summary: "A transaction that waits or is in a block.",
        params: idParamsSchema,
        response: { 200: transactionSchema, default: problemSchema },
      },
    },
    async (request) => renderTransaction(request.params.id, options.services.get()),
  );

  server.get(
    "/v1/receipts/:id",
    {
      schema: {
        tags,
        summary: "What a transaction did.",
        params: idParamsSchema,
        response: { 200: placedReceiptSchema, default: problemSchema },
      },
    },
    async (request) => renderPlacedReceipt(request.params.id, options.services.get()),
  );
}

/** Milliseconds to wait for the commit; undefined when the caller does not want to. */
function deadlineOf(query: WaitQuery, { config }: ServerOptions): number | undefined {
  if (query.wait === "accepted") return undefined;
  const longest = config.api.commitTimeoutMs;
  return query.timeoutMs === undefined ? longest : Math.min(Number(query.timeoutMs), longest);
}

function checkBatchSize(count: number, limit: number): void {
  if (count <= limit) return;
  throw rejectRequest("api.batchTooLarge", { value: String(count), limit: String(limit) });
}

type BatchItem = BatchResultView["results"][number];

async function submitOne(hex: string, services: Services, timeoutMs: number | undefined): Promise<BatchItem> {
  try {
    return await waitFor(services.ingest.submit(bytesOf(hex)), services, timeoutMs);
  } catch (error) {
    if (error instanceof Rejected) return { state: "rejected", problem: problemOf(error) };
    if (error instanceof NodeError) return { state: "rejected", problem: problemOfFault(error) };
    throw error;
  }
}

/** What became of the transaction when its signature is known and it is committed or the time is over. */
async function waitFor(
  submission: Submission,
  services: Services,
  timeoutMs: number | undefined,
): Promise<SubmissionView> {
  const id = bytesToHex(submission.id);
  await submission.accepted;
  if (timeoutMs === undefined) return { id, state: "accepted" };
  const commitment = await withTimeout(submission.committed, timeoutMs);
  if (commitment === undefined) return { id, state: "accepted" };
  const { height, index } = commitment;
  return { id, state: "committed", height, index, receipt: receiptView(commitment, submission, services) };
}

function receiptView(commitment: Commitment, { transaction }: Submission, { chain }: Services) {
  return renderReceipt(commitment.receipt, transaction, (name) => chain.contractAbi(name));
}

/** The value, or undefined when it takes longer; the timer does not outlive the answer. */
async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function renderTransaction(id: string, { chain, pool, hashes }: Services): TransactionView {
  const found = chain.getTransaction(bytesOf(id));
  const transaction = found?.transaction ?? pool.find(id);
  if (transaction === undefined) throw rejectRequest("api.transactionNotFound", { value: id });
  return {
    id,
    state: found === undefined ? "pending" : "committed",
    height: found?.height ?? null,
    index: found?.index ?? null,
    sender: bytesToHex(addressOfKey(transaction.algorithm, transaction.publicKey, hashes)),
    ...renderTransactionFields(transaction),
    args: renderArguments(transaction, (name) => chain.contractAbi(name)),
  };
}

function renderPlacedReceipt(id: string, { chain, pool }: Services): PlacedReceiptView {
  const found = chain.getTransaction(bytesOf(id));
  if (found === undefined) throw receiptNotFound(id, pool.has(id));
  const { height, index, receipt, transaction } = found;
  return { id, height, index, receipt: renderReceipt(receipt, transaction, (name) => chain.contractAbi(name)) };
}

function receiptNotFound(id: string, isPending: boolean): Rejected {
  const hint = isPending ? { hint: "It waits for a block: ask again." } : {};
  return rejectRequest("api.transactionNotFound", { value: id, ...hint });
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}
