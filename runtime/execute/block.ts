/**
 * The sequential executor: the definition of what a block means.
 *
 * (state, transactions, context) -> receipts, gas used, writes: one transaction after the other, each over what those before
 * it left. Everything else that executes blocks (lanes, replay) must give these bytes. A transaction that cannot be in the
 * block makes the block invalid when it is executed, and is left out when a block is being built: `BlockExecution.add` says
 * which, and its two callers decide.
 */
import type { Hashes, SignatureItem } from "../../accel/device.ts";
import { Rejected } from "../../vm/errors.ts";
import { BLOCK_TRANSACTIONS_MAX } from "../format/block.ts";
import { DecodedTransaction } from "../format/decoded-transaction.ts";
import type { Receipt, Transaction } from "../format/types.ts";
import type { AccessLog } from "../state/access-log.ts";
import type { Overlay, WriteSet } from "../state/overlay.ts";
import type { SlotWrites } from "../state/slot-values.ts";
import type { Checkpoint } from "../state/state-view.ts";
import { NATIVE_CONTRACTS } from "../system/contracts.ts";
import { ABORTS_MAX, type VerdictDesk } from "../verdicts/desk.ts";
import type { BlockContext, ExecutionServices } from "./call-tree.ts";
import { IdSet } from "./id-set.ts";
import { ReceiptList } from "./receipt-list.ts";
import { authorize, run, settle, type TransactionRun } from "./transaction.ts";

/** Transactions behind an aborted one that are tried for what they will ask, so that it joins the same batch. */
const LOOK_AHEAD_MAX = 64;
/** Gas of such a try: the dearest single signature (6.4 million) and something before it. */
const LOOK_AHEAD_GAS = 8_000_000;
/** What a try counts that was aborted: its gas without the price of a verification that nobody did. */
const LOOK_AHEAD_ABORTED_GAS = 4_600_000;
/**
 * Nobody pays for tries, and the state they run on is not that of their turn, so a contract can make them dear and its turn
 * cheap. A block's tries cost at most what its transactions have paid so far and this much more (about 0.1 s).
 */
const LOOK_AHEAD_FREE_GAS = 128_000_000;

/** Most bytes of all transactions of a block: what one node sends to another, and one append to the log, stay small. */
export const BLOCK_BYTES_MAX = 16 * 1024 * 1024;

export interface BlockServices extends Omit<ExecutionServices, "state"> {
  readonly state: Overlay;
  readonly hashes: Hashes;
  /** True for the id of a transaction of an earlier block that has not expired; may be true for expired ones. */
  readonly isKnown: (id: Uint8Array) => boolean;
  /** The verifier of `machine`, when it may abort attempts; without it `addSteps` never does. */
  readonly desk?: VerdictDesk | undefined;
  /** What is told of the state's accesses; the block ends its transactions there. */
  readonly accesses?: AccessLog | undefined;
  /** Runs of the block's transactions that others have made ahead of their turn. */
  readonly attempts?: AttemptSource | undefined;
  /** Nanoseconds of a clock that never goes back, by which each transaction's turn is measured. */
  readonly clock?: (() => number) | undefined;
}

/** What has been made ahead, for the transactions that `addSteps` is given, by their place in the list. */
export interface AttemptSource {
  /** The turn has come: the run's writes are in the state and it is returned; or undefined, and nothing happened. */
  take(index: number): TransactionRun | undefined;
  /** The transaction is in the block, with what was written since the checkpoint. */
  included(index: number, checkpoint: Checkpoint): void;
  /** The transaction is not in the block. */
  skip(index: number): void;
}

/** Yields the signatures whose verdicts the caller teaches the desk before it goes on; then returns. */
export type VerdictSteps<T> = Generator<readonly SignatureItem[], T, void>;

