/** One checkpoint: the store has everything up to the ledger's head, and the memory that only bridged the way there is free. */
import { NodeError } from "../../vm/errors.ts";
import type { LogPosition, Store } from "../state/store.ts";
import type { Ledger } from "./ledger.ts";

/** Records that a checkpoint may be behind: what a restart has to execute again, in time and in bytes to read. */
export interface CheckpointDistance {
  readonly blocks: number;
  readonly bytes: number;
}

export const CHECKPOINT_DEFAULT: CheckpointDistance = { blocks: 256, bytes: 32 * 1024 * 1024 };

/**
 * Resolves when the store has the ledger's head; blocks that are committed meanwhile wait for the next checkpoint.
 * @param storedHeight of the last checkpoint, -1 when there is none
 * @param positions of the blocks above it up to the head
 * @errors chain.positions, store.* (NodeError)
 */
export async function writeCheckpoint(
  ledger: Ledger,
  store: Store,
  storedHeight: number,
  positions: readonly LogPosition[],
): Promise<void> {
  const { head, table, index, entryCount } = ledger;
  const { height, stateRoot } = head.header;
  const first = storedHeight + 1;
  const position = positions.at(-1);
  if (position === undefined || positions.length !== height - storedHeight) {
    throw new NodeError("chain.positions", `${positions.length} positions for the blocks ${first} to ${height}`);
  }
  await store.checkpoint({
    meta: { height, blockHash: head.hash, stateRoot, position, entryCount },
    state: table.beginCheckpoint(),
    blocks: positions.map((at, offset) => ({ height: first + offset, position: at })),
    transactions: index.above(storedHeight),
  });
  table.endCheckpoint();
  index.forgetStored(height);
}
