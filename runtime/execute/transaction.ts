/**
 * One transaction: authorize, run, settle.
 *
 *   authorize   may it be in this block at all? If not it is *rejected*: no receipt, no gas, and a block that has it is invalid
 *   run         its call, in frames over the block's overlay
 *   settle      the receipt; a call that failed has left nothing but its gas
 *
 * Signatures are verified before, in batches (DESIGN section 3); nothing here depends on when.
 */
import { NodeError, Rejected } from "../../vm/errors.ts";
import { LIMITS } from "../../vm/limits.ts";
import { type CallResult, OUTCOMES } from "../../vm/outcome.ts";
import type { Event, Receipt, Transaction } from "../format/types.ts";
import { type BlockContext, CallTree, type ExecutionServices } from "./call-tree.ts";

/** What a block has taken in before the transaction that asks. */
export interface BlockSoFar {
  readonly gasUsed: number;
  /** True for the id of a transaction of this block or of an earlier one, whether it succeeded or failed. */
  isKnown(id: Uint8Array): boolean;
}

/**
 * Returns why the transaction cannot be the next of the block, undefined when it can. The gas it may use must be left in the
 * block, so that the block's sum can never pass `blockGasMax`.
 * Codes: transaction.{wrongChain,expired,expiryTooFar,gasAboveMax,duplicate}, block.gasFull.
 */
export function authorize(
  transaction: Transaction,
  id: Uint8Array,
  block: BlockContext,
  soFar: BlockSoFar,
): Rejected | undefined {
  const { settings, height } = block;
  if (transaction.chainId !== settings.chainId) {
    return new Rejected("transaction.wrongChain", "the transaction is for another chain", {
      value: transaction.chainId,
      limit: settings.chainId,
    });
  }
  if (transaction.expiryHeight < height) {
    return numberRejected("expired", "the transaction has expired", transaction.expiryHeight, height);
  }
  // Ahead of the head, which is the block before this one.
  const expiryMax = height - 1 + settings.expiryHeightsMax;
  if (transaction.expiryHeight > expiryMax) {
    return numberRejected("expiryTooFar", "the expiry height is too far ahead", transaction.expiryHeight, expiryMax);
  }
  if (transaction.gasLimit > settings.transactionGasMax) {
    return numberRejected("gasAboveMax", "the gas limit is too high", transaction.gasLimit, settings.transactionGasMax);
  }
  if (soFar.isKnown(id)) return new Rejected("transaction.duplicate", "the transaction is in the chain already");
  if (soFar.gasUsed + transaction.gasLimit > settings.blockGasMax) {
    return new Rejected("block.gasFull", "the block has not so much gas left", {
      value: String(transaction.gasLimit),
      limit: String(settings.blockGasMax - soFar.gasUsed),
      hint: "it fits in a later block",
    });
  }
  return undefined;
}

function numberRejected(cause: string, message: string, value: number, limit: number): Rejected {
  return new Rejected(`transaction.${cause}`, message, { value: String(value), limit: String(limit) });
}

export interface TransactionRun {
  readonly result: CallResult;
  /** Those of the frames that succeeded. */
  readonly events: readonly Event[];
}

/** The transaction's effects are in the state of `services`, or none of them when its result is not ok. */
export function run(
  transaction: Transaction,
  id: Uint8Array,
  block: BlockContext,
  services: ExecutionServices,
): TransactionRun {
  const sender = services.code.addressOfSender(transaction.algorithm, transaction.publicKey);
  const tree = new CallTree(services, block, { transactionId: id, sender, readOnly: false });
  const result = tree.run(transaction);
  return { result, events: tree.events };
}

/** Returns the receipt. @errors execute.result (NodeError): the vm broke its promise about gas or events */
export function settle(transaction: Transaction, id: Uint8Array, { result, events }: TransactionRun): Receipt {
  const { outcome, revertCode, output, gasUsed } = result;
  if (!Number.isSafeInteger(gasUsed) || gasUsed < 0 || gasUsed > transaction.gasLimit) {
    throw new NodeError("execute.result", `gas used ${gasUsed} of ${transaction.gasLimit}`);
  }
  if (outcome !== OUTCOMES.ok && events.length > 0) {
    throw new NodeError("execute.result", "a failed transaction left events");
  }
  if (events.length > LIMITS.eventsPerTransaction || output.length > LIMITS.outputBytes) {
    throw new NodeError("execute.result", `${events.length} events and ${output.length} bytes of output`);
  }
  return { transactionId: id, outcome, revertCode, output, gasUsed, events };
}
