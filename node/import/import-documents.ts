/**
 * Documents on their way to the chain: read, signed, submitted in batches, each with its verdict.
 *
 *   file --read--> document --sign--> transaction --batch--> receipt
 *          |                                          |
 *          refused by ubl.* (no effect)               accepted, or refused by the contract's rule or by the node
 *
 * Results come in the order of the files. A batch is committed before its results are given, so that an accepted
 * document is one that the chain keeps. Whether figures agree is not decided here.
 */

import { setImmediate } from "node:timers/promises";
import { NodeError, Rejected } from "../../vm/errors.ts";
import type { ReceiptView } from "../api/schemas.ts";
import type { BatchOutcome, Client } from "../client/client.ts";
import { ClientError } from "../client/client-error.ts";
import type { SignedTransaction, SigningKey } from "../client/transactions.ts";
import { toInvoiceArguments } from "./invoice-arguments.ts";
import { parseDocument } from "./parse-document.ts";
import { DOCUMENT_BYTES_MAX, readDocumentFile } from "./read-file.ts";
import type { UblDocument } from "./ubl-document.ts";

export interface ImportOptions {
  readonly client: Client;
  readonly key: SigningKey;
  /** Documents that are submitted together; default 64. */
  readonly batchItemsMax?: number;
  /** Largest file; default DOCUMENT_BYTES_MAX. */
  readonly bytesMax?: number;
  readonly gasLimit?: number;
  /** Changes a document's text before it is read; the sample day numbers its documents anew by it. */
  readonly prepare?: (bytes: Uint8Array) => Uint8Array;
}

/** What became of one file. */
export interface ImportedDocument {
  readonly file: string;
  readonly status: "accepted" | "refused";
  readonly kind?: UblDocument["kind"];
  readonly number?: string;
  readonly seller?: string;
  /** What the document says it follows: a refusal may be true by EN 16931 and not by a national extension. */
  readonly profile?: string;
  /** Where the number is taken: the file of this import that took it. */
  readonly earlierFile?: string;
  /** Id of the transaction, and of its receipt. */
  readonly transactionId?: string;
  readonly height?: number;
  readonly gasUsed?: number;
  /**
   * Why it was refused: a rule (BR-CO-15), a code of the contract (invoice.duplicate), the reader (ubl.*), the node
   * (ingest.*).
   */
  readonly rule?: string;
  readonly message?: string;
}

const BATCH_ITEMS_MAX = 64;
/** Documents read ahead of a submission: what a batch may hold in memory. */
const BATCH_BYTES_MAX = 8 * 1024 * 1024;

interface Ready {
  readonly file: string;
  readonly document: UblDocument;
  readonly signed: SignedTransaction;
}

const isReady = (entry: Ready | ImportedDocument): entry is Ready => "signed" in entry;

function refused(file: string, rule: string, message: string): ImportedDocument {
  return { file, status: "refused", rule, message };
}

/**
 * Lets the process hear what happened meanwhile. Reading a large document takes seconds, in which the node may have
 * closed an idle connection; a request on it would fail. Two turns, because the first may come before the next look at
 * the sockets.
 */
async function letEventsIn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

async function readAndSign(file: string, options: ImportOptions): Promise<Ready | ImportedDocument> {
  try {
    const read = await readDocumentFile(file, options.bytesMax ?? DOCUMENT_BYTES_MAX);
    const bytes = options.prepare === undefined ? read : options.prepare(read);
    const document = parseDocument(bytes);
    await letEventsIn();
    const args = toInvoiceArguments(document, bytes);
    const gas = options.gasLimit === undefined ? {} : { gasLimit: options.gasLimit };
    const signed = await options.client.sign({ contract: "invoice", method: "issue", args, ...gas }, options.key);
    return { file, document, signed };
  } catch (error) {
    const isOfTheFile = error instanceof Rejected || (error instanceof ClientError && error.stage === "build");
    if (isOfTheFile) return refused(file, error.code, error.message);
    throw error;
  }
}

/** The name of what a call gave up for: a contract's rule, else how it ended. */
export function ruleOf(receipt: Pick<ReceiptView, "outcome" | "error">): string {
  return receipt.error?.name ?? (receipt.error === null ? receipt.outcome : `${receipt.outcome} ${receipt.error.code}`);
}

