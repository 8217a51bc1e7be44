/** A frame's world in a plain map: the least an environment can be, without a way back. */
import { NodeError } from "../../vm/errors.ts";
import type { CallContext, HostEnvironment } from "../../vm/host/environment.ts";

const ZEROS = new Uint8Array(32);

export function contextOf(selfContract: string, sender: Uint8Array = ZEROS): CallContext {
  return {
    chainId: "bench",
    height: 1,
    timeSeconds: 0,
    transactionId: ZEROS,
    sender,
    caller: sender,
    callerContract: "",
    self: ZEROS,
    selfContract,
  };
}

export class MapEnvironment implements HostEnvironment {
  readonly context: CallContext;
  readonly readOnly = false;
  readonly #values = new Map<string, Uint8Array>();

  constructor(context: CallContext) {
    this.context = context;
  }

  storageGet(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(Buffer.from(key).toString("latin1"));
  }

  storagePut(key: Uint8Array, value: Uint8Array): void {
    this.#values.set(Buffer.from(key).toString("latin1"), value);
  }

  storageDelete(key: Uint8Array): boolean {
    return this.#values.delete(Buffer.from(key).toString("latin1"));
  }

  storageScan(): never {
    throw new NodeError("bench.scan", "the bench walks over no keys");
  }

  counterAdd(): never {
    throw new NodeError("bench.counter", "the bench has no counters");
  }

  emitEvent(): void {}

  call(): never {
    throw new NodeError("bench.call", "the bench calls no other contract");
  }
}

/** A world in which every value there is has the same bytes, and nothing is kept: the cost of a frame alone. */
export class FixedEnvironment extends MapEnvironment {
  readonly #value: Uint8Array;

  constructor(context: CallContext, value: Uint8Array) {
    super(context);
    this.#value = value;
  }

  override storageGet(): Uint8Array {
    return this.#value;
  }

  override storagePut(): void {}

  override storageDelete(): boolean {
    return true;
  }
}
