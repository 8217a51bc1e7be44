/**
 * The border behind which errors are ours: what the environment, the hashes or the verifier throw is a fault of the
 * node, whatever its type. Without it a WebAssembly.RuntimeError from a kernel of the accelerator would pass for a
 * trap of the contract.
 */
import type { ContractVerifier, Hashes } from "../../accel/device.ts";
import { NodeError } from "../errors.ts";
import type { CallResult } from "../outcome.ts";
import { ATTEMPT_ABORTED } from "./abort.ts";
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

/** What to throw in place of an error from behind the border; an aborted attempt is no error and passes. */
function faultOf(error: unknown): NodeError | typeof ATTEMPT_ABORTED {
  if (error === ATTEMPT_ABORTED) return error;
  if (error instanceof NodeError) return error;
  return new NodeError("host.fault", "the host failed during a call of a contract", { cause: error });
}

function refuseUse(): never {
  throw new NodeError("host.noFrame", "an environment was used outside of a call");
}

/** What stands behind the guard of a frame that does not run. */
const NO_ENVIRONMENT: HostEnvironment = {
  readOnly: true,
  get context(): CallContext {
    return refuseUse();
  },
  storageGet: refuseUse,
  storagePut: refuseUse,
  storageDelete: refuseUse,
  storageScan: refuseUse,
  counterAdd: refuseUse,
  emitEvent: refuseUse,
  call: refuseUse,
};

/**
 * The environment of one frame; an error of any kind comes out as a NodeError. Frames are used again, and so is this:
 * `enter` puts another environment behind it.
 */
export class GuardedEnvironment implements HostEnvironment {
  readOnly = true;
  #inner: HostEnvironment = NO_ENVIRONMENT;

  enter(inner: HostEnvironment): void {
    this.#inner = inner;
    this.readOnly = inner.readOnly;
  }

  leave(): void {
    this.#inner = NO_ENVIRONMENT;
    this.readOnly = true;
  }

  get context(): CallContext {
    try {
      return this.#inner.context;
    } catch (error) {
      throw faultOf(error);
    }
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

/** The same function; an error of any kind comes out as a NodeError. */
function guarded<A extends readonly unknown[], R>(work: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    try {
      return work(...args);
    } catch (error) {
      throw faultOf(error);
    }
  };
}

/** As `guarded`, without arguments in an array: a short hash takes less than a microsecond. */
function guardedHash(hash: (message: Uint8Array) => Uint8Array): (message: Uint8Array) => Uint8Array {
  return (message) => {
    try {
      return hash(message);
    } catch (error) {
      throw faultOf(error);
    }
  };
}

export function guardedHashes(inner: Hashes): Hashes {
  return {
    sha256: guardedHash((message) => inner.sha256(message)),
    sha512: guardedHash((message) => inner.sha512(message)),
    sm3: guardedHash((message) => inner.sm3(message)),
    keccak256: guardedHash((message) => inner.keccak256(message)),
    blake2b256: guardedHash((message) => inner.blake2b256(message)),
    blake2b512: guardedHash((message) => inner.blake2b512(message)),
    blake3: guardedHash((message) => inner.blake3(message)),
  };
}

export function guardedVerifier(inner: ContractVerifier): ContractVerifier {
  return {
    verify: guarded((algorithm, publicKey, signature, message) =>
      inner.verify(algorithm, publicKey, signature, message),
    ),
    verifyMany: guarded((items) => inner.verifyMany(items)),
    recoverSecp256k1: guarded((digest, signature, recoveryId) => inner.recoverSecp256k1(digest, signature, recoveryId)),
    blsFastAggregateVerify: guarded((publicKeys, message, signature) =>
      inner.blsFastAggregateVerify(publicKeys, message, signature),
    ),
    blsAggregateVerify: guarded((publicKeys, messages, signature) =>
      inner.blsAggregateVerify(publicKeys, messages, signature),
    ),
    blsPopVerify: guarded((publicKey, proof) => inner.blsPopVerify(publicKey, proof)),
  };
}
