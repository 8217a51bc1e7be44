/**
 * What happened on the day, step by step: each with what was expected, because a demonstration that lies is worse than
 * none.
 */
import { NodeError } from "../../../vm/errors.ts";
import type { ReceiptView } from "../../api/schemas.ts";
import type { Client, Committed, ContractCall } from "../../client/client.ts";
import { type ImportedDocument, ruleOf } from "../../import/import-documents.ts";
import type { Key } from "../../keys/keystore.ts";

export interface DayStep {
  /** What somebody did, in words. */
  readonly step: string;
  readonly contract: string;
  readonly status: "accepted" | "refused";
  /** Who or what refused it. */
  readonly rule?: string;
  readonly message?: string;
  readonly gasUsed?: number;
  readonly height?: number;
  readonly transactionId?: string;
}

/** What a step should come to: accepted, or refused by this rule. */
export type Expected = "accepted" | { readonly refusedBy: string };

function stepOf(step: string, contract: string, placed: Committed): DayStep {
  const { receipt, height, id } = placed;
  const facts = { step, contract, gasUsed: receipt.gasUsed, height, transactionId: id };
  if (receipt.outcome === "ok") return { ...facts, status: "accepted" };
  return { ...facts, status: "refused", rule: ruleOf(receipt), message: messageOf(receipt) };
}

const messageOf = (receipt: ReceiptView): string => receipt.message ?? receipt.error?.text ?? receipt.outcome;

export class DayLedger {
  readonly #client: Client;
  readonly #added: (step: DayStep) => void;
  readonly steps: DayStep[] = [];

  /** @param added  told of each step as it happens */
  constructor(client: Client, added: (step: DayStep) => void) {
    this.#client = client;
    this.#added = added;
  }

  /** Sends one call; resolves when it is committed. @errors day.unexpected */
  async send(step: string, call: ContractCall, key: Key, expected: Expected = "accepted"): Promise<void> {
    this.#add(stepOf(step, call.contract, await this.#client.send(call, key)), expected);
  }

  /** Adds the verdict on a document. @errors day.unexpected */
  document(step: string, document: ImportedDocument, expected: Expected): void {
    const { status, rule, message, gasUsed, height, transactionId } = document;
    const facts = { rule, message, gasUsed, height, transactionId };
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    this.#add({ step, contract: "invoice", status, ...Object.fromEntries(known) }, expected);
  }

  #add(step: DayStep, expected: Expected): void {
    this.steps.push(step);
    this.#added(step);
    const wanted = expected === "accepted" ? "accepted" : expected.refusedBy;
    const came = step.status === "accepted" ? "accepted" : step.rule;
    if (wanted === came) return;
    const text = `${step.step}: ${wanted} was expected, ${came} came: ${step.message ?? ""}`;
    throw new NodeError("day.unexpected", text);
  }
}
