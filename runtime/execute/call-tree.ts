/**
 * The frames of one transaction or query.
 *
 * A frame is one contract's run of one method: it has its own instance in the vm, its own checkpoint of the state and its own
 * end of the event list. When it fails, the state and the events go back to where they were when it began, so the caller sees
 * either all of a callee or nothing of it. At most 8 frames stand on each other, and a contract that is on the stack cannot be
 * entered again: what it would see of itself is half done.
 *
 *   sender -> [trade: surrender] -> [payment: pay] -> [invoice: markPaid]
 *             checkpoint 0          checkpoint 1      checkpoint 2            fails: back to 2, `payment` decides what that means
 *
 * `init` is not a method: only a deployment runs it, once.
 */
import { NodeError } from "../../vm/errors.ts";
import type { Machine } from "../../vm/execute/machine.ts";
import type { CallContext, CallRequest, CounterAnswer, CounterChange, StorageScan } from "../../vm/host/environment.ts";
import { LIMITS } from "../../vm/limits.ts";
import { type CallResult, HOST_REFUSALS, OUTCOMES, type OutcomeCode, SYSTEM_REVERTS } from "../../vm/outcome.ts";
import { concatBytes } from "../format/bytes.ts";
import type { ChainSettings, Event } from "../format/types.ts";
import type { MutableState } from "../state/state-view.ts";
import type { ModuleLoading, ModuleVerdict, NativeFrame } from "../system/native.ts";
import type { Callee, ContractCode } from "./contract-code.ts";

export const INIT_METHOD = "init";
const NOTHING = new Uint8Array(0);

/** The block that a transaction runs in. */
export interface BlockContext {
  readonly settings: ChainSettings;
  readonly height: number;
  readonly timeSeconds: number;
}

/** What execution needs beside the block: all of it derived from the state, none of it a result. */
export interface ExecutionServices {
  readonly state: MutableState;
  readonly machine: Machine;
  readonly code: ContractCode;
}

/** Who stands at the root of the tree. */
export interface CallOrigin {
  /** 32 bytes; zeros in a query. */
  readonly transactionId: Uint8Array;
  /** Address of the signer. */
  readonly sender: Uint8Array;
  readonly readOnly: boolean;
}

interface Caller {
  readonly address: Uint8Array;
  /** Empty for the sender. */
  readonly contract: string;
}

export class CallTree {
  readonly events: Event[] = [];
  readonly block: BlockContext;
  readonly origin: CallOrigin;
  readonly services: ExecutionServices;
  #innermost: Frame | null = null;

  constructor(services: ExecutionServices, block: BlockContext, origin: CallOrigin) {
    this.services = services;
    this.block = block;
    this.origin = origin;
  }

  /** Runs the call at the root; afterwards `events` are those of the frames that succeeded. */
  run(request: CallRequest): CallResult {
    return this.call(request, { address: this.origin.sender, contract: "" });
  }

  /** Runs a call in a frame of its own. @errors only faults of the node */
  call(request: CallRequest, caller: Caller): CallResult {
    const { contract, method } = request;
    if ((this.#innermost?.depth ?? 0) >= LIMITS.callDepth) {
      return unbegun(OUTCOMES.refusedHostCall, HOST_REFUSALS.callDepth);
    }
    if (this.#stands(contract)) return unbegun(OUTCOMES.refusedHostCall, HOST_REFUSALS.reentrancy);
    const callee = this.services.code.resolve(this.services.state, contract);
    if (callee === undefined) return unbegun(OUTCOMES.revert, SYSTEM_REVERTS.unknownContract);
    if (method === INIT_METHOD) return unbegun(OUTCOMES.revert, SYSTEM_REVERTS.unknownMethod);
    return this.#inFrame(callee, request, caller);
  }

  /** Runs `init` of a contract that this transaction deploys. */
  runInit(contract: string, caller: Caller, args: Uint8Array, gasLimit: number): CallResult {
    const callee = this.services.code.resolve(this.services.state, contract);
    if (callee === undefined) throw new NodeError("execute.noCode", "a contract just recorded is not there");
    const request = { contract, method: INIT_METHOD, args, gasLimit };
    return this.#inFrame(callee, request, caller);
  }

  #stands(contract: string): boolean {
    for (let frame = this.#innermost; frame !== null; frame = frame.outer) {
      if (frame.contract === contract) return true;
    }
    return false;
  }

  #runCallee(callee: Callee, { method, args, gasLimit }: CallRequest, frame: Frame): CallResult {
    if (callee.kind === "native") return callee.native.run(method, args, gasLimit, frame);
    return this.services.machine.run(callee.loaded, method, args, gasLimit, frame);
  }