/** What an ending means for a document, where the contract could say nothing itself. */
const ENDINGS: Readonly<Record<ReceiptView["outcome"], string>> = {
  ok: "accepted",
  revert: "the contract gave up without a word",
  outOfGas: "the document costs more gas than the call may use",
  stack: "the contract was stopped: its stack is full",
  trap: "the contract was stopped; the document may have more lines than its memory holds",
  refusedHostCall: "the contract asked for something that is not allowed, such as a key that is too long",
  calleeFailed: "a contract that was called failed",
};

function verdictOf({ file, document, signed }: Ready, outcome: BatchOutcome): ImportedDocument {
  const { kind, number, seller, profile } = document;
  const transactionId = Buffer.from(signed.id).toString("hex");
  const facts = { kind, number, seller, profile, transactionId };
  if (outcome.state === "rejected") {
    return { ...refused(file, outcome.error.code, outcome.error.message), ...facts };
  }
  if (outcome.state === "accepted") {
    return { ...refused(file, "client.notCommitted", "accepted, but not in a block in time"), ...facts };
  }
  const { height, receipt } = outcome;
  const placed = { ...facts, height, gasUsed: receipt.gasUsed };
  if (receipt.outcome === "ok") return { file, status: "accepted", ...placed };
  const message = receipt.message ?? receipt.error?.text ?? ENDINGS[receipt.outcome];
  return { ...refused(file, ruleOf(receipt), message), ...placed };
}

/** Which file of this import was first to have a seller's number. */
class NumbersSeen {
  readonly #files = new Map<string, string>();

  /** The verdict, with the earlier file where one took the number. */
  explain(verdict: ImportedDocument): ImportedDocument {
    const { seller, number, rule, status, file } = verdict;
    const key = `${seller}\0${number}`;
    if (status === "accepted") this.#files.set(key, file);
    const earlierFile = this.#files.get(key);
    const isTaken = rule === "invoice.duplicate" || rule === "invoice.numberTaken";
    return isTaken && earlierFile !== undefined ? { ...verdict, earlierFile } : verdict;
  }
}

async function* submitBatch(
  entries: readonly (Ready | ImportedDocument)[],
  client: Client,
  seen: NumbersSeen,
): AsyncGenerator<ImportedDocument> {
  const ready = entries.filter(isReady);
  const outcomes = ready.length === 0 ? [] : await client.submitMany(ready.map(({ signed }) => signed));
  let next = 0;
  for (const entry of entries) {
    if (!isReady(entry)) {
      yield entry;
      continue;
    }
    const outcome = outcomes[next++];
    if (outcome === undefined) throw new NodeError("import.answersMissing", "the node answered for too few documents");
    yield seen.explain(verdictOf(entry, outcome));
  }
}

/**
 * Yields one verdict for each file, in order; a file that cannot be read is refused and the next one goes on.
 * @errors ClientError when the node cannot be reached; verdicts not yet given are then unknown, and importing the same
 * files again is safe, because an invoice that the chain has is refused as a duplicate
 */
export async function* importDocuments(
  files: AsyncIterable<string> | Iterable<string>,
  options: ImportOptions,
): AsyncGenerator<ImportedDocument> {
  const itemsMax = options.batchItemsMax ?? BATCH_ITEMS_MAX;
  const seen = new NumbersSeen();
  let entries: (Ready | ImportedDocument)[] = [];
  let bytes = 0;
  for await (const file of files) {
    const entry = await readAndSign(file, options);
    entries.push(entry);
    bytes += isReady(entry) ? entry.signed.bytes.length : 0;
    if (entries.length < itemsMax && bytes < BATCH_BYTES_MAX) continue;
    yield* submitBatch(entries, options.client, seen);
    entries = [];
    bytes = 0;
  }
  yield* submitBatch(entries, options.client, seen);
}

export interface ImportSummary {
  readonly documents: number;
  readonly accepted: number;
  readonly refused: number;
  /** Refusals by rule, most frequent first. */
  readonly rules: Readonly<Record<string, number>>;
}

/** Counts verdicts as they come. */
export class ImportTally {
  #accepted = 0;
  readonly #rules = new Map<string, number>();

  add(document: ImportedDocument): void {
    if (document.status === "accepted") this.#accepted += 1;
    else this.#rules.set(document.rule ?? "unknown", (this.#rules.get(document.rule ?? "unknown") ?? 0) + 1);
  }

  summary(): ImportSummary {
    const rules = [...this.#rules].sort(([left, m], [right, n]) => n - m || (left < right ? -1 : 1));
    const refusals = rules.reduce((sum, [, count]) => sum + count, 0);
    return {
      documents: this.#accepted + refusals,
      accepted: this.#accepted,
      refused: refusals,
      rules: Object.fromEntries(rules),
    };
  }
}
