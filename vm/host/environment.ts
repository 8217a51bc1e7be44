import type { CallResult } from "../outcome.ts";

/** What a frame may know. Byte strings are 32 bytes and must not be written to. */
export interface CallContext {
  readonly chainId: string;
  readonly height: number;
  /** The block's time, whole seconds since 1970-01-01. */
  readonly timeSeconds: number;
  readonly transactionId: Uint8Array;
  /** Address of the key that signed the transaction. */
  readonly sender: Uint8Array;
  /** Address of the direct caller: the sender, or the calling contract's. */
  readonly caller: Uint8Array;
  /** Name of the calling contract, empty when the sender called. */
  readonly callerContract: string;
  /** Address and name of the contract that runs. */
  readonly self: Uint8Array;
  readonly selfContract: string;
}

export interface CallRequest {
  readonly contract: string;
  readonly method: string;
  readonly args: Uint8Array;
  /** Gas the callee may use at most; never more than the caller has left. */
  readonly gasLimit: number;
}

export interface StorageEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Entries one after the other, in byte order of their keys. Read before the next effect of the frame. */
export interface StorageScan {
  /** The next entry; undefined at the end of the range. */
  next(): StorageEntry | undefined;
}

/**
 * What is added to a counter and where the sum must be: delta, minimum, maximum, each an i64 of 8 bytes, little-endian.
 * Bytes and not numbers, because the host works with halves (vm/host/counter-value.ts).
 */
export type CounterChange = Uint8Array;

export type CounterAnswer = "added" | "outOfBounds" | "notACounter";

/**
 * The world as one frame sees it: the only way out of the vm room.
 *
 * All functions are total and synchronous. Keys are the contract's own (1..512 bytes, the runtime adds the contract),
 * values at most 65536 bytes; the vm has checked lengths, charged gas and refused writes of a read-only frame before
 * it calls. A key is lent: its bytes stand until the function returns. All other byte arrays given to the environment
 * are fresh copies that it may keep; those it returns must not be written to. A thrown error is a fault of the node and
 * stops it.
 */
export interface HostEnvironment {
  readonly context: CallContext;
  /** True in a view or query: nothing may be written. */
  readonly readOnly: boolean;
  storageGet(key: Uint8Array): Uint8Array | undefined;
  storagePut(key: Uint8Array, value: Uint8Array): void;
  /** True when the key was there. */
  storageDelete(key: Uint8Array): boolean;
  /** The entries whose keys begin with `prefix` and are not before `start` (0..513 bytes), this frame's writes among them. */
  storageScan(prefix: Uint8Array, start: Uint8Array): StorageScan;
  /**
   * Adds as vm/host/counter-value.ts says; nothing has changed unless the answer is "added". The frame learns no more
   * than the answer: whoever keeps what a frame has read need not keep the counter's value.
   */
  counterAdd(key: Uint8Array, change: CounterChange): CounterAnswer;
  /** @param topics at most 4 of at most 64 bytes */
  emitEvent(name: string, topics: readonly Uint8Array[], data: Uint8Array): void;
  /**
   * Runs the callee in its own frame and checkpoint; its effects are undone when it fails. Depth and re-entrancy are
   * the runtime's to check: it answers with outcome refusedHostCall (HOST_REFUSALS.callDepth or .reentrancy, gasUsed
   * 0), which the vm turns into the caller's own refused host call.
   */
  call(request: CallRequest): CallResult;
}