  #inFrame(callee: Callee, request: CallRequest, caller: Caller): CallResult {
    const { state } = this.services;
    const checkpoint = state.checkpoint();
    const eventCount = this.events.length;
    const outer = this.#innermost;
    const frame = new Frame(this, outer, callee.keyPrefix, request.contract, caller);
    this.#innermost = frame;
    const result = this.#runCallee(callee, request, frame);
    this.#innermost = outer;
    if (result.outcome !== OUTCOMES.ok) {
      state.revertTo(checkpoint);
      this.events.length = eventCount;
    }
    return result;
  }
}

class Frame implements NativeFrame {
  readonly readOnly: boolean;
  readonly contract: string;
  /** The frame it stands on; null at the root. */
  readonly outer: Frame | null;
  /** 1 at the root. */
  readonly depth: number;
  readonly #tree: CallTree;
  readonly #prefix: Uint8Array;
  readonly #caller: Caller;
  #context: CallContext | undefined;

  constructor(tree: CallTree, outer: Frame | null, keyPrefix: Uint8Array, contract: string, caller: Caller) {
    this.contract = contract;
    this.outer = outer;
    this.depth = outer === null ? 1 : outer.depth + 1;
    this.#tree = tree;
    this.#prefix = keyPrefix;
    this.#caller = caller;
    this.readOnly = tree.origin.readOnly;
  }

  /** Made when it is first asked for: most calls know all they need. */
  get context(): CallContext {
    this.#context ??= this.#createContext();
    return this.#context;
  }

  #createContext(): CallContext {
    const { block, origin, services } = this.#tree;
    return {
      chainId: block.settings.chainId,
      height: block.height,
      timeSeconds: block.timeSeconds,
      transactionId: origin.transactionId,
      sender: origin.sender,
      caller: this.#caller.address,
      callerContract: this.#caller.contract,
      self: services.code.addressOf(this.contract),
      selfContract: this.contract,
    };
  }

  get settings(): ChainSettings {
    return this.#tree.block.settings;
  }

  get eventCount(): number {
    return this.#tree.events.length;
  }

  storageGet(key: Uint8Array): Uint8Array | undefined {
    const { code, state } = this.#tree.services;
    return state.get(code.stateKey, code.placeKey(this.#prefix, key));
  }

  storagePut(key: Uint8Array, value: Uint8Array): void {
    const { code, state } = this.#tree.services;
    state.put(code.stateKey, code.placeKey(this.#prefix, key), value);
  }

  storageDelete(key: Uint8Array): boolean {
    const { code, state } = this.#tree.services;
    return state.remove(code.stateKey, code.placeKey(this.#prefix, key));
  }

  storageScan(prefix: Uint8Array, start: Uint8Array): StorageScan {
    const own = this.#prefix;
    const scan = this.#tree.services.state.scan(concatBytes(own, prefix), concatBytes(own, start));
    return {
      next: () => {
        const entry = scan.next();
        return entry && { key: entry.key.subarray(own.length), value: entry.value };
      },
    };
  }

  counterAdd(key: Uint8Array, change: CounterChange): CounterAnswer {
    const { code, state } = this.#tree.services;
    return state.addCounter(code.stateKey, code.placeKey(this.#prefix, key), change);
  }

  emitEvent(name: string, topics: readonly Uint8Array[], data: Uint8Array): void {
    this.#tree.events.push({ contract: this.contract, name, topics, data });
  }

  call(request: CallRequest): CallResult {
    return this.#tree.call(request, { address: this.context.self, contract: this.contract });
  }

  readModule(code: Uint8Array): ModuleVerdict {
    return this.#tree.services.code.read(code);
  }

  loadModule(code: Uint8Array): ModuleLoading {
    return this.#tree.services.code.load(code);
  }

  runInit(contract: string, args: Uint8Array, gasLimit: number): CallResult {
    return this.#tree.runInit(contract, this.#caller, args, gasLimit);
  }
}

/** The result of a call that never began. */
function unbegun(outcome: OutcomeCode, revertCode: number): CallResult {
  return { outcome, revertCode, output: NOTHING, gasUsed: 0 };
}
