/**
 * The store behind the block log: what makes start, history and a state larger than memory cheap. It holds the state as of
 * the last checkpoint and two indexes into the log; everything in it can be made again from the log.
 */

/** Where a record stands in the block log. */
export interface LogPosition {
  /** Number of the segment, from 1. */
  readonly segment: number;
  /** Byte in the segment's file. */
  readonly offset: number;
}

export interface TransactionLocation {
  readonly height: number;
  /** Position in the block. */
  readonly index: number;
}

/** The state of the store: that after the block at `height`, whose record stands at `position`. */
export interface CheckpointMeta {
  readonly height: number;
  readonly blockHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly position: LogPosition;
  /** Entries of the state: how many a rebuilding of the tree will meet. */
  readonly entryCount: number;
}

/** Everything since the last checkpoint. */
export interface CheckpointBatch {
  readonly meta: CheckpointMeta;
  readonly state: readonly { readonly key: Uint8Array; readonly value: Uint8Array | undefined }[];
  readonly blocks: readonly { readonly height: number; readonly position: LogPosition }[];
  readonly transactions: readonly { readonly id: Uint8Array; readonly location: TransactionLocation }[];
}

export interface StateEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface Store {
  /** Returns the last checkpoint, undefined in a new store. @errors store.corrupt */
  meta(): CheckpointMeta | undefined;
  /** Returns the value under a state key (1..1978 bytes), a copy. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** The state in byte order of the keys, as of one moment. */
  entries(): Iterable<StateEntry>;
  blockPosition(height: number): LogPosition | undefined;
  transactionLocation(id: Uint8Array): TransactionLocation | undefined;
  /**
   * Resolves when all of the batch is durable; before, none of it is visible after a crash.
   * @errors store.writeFailed (NodeError): the disk is full or failing; the store must not be used on
   */
  checkpoint(batch: CheckpointBatch): Promise<void>;
  close(): Promise<void>;
}
