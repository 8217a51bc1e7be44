/** Asking a node for a proof file, by what a person knows: a contract and a key, for invoices their number alone. */

import { type VerifiedClaim, verifyProofFile } from "../../runtime/verify/index.ts";
import { Rejected } from "../../vm/errors.ts";
import type { Client, ProofRequest } from "../client/client.ts";
import { keyParts } from "./json-arguments.ts";

export interface ProofQuestion {
  readonly contract: string;
  readonly words: readonly string[];
  /** Name of the storage; default the contract's only map with keys of as many parts. */
  readonly storage?: string;
  readonly height?: number;
  /** Of an invoice: the seller, where several use the number. */
  readonly seller?: string;
}

export interface ProofAnswer {
  /** The proof file, byte for byte. */
  readonly text: string;
  /** What it shows, as verified here. */
  readonly claim: VerifiedClaim;
  /** Sellers who use the number, where the question was for an invoice by its number alone. */
  readonly sellerCount?: number;
}

/** @errors the proof's own codes, when the node gave a file that does not verify */
async function askFor(client: Client, request: ProofRequest): Promise<ProofAnswer> {
  const text = await client.proof(request);
  const verified = verifyProofFile(text);
  if (verified.ok) return { text, claim: verified.claim };
  throw new Rejected(verified.code, `the node gave a proof that does not verify: ${verified.message}`);
}

const atHeight = (height: number | undefined): { height?: number } => (height === undefined ? {} : { height });

/**
 * The invoice of that number, found through `numbers`: its entry there shows that the number is used and by whom, and
 * its absence there shows that nobody uses it.
 */
async function askForInvoice(client: Client, number: string, question: ProofQuestion): Promise<ProofAnswer> {
  const invoices = { contract: question.contract, storage: "invoices" };
  if (question.seller !== undefined) {
    return askFor(client, { ...invoices, key: [question.seller, number], ...atHeight(question.height) });
  }
  const numbers = { contract: question.contract, storage: "numbers", key: [number], ...atHeight(question.height) };
  const found = await askFor(client, numbers);
  if (!found.claim.present) return found;
  const { seller, count } = found.claim.value as { readonly seller: string; readonly count: number };
  const answer = await askFor(client, { ...invoices, key: [seller, number], height: found.claim.height });
  return { ...answer, sellerCount: count };
}

async function storageOf(client: Client, { contract, words, storage }: ProofQuestion): Promise<string> {
  if (storage !== undefined) return storage;
  const abi = await client.abi(contract);
  const fitting = abi.storage.filter(({ key }) => key.length === words.length);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.name;
  const known = abi.storage.map(({ name, key }) => `${name}(${key.join(", ")})`).join(" ");
  throw new Rejected("cli.whichStorage", `which storage of ${contract} is meant is not clear; name it by --storage`, {
    value: words.join(" "),
    limit: known,
  });
}

/**
 * Resolves to a proof file that has been verified here.
 * @errors cli.whichStorage, cli.unknownStorage, cli.keyParts, proof.*, those of the node
 */
export async function requestProof(client: Client, question: ProofQuestion): Promise<ProofAnswer> {
  const { contract, words, storage, height } = question;
  const [number] = words;
  if (contract === "invoice" && storage === undefined && words.length === 1 && number !== undefined) {
    return askForInvoice(client, number, question);
  }
  const name = await storageOf(client, question);
  const key = await keyParts(client, contract, name, words);
  return askFor(client, { contract, storage: name, key, ...atHeight(height) });
}
