/**
 * The sequential executor: the definition of what a block means.
 *
 * (state, transactions, context) -> receipts, gas used, writes: one transaction after the other, each over what those before
 * it left. Everything else that executes blocks (lanes, replay) must give these bytes. A transaction that cannot be in the
 * block makes the block invalid when it is executed, and is left out when a block is being built: `BlockExecution.add` says
 * which, and its two callers decide.
 */
import type { Hashes } from "../../accel/device.ts";
import { Rejected } from "../../vm/errors.ts";
import { BLOCK_TRANSACTIONS_MAX } from "../format/block.ts";
import { ByteWriter } from "../format/codec.ts";
import { writeReceipt } from "../format/receipt.ts";
import { transactionIdOfBytes, writeTransaction } from "../format/transaction.ts";
import type { Receipt, Transaction } from "../format/types.ts";
import { KeyTable } from "../state/key-table.ts";
import type { Overlay, WriteSet } from "../state/overlay.ts";
import type { BlockContext, ExecutionServices } from "./call-tree.ts";
import { authorize, run, settle } from "./transaction.ts";

/** The ids of one block are hashes: they cannot be chosen to collide cheaply, and the table lives for one block. */
const ID_SEED = { low: 0x9e37_79b9, high: 0x7f4a_7c15 };
/** Most blocks of an idle node have one transaction, and the table is made anew for each. */
const ID_CAPACITY = 32;

/** Most bytes of all transactions of a block: what one node sends to another, and one append to the log, stay small. */
export const BLOCK_BYTES_MAX = 16 * 1024 * 1024;

export interface BlockServices extends Omit<ExecutionServices, "state"> {
  readonly state: Overlay;
  readonly hashes: Hashes;
  /** True for the id of a transaction of an earlier block that has not expired; may be true for expired ones. */
  readonly isKnown: (id: Uint8Array) => boolean;
}

export interface BlockResult {
  /** Encoded, in order. */
  readonly transactionBytes: readonly Uint8Array[];
  readonly receipts: readonly Receipt[];
  /** Encoded, in order. */
  readonly receiptBytes: readonly Uint8Array[];
  readonly gasUsed: number;
  readonly writeSet: WriteSet;
}

export class BlockExecution {
  readonly #services: BlockServices;
  readonly #context: BlockContext;
  readonly #ids = new KeyTable(ID_SEED, ID_CAPACITY);
  readonly #receipts: Receipt[] = [];
  readonly #receiptBytes: Uint8Array[] = [];
  readonly #transactionBytes: Uint8Array[] = [];
  /** One buffer for all transactions and receipts: making one for each costs more than filling it. */
  readonly #writer = new ByteWriter();
  #byteCount = 0;
  #gasUsed = 0;

  /** The overlay of `services` must be empty. */
  constructor(services: BlockServices, context: BlockContext) {
    this.#services = services;
    this.#context = context;
  }

  get gasUsed(): number {
    return this.#gasUsed;
  }

  isKnown(id: Uint8Array): boolean {
    return this.#ids.find(id, id.length) >= 0 || this.#services.isKnown(id);
  }

  /** The transaction was executed as the block's next and its receipt is returned, or nothing happened and why is returned. */
  add(transaction: Transaction): Receipt | Rejected {
    const { hashes } = this.#services;
    const bytes = this.#encodeOrRefuse(transaction);
    if (bytes instanceof Rejected) return bytes;
    const id = transactionIdOfBytes(bytes, hashes);
    const refusal = this.#sizeRefusal(bytes.length) ?? authorize(transaction, id, this.#context, this);
    if (refusal !== undefined) return refusal;
    this.#ids.intern(id, id.length);
    const receipt = settle(transaction, id, run(transaction, id, this.#context, this.#services));
    this.#gasUsed += receipt.gasUsed;
    this.#byteCount += bytes.length;
    this.#transactionBytes.push(bytes);
    this.#receipts.push(receipt);
    this.#receiptBytes.push(this.#encode((writer) => writeReceipt(writer, receipt)));
    return receipt;
  }

  #encodeOrRefuse(transaction: Transaction): Uint8Array | Rejected {
    try {
      return this.#encode((writer) => writeTransaction(writer, transaction));
    } catch (error) {
      if (error instanceof Rejected) return error;
      throw error;
    }
  }

  #encode(write: (writer: ByteWriter) => void): Uint8Array {
    write(this.#writer.reset());
    return this.#writer.finish();
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
    return {
      transactionBytes: this.#transactionBytes,
      receipts: this.#receipts,
      receiptBytes: this.#receiptBytes,
      gasUsed: this.#gasUsed,
      writeSet: this.#services.state.writeSet(),
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
  for (const [index, transaction] of transactions.entries()) {
    const outcome = execution.add(transaction);
    if (!(outcome instanceof Rejected)) continue;
    throw new Rejected("block.badTransaction", `transaction ${index} cannot be in the block: ${outcome.message}`, {
      value: outcome.code,
    });
  }
  return execution.finish();
}