export interface BlockResult {
  /** Encoded, in order. */
  readonly transactionBytes: readonly Uint8Array[];
  readonly receipts: readonly Receipt[];
  /** Encoded, in order. */
  readonly receiptBytes: readonly Uint8Array[];
  readonly gasUsed: number;
  readonly writeSet: WriteSet;
  /** The same by slots, whose numbers hold until the table is trimmed. */
  readonly slotWrites: SlotWrites;
  /** Of the transactions. */
  readonly ids: IdSet;
  /** With a clock: nanoseconds of each transaction's turn, run or taken. */
  readonly durations?: Float64Array | undefined;
}

export class BlockExecution {
  readonly #services: BlockServices;
  readonly #context: BlockContext;
  readonly #ids = new IdSet();
  readonly #receipts: Receipt[] = [];
  readonly #encodedReceipts = new ReceiptList();
  readonly #transactionBytes: Uint8Array[] = [];
  #byteCount = 0;
  #gasUsed = 0;
  readonly #durations: number[] = [];
  /** Transactions of the list before this place were looked at ahead, each once. */
  #aheadTo = 0;
  /** What `addAhead` could not end. */
  #aborted: DecodedTransaction | undefined;
  #aheadGas = 0;

  /** The overlay of `services` must be empty. */
  constructor(services: BlockServices, context: BlockContext) {
    this.#services = services;
    this.#context = context;
    services.accesses?.clear();
  }

  get gasUsed(): number {
    return this.#gasUsed;
  }

  isKnown(id: Uint8Array): boolean {
    return this.#ids.has(id) || this.#services.isKnown(id);
  }

  /** The transaction was executed as the block's next and its receipt is returned, or nothing happened and why is returned. */
  add(transaction: Transaction): Receipt | Rejected {
    const begin = this.#services.clock?.();
    const admitted = this.#admit(transaction);
    if (admitted instanceof Rejected) return admitted;
    const receipt = this.#runInPlace(admitted);
    this.#measure(begin);
    return receipt;
  }

