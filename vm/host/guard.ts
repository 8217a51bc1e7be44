/**
 * The border behind which errors are ours: what the environment, the hashes or the verifier throw is a fault of the
 * node, whatever its type. Without it a WebAssembly.RuntimeError from a kernel of the accelerator would pass for a
 * trap of the contract.
 */
import type { Hashes, SignatureVerifier } from "../../accel/device.ts";
import { NodeError } from "../errors.ts";
import type { CallResult } from "../outcome.ts";
import type {
  CallContext,
  CallRequest,
  CounterAnswer,
  CounterChange,
  HostEnvironment,
  StorageEntry,
  StorageScan,
} from "./environment.ts";
import type { DebugLog } from "./frame.ts";

function faultOf(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  return new NodeError("host.fault", "the host failed during a call of a contract", { cause: error });
}

/** The environment of one frame; an error of any kind comes out as a NodeError. */
export class GuardedEnvironment implements HostEnvironment {
  readonly readOnly: boolean;
  readonly context: CallContext;
  readonly #inner: HostEnvironment;

  constructor(inner: HostEnvironment) {
    this.#inner = inner;
    this.readOnly = inner.readOnly;
    this.context = inner.context;
  }

  storageGet(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#inner.storageGet(key);
    } catch (error) {
      throw faultOf(error);
    }
  }

  storagePut(key: Uint8Array, value: Uint8Array): void {
    try {
      this.#inner.storagePut(key, value);
    } catch (error) {
      throw faultOf(error);
    }
  }

  storageDelete(key: Uint8Array): boolean {
    try {
      return this.#inner.storageDelete(key);
    } catch (error) {
      throw faultOf(error);
    }
  }

  storageScan(prefix: Uint8Array, start: Uint8Array): StorageScan {
    try {
      return new GuardedScan(this.#inner.storageScan(prefix, start));
    } catch (error) {
      throw faultOf(error);
    }
  }

  counterAdd(key: Uint8Array, change: CounterChange): CounterAnswer {
    try {
      return this.#inner.counterAdd(key, change);
    } catch (error) {
      throw faultOf(error);
    }
  }

  emitEvent(name: string, topics: readonly Uint8Array[], data: Uint8Array): void {
    try {
      this.#inner.emitEvent(name, topics, data);
    } catch (error) {
      throw faultOf(error);
    }
  }

  call(request: CallRequest): CallResult {
    try {
      return this.#inner.call(request);
    } catch (error) {
      throw faultOf(error);
    }
  }
}

class GuardedScan implements StorageScan {
  readonly #inner: StorageScan;

  constructor(inner: StorageScan) {
    this.#inner = inner;
  }

  next(): StorageEntry | undefined {
    try {
      return this.#inner.next();
    } catch (error) {
      throw faultOf(error);
    }
  }
}

export function guardedDebugLog(inner: DebugLog): DebugLog {
  return (contract, text) => {
    try {
      inner(contract, text);
    } catch (error) {
      throw faultOf(error);
    }
  };
}

export function guardedHashes(inner: Hashes): Hashes {
  const guarded = (hash: (message: Uint8Array) => Uint8Array) => (message: Uint8Array) => {
    try {
      return hash(message);
    } catch (error) {
      throw faultOf(error);
    }
  };
  return {
    sha256: guarded((message) => inner.sha256(message)),
    sm3: guarded((message) => inner.sm3(message)),
    keccak256: guarded((message) => inner.keccak256(message)),
  };
}

export function guardedVerifier(inner: SignatureVerifier): SignatureVerifier {
  return {
    verify(algorithm, publicKey, signature, message) {
      try {
        return inner.verify(algorithm, publicKey, signature, message);
      } catch (error) {
        throw faultOf(error);
      }
    },
  };
}
