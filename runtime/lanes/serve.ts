/**
 * What a lane thread does: batches of transactions from the exchange, one attempt each, and nothing that anybody must believe
 * before the owner of the state has validated it.
 *
 * It compiles nothing: contracts come compiled from the owner, and until one has come, attempts that need it end at once. What
 * goes wrong in an attempt is no fault of the node either: the values it computes with may have changed under its hands, so
 * the transaction runs again where nothing can.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Hashes } from "../../accel/device.ts";
import type { LoadedContract, LoadResult, Machine, PreparedContract } from "../../vm/execute/machine.ts";
import { ATTEMPT_ABORTED } from "../../vm/host/abort.ts";
import type { BlockContext } from "../execute/call-tree.ts";
import { ContractCode } from "../execute/contract-code.ts";
import { run } from "../execute/transaction.ts";
import { bytesToHex } from "../format/bytes.ts";
import { decodeTransaction } from "../format/transaction.ts";
import type { ChainSettings } from "../format/types.ts";
import type { SharedKeys } from "../state/key-table.ts";
import { SharedReader, type SharedValueArrays } from "../state/shared-values.ts";
import { writeAttempt } from "./attempt.ts";
import { type BatchHead, type ExchangeMemory, ExchangeThread, type LaneItem, NO_ATTEMPT } from "./exchange.ts";
import { SpeculativeState } from "./speculative-state.ts";
import type { WordWriter } from "./words.ts";

/** What a thread is given before its first batch. */
export interface LaneSettings {
  readonly settings: ChainSettings;
  readonly exchange: ExchangeMemory;
  readonly values: SharedValueArrays;
  readonly keys: SharedKeys;
  readonly keysVersion: number;
}

/** What the owner tells a thread between batches. */
export type LaneMessage =
  | { readonly kind: "keys"; readonly keys: SharedKeys; readonly version: number }
  | { readonly kind: "contract"; readonly prepared: PreparedContract };

/** What a thread tells the owner. */
export type LaneAnswer =
  | { readonly kind: "ready" }
  /** Attempts end for want of this contract. */
  | { readonly kind: "needs"; readonly codeHash: Uint8Array };

export interface LaneParts {
  readonly machine: Machine;
  readonly hashes: Hashes;
}

/** Serves the owner for ever. @param port to the owner */
export function serveLane(port: MessagePort, settings: LaneSettings, parts: LaneParts): never {
  const server = new LaneServer(port, settings, parts);
  port.postMessage({ kind: "ready" } satisfies LaneAnswer);
  for (;;) server.work();
}

class LaneServer {
  readonly #port: MessagePort;
  readonly #settings: ChainSettings;
  readonly #exchange: ExchangeThread;
  readonly #machine: BorrowingMachine;
  readonly #state: SpeculativeState;
  readonly #code: ContractCode;
  #keysVersion: number;
  /** Its keys are not those of the batch: a message was lost. */
  #isLost = false;
  #block: BlockContext;

  constructor(port: MessagePort, settings: LaneSettings, { machine, hashes }: LaneParts) {
    this.#port = port;
    this.#settings = settings.settings;
    this.#exchange = new ExchangeThread(settings.exchange);
    this.#machine = new BorrowingMachine(machine, (codeHash) => this.#say({ kind: "needs", codeHash }));
    this.#state = new SpeculativeState(new SharedReader(settings.values), settings.keys);
    this.#keysVersion = settings.keysVersion;
    this.#code = new ContractCode(this.#machine, hashes);
    this.#block = { settings: this.#settings, height: 0, timeSeconds: 0 };
  }

  work(): void {
    this.#exchange.work(
      (head) => this.#begin(head),
      (item, output) => this.#attempt(item, output),
    );
  }

  #say(answer: LaneAnswer): void {
    this.#port.postMessage(answer);
  }

  /** What the owner said before it gave this batch is in the port already. */
  #begin({ height, timeSeconds, keysVersion }: BatchHead): void {
    this.#state.begin();
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) break;
      this.#hear(received.message as LaneMessage);
    }
    this.#machine.askAgain();
    this.#isLost = this.#keysVersion !== keysVersion;
    if (this.#block.height === height && this.#block.timeSeconds === timeSeconds) return;
    this.#block = { settings: this.#settings, height, timeSeconds };
  }

  #hear(message: LaneMessage): void {
    if (message.kind === "contract") this.#machine.adopt(message.prepared);
    else {
      this.#state.moveTo(message.keys);
      this.#keysVersion = message.version;
    }
  }

  /** Returns where the attempt stands in the output, or why there is none. */
  #attempt({ id, transaction }: LaneItem, output: WordWriter): number {
    const start = output.position;
    this.#state.begin();
    if (this.#isLost) return NO_ATTEMPT.failed;
    try {
      const decoded = decodeTransaction(transaction, { bytesMax: transaction.length });
      const services = { state: this.#state, machine: this.#machine, code: this.#code };
      const done = run(decoded, id, this.#block, services);
      if (writeAttempt(output, done, this.#state)) return start;
      output.seek(start);
      return NO_ATTEMPT.tooLarge;
    } catch (error) {
      output.seek(start);
      if (error !== ATTEMPT_ABORTED) return NO_ATTEMPT.failed;
      return this.#state.obstacle === "none" ? NO_ATTEMPT.noModule : NO_ATTEMPT[this.#state.obstacle];
    }
  }
}

/** A machine that has only what it was given; an attempt that needs more is aborted. */
class BorrowingMachine implements Machine {
  readonly #inner: Machine;
  readonly #ask: (codeHash: Uint8Array) => void;
  /** Asked for since the batch began, in hex. */
  readonly #asked = new Set<string>();

  constructor(inner: Machine, ask: (codeHash: Uint8Array) => void) {
    this.#inner = inner;
    this.#ask = ask;
  }

  get scheduleHash(): Uint8Array {
    return this.#inner.scheduleHash;
  }

  get instrumenterVersion(): number {
    return this.#inner.instrumenterVersion;
  }

  get allowsDebug(): boolean {
    return this.#inner.allowsDebug;
  }

  /** What has not come is asked for once more: the owner may not have had it. */
  askAgain(): void {
    if (this.#asked.size > 0) this.#asked.clear();
  }

  load(): LoadResult {
    throw ATTEMPT_ABORTED;
  }

  loaded(codeHash: Uint8Array): LoadedContract {
    const loaded = this.#inner.loaded(codeHash);
    if (loaded !== undefined) return loaded;
    const name = bytesToHex(codeHash);
    if (!this.#asked.has(name)) {
      this.#asked.add(name);
      this.#ask(codeHash);
    }
    throw ATTEMPT_ABORTED;
  }

  prepared(codeHash: Uint8Array): PreparedContract | undefined {
    return this.#inner.prepared(codeHash);
  }

  adopt(prepared: PreparedContract): boolean {
    return this.#inner.adopt(prepared);
  }

  run(...call: Parameters<Machine["run"]>): ReturnType<Machine["run"]> {
    return this.#inner.run(...call);
  }
}