  #measure(begin: number | undefined): void {
    if (begin !== undefined) this.#durations.push(this.#services.clock!() - begin);
  }

  /**
   * As `add`, for `transactions[index]`, with verdicts for its contracts from elsewhere: when one is missing, the attempt is
   * undone, what it asked for is yielded, together with what those behind it will ask as far as that can be seen, and the
   * next attempt begins. The bytes are those of `add`.
   */
  *addSteps(transactions: readonly Transaction[], index: number): VerdictSteps<Receipt | Rejected> {
    return this.addAhead(transactions, index) ?? (yield* this.addAborted(transactions, index));
  }

  /** As `addSteps`, as far as no verdict is missing: undefined, and `addAborted` must follow. */
  addAhead(transactions: readonly Transaction[], index: number): Receipt | Rejected | undefined {
    const { attempts, state, clock } = this.#services;
    const begin = clock?.();
    const admitted = this.#admit(transactions[index]!);
    if (admitted instanceof Rejected) {
      attempts?.skip(index);
      return admitted;
    }
    const checkpoint = attempts === undefined ? 0 : state.checkpoint();
    const done = attempts?.take(index);
    const receipt = done === undefined ? this.#runWithDesk(admitted) : this.#include(admitted, done);
    if (receipt === undefined) return undefined;
    attempts?.included(index, checkpoint);
    this.#measure(begin);
    return receipt;
  }

  /**
   * Adds the transactions from `from` on, each as `addAhead`, and tells what came of it. Returns the place of the one that must
   * go on by `addAborted`, or how many there are. A loop in a generator is not optimised by the engine, so it stands here.
   */
  addUntilAborted(
    transactions: readonly Transaction[],
    from: number,
    tell: (outcome: Receipt | Rejected, index: number) => void,
  ): number {
    for (let index = from; index < transactions.length; index += 1) {
      const outcome = this.addAhead(transactions, index);
      if (outcome === undefined) return index;
      tell(outcome, index);
    }
    return transactions.length;
  }

  /** Adds all transactions, and tells what came of each. */
  *addAllSteps(
    transactions: readonly Transaction[],
    tell: (outcome: Receipt | Rejected, index: number) => void,
  ): VerdictSteps<void> {
    for (let index = 0; ; index += 1) {
      index = this.addUntilAborted(transactions, index, tell);
      if (index === transactions.length) return;
      tell(yield* this.addAborted(transactions, index), index);
    }
  }

  /** Goes on with the transaction of which `addAhead` returned undefined. */
  *addAborted(transactions: readonly Transaction[], index: number): VerdictSteps<Receipt> {
    const { attempts, state, clock } = this.#services;
    const begin = clock?.();
    const desk = this.#services.desk!;
    const admitted = this.#aborted!;
    this.#aborted = undefined;
    const checkpoint = state.checkpoint();
    const receipt = yield* this.#runSteps(desk, admitted, transactions, index);
    attempts?.included(index, checkpoint);
    this.#measure(begin);
    return receipt;
  }

  /** Runs it here; undefined when it was aborted for a verdict, and the state is as it was. */
  #runWithDesk(admitted: DecodedTransaction): Receipt | undefined {
    const { desk, machine } = this.#services;
    // What a contract logs cannot be taken back, so a machine with a log verifies in place.
    if (desk === undefined || machine.allowsDebug) return this.#runInPlace(admitted);
    desk.beginTransaction();
    const done = this.#attempt(desk, admitted);
    if (done !== undefined) return this.#include(admitted, done);
    this.#aborted = admitted;
    return undefined;
  }

  /** It was aborted once: asks, and tries again. */
  *#runSteps(
    desk: VerdictDesk,
    admitted: DecodedTransaction,
    transactions: readonly Transaction[],
    index: number,
  ): VerdictSteps<Receipt> {
    for (let aborts = 1; aborts <= ABORTS_MAX; aborts++) {
      this.#lookAhead(desk, transactions, index + 1);
      yield desk.takeWanted();
      if (aborts === ABORTS_MAX) break;
      const done = this.#attempt(desk, admitted);
      if (done !== undefined) return this.#include(admitted, done);
    }
    return desk.inPlace(() => this.#runInPlace(admitted));
  }

  #runInPlace(admitted: DecodedTransaction): Receipt {
    return this.#include(admitted, run(admitted, admitted.id, this.#context, this.#services));
  }

  /** Runs the transaction; undefined when it was aborted, and the state is as it was. */
  #attempt(desk: VerdictDesk, transaction: DecodedTransaction): TransactionRun | undefined {
    const { state } = this.#services;
    const checkpoint = state.checkpoint();
    const done = desk.attempt(() => run(transaction, transaction.id, this.#context, this.#services));
    if (done === undefined) this.#undo(checkpoint);
    return done;
  }

  /** Gathers questions of the transactions from `from` on; nothing else is left of the tries. */
  #lookAhead(desk: VerdictDesk, transactions: readonly Transaction[], from: number): void {
    if (!desk.looksAhead) return;
    const to = Math.min(transactions.length, from + LOOK_AHEAD_MAX);
    for (let index = Math.max(from, this.#aheadTo); index < to && desk.hasRoom; index++) {
      if (this.#aheadGas > this.#gasUsed + LOOK_AHEAD_FREE_GAS) return;
      this.#aheadTo = index + 1;
      this.#tryAhead(desk, transactions[index]!);
    }
  }

  /** A system contract is not tried: it verifies nothing, and a deployment compiles. */
  #tryAhead(desk: VerdictDesk, transaction: Transaction): void {
    const { state } = this.#services;
    if (NATIVE_CONTRACTS.has(transaction.contract)) return;
    const decoded = this.#decodedOrRefuse(transaction);
    if (decoded instanceof Rejected) return;
    const short = decoded.withGasLimit(Math.min(decoded.gasLimit, LOOK_AHEAD_GAS));
    const checkpoint = state.checkpoint();
    const done = desk.attempt(() => run(short, decoded.id, this.#context, this.#services), true);
    this.#aheadGas += done?.result.gasUsed ?? LOOK_AHEAD_ABORTED_GAS;
    this.#undo(checkpoint);
  }

  /** Nothing is left of what ran since the checkpoint. */
  #undo(checkpoint: Checkpoint): void {
    this.#services.state.revertTo(checkpoint);
    this.#services.accesses?.endTransaction(false);
  }

  #admit(transaction: Transaction): DecodedTransaction | Rejected {
    const decoded = this.#decodedOrRefuse(transaction);
    if (decoded instanceof Rejected) return decoded;
    return this.#sizeRefusal(decoded.bytes.length) ?? authorize(decoded, decoded.id, this.#context, this) ?? decoded;
  }

  #include(transaction: DecodedTransaction, done: TransactionRun): Receipt {
    const { id, bytes } = transaction;
    this.#services.accesses?.endTransaction();
    this.#ids.add(id);
    const receipt = settle(transaction, id, done);
    this.#gasUsed += receipt.gasUsed;
    this.#byteCount += bytes.length;
    this.#transactionBytes.push(bytes);
    this.#receipts.push(receipt);
    this.#encodedReceipts.add(receipt);
    return receipt;
  }

  /** One that did not come from the codec is encoded here, which refuses what no bytes can say. */
  #decodedOrRefuse(transaction: Transaction): DecodedTransaction | Rejected {
    if (transaction instanceof DecodedTransaction) return transaction;
    try {
      return DecodedTransaction.of(transaction, this.#services.hashes);
    } catch (error) {
      if (error instanceof Rejected) return error;
      throw error;
    }
  }

  #sizeRefusal(byteCount: number): Rejected | undefined {
    const { transactionBytesMax } = this.#context.settings;
    if (byteCount > transactionBytesMax) {
      const details = { value: String(byteCount), limit: String(transactionBytesMax) };
      return new Rejected("transaction.tooLarge", "the transaction has too many bytes", details);
    }
    const isFull = this.#receipts.length >= BLOCK_TRANSACTIONS_MAX || this.#byteCount + byteCount > BLOCK_BYTES_MAX;
    if (!isFull) return undefined;
    return new Rejected("block.full", "the block has no room left", { hint: "it fits in a later block" });
  }

  finish(): BlockResult {
    const { writeSet, slots, values } = this.#services.state.netWrites();
    return {
      transactionBytes: this.#transactionBytes,
      receipts: this.#receipts,
      receiptBytes: this.#encodedReceipts.encoded(),
      gasUsed: this.#gasUsed,
      writeSet,
      slotWrites: { slots, values },
      ids: this.#ids,
      durations: this.#services.clock && Float64Array.from(this.#durations),
    };
  }
}

/**
 * Returns the block's result; its writes are in the overlay.
 * @errors block.badTransaction (Rejected) with the position: the block is invalid and the overlay holds part of it
 */
export function executeBlock(
  services: BlockServices,
  context: BlockContext,
  transactions: readonly Transaction[],
): BlockResult {
  const execution = new BlockExecution(services, context);
  for (const [index, transaction] of transactions.entries()) requireIncluded(execution.add(transaction), index);
  return execution.finish();
}

/** As `executeBlock`, with verdicts for contracts from elsewhere (`BlockExecution.addSteps`). */
export function* executeBlockSteps(
  services: BlockServices,
  context: BlockContext,
  transactions: readonly Transaction[],
): VerdictSteps<BlockResult> {
  const execution = new BlockExecution(services, context);
  yield* execution.addAllSteps(transactions, requireIncluded);
  return execution.finish();
}

function requireIncluded(outcome: Receipt | Rejected, index: number): void {
  if (!(outcome instanceof Rejected)) return;
  throw new Rejected("block.badTransaction", `transaction ${index} cannot be in the block: ${outcome.message}`, {
    value: outcome.code,
  });
}
