/**
 * What a recorded transaction did: the history executed again up to its block, and the transaction itself with a trace.
 * The record holds its receipt, and the replay compares every root, so the trace is of what happened and not of a guess.
 */
import { Rejected } from "../../vm/errors.ts";
import { Trace, tracedMachine } from "../../vm/execute/trace.ts";
import { bytesToHex, equalBytes } from "../format/bytes.ts";
import type { Receipt } from "../format/types.ts";
import type { BlockRecord } from "./block-record.ts";
import { type ReplayOptions, replayLog } from "./replay.ts";

export interface TracedTransaction {
  readonly trace: Trace;
  readonly height: number;
  readonly receipt: Receipt;
}

/**
 * Resolves to the trace of the transaction with this id. Takes the time of the history before it.
 * @errors chain.noTransaction (Rejected): no record has it; those of replayLog
 */
export async function traceTransaction(
  options: Omit<ReplayOptions, "isLast">,
  transactionId: Uint8Array,
): Promise<TracedTransaction> {
  const trace = new Trace();
  const machine = tracedMachine(options.machine, trace, ({ context }) =>
    equalBytes(context.transactionId, transactionId),
  );
  let found: Omit<TracedTransaction, "trace"> | undefined;
  const isLast = ({ block, receipts }: BlockRecord): boolean => {
    const receipt = receipts.find((each) => equalBytes(each.transactionId, transactionId));
    if (receipt !== undefined) found = { height: block.header.height, receipt };
    return found !== undefined;
  };
  await replayLog({ ...options, machine, isLast });
  if (found !== undefined) return { trace, ...found };
  throw new Rejected("chain.noTransaction", "the history has no such transaction", {
    value: bytesToHex(transactionId),
  });
}
