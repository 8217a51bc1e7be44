/**
 * Roots on a thread of their own: the tree's hashes, which cost more than executing a transfer does, are computed while the
 * next block is executed. One message a block each way; its bytes are moved, not copied, and come back for the log.
 *
 * The thread has the only tree, so one that dies cannot be replaced while the node runs: a start makes the tree again
 * from the store. Everything that waits for it fails then, and `lost` says so.
 */
import { Worker } from "node:worker_threads";
import { NodeError } from "../../vm/errors.ts";
import type { TableSeed } from "../state/key-table.ts";
import type { StateEntry } from "../state/store.ts";
import { encodeBlockBody, encodeWrites } from "./block-body.ts";
import type { RootsAnswer, RootsRequest, RootsSettings } from "./messages.ts";
import type { AddedBlock, KeyedProof, RootedBlock, Roots } from "./roots.ts";

export interface ThreadRootsOptions {
  /** Of a module that exports `createHashes(): Hashes`; the thread loads it. */
  readonly hashesModule: URL;
  readonly hashName: "sha256" | "sm3";
  readonly seed: TableSeed;
  /** Starts a thread in place of `worker.js`; it must speak `messages.ts`. For tests of what goes wrong. */
  readonly spawnWorker?: ((settings: RootsSettings) => Worker) | undefined;
}

/** A request that is answered, without its number. */
type Asked =
  Extract<RootsRequest, { id: number }> extends infer R ? (R extends unknown ? Omit<R, "id"> : never) : never;

interface Waiting {
  readonly resolve: (answer: RootsAnswer) => void;
  readonly reject: (fault: NodeError) => void;
}

/** worker.ts is worker.js after the build, beside this file. */
function spawnRootsWorker(settings: RootsSettings): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { workerData: settings });
}

export class ThreadRoots implements Roots {
  readonly lost: Promise<NodeError>;
  readonly #worker: Worker;
  /** In the order of the requests. */
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #fault: NodeError | undefined;
  #isClosing = false;
  readonly #declareLost: (fault: NodeError) => void;

  constructor({ hashesModule, hashName, seed, spawnWorker = spawnRootsWorker }: ThreadRootsOptions) {
    let declare: (fault: NodeError) => void = () => undefined;
    this.lost = new Promise((resolve) => {
      declare = resolve;
    });
    this.#declareLost = declare;
    this.#worker = spawnWorker({ hashesModule: hashesModule.href, hashName, seed });
    this.#worker.on("message", (answer: RootsAnswer) => this.#take(answer));
    this.#worker.on("messageerror", (error) => this.#lose(error));
    this.#worker.on("error", (error) => this.#lose(error));
    this.#worker.on("exit", (code) => this.#lose(`it ended with ${code}`));
    // Only a question keeps the process alive.
    this.#worker.unref();
  }

  async load(entries: readonly StateEntry[]): Promise<void> {
    const packed = encodeWrites(entries);
    await this.#ask({ kind: "load", entries: packed }, packed);
  }

  async begin(height: number): Promise<Uint8Array> {
    return expected(await this.#ask({ kind: "begin", height }), "begun").stateRoot;
  }

  async add(block: RootedBlock): Promise<AddedBlock> {
    const { newKeys, entryCount } = block;
    const body = encodeBlockBody(block);
    return expected(await this.#ask({ kind: "add", body, newKeys, entryCount }, body), "added");
  }

  dropAbove(height: number): void {
    this.#worker.postMessage({ kind: "dropAbove", height });
  }

  dropBelow(height: number): void {
    this.#worker.postMessage({ kind: "dropBelow", height });
  }

  async prove(height: number, key: Uint8Array): Promise<KeyedProof> {
    return expected(await this.#ask({ kind: "prove", height, key }), "proven").proof;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#worker.terminate();
  }

  /** @param moved bytes that are the thread's from now on */
  #ask(asked: Asked, moved?: Uint8Array): Promise<RootsAnswer> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    const id = this.#nextId++;
    if (this.#waiting.size === 0) this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...asked, id }, moved === undefined ? [] : [moved.buffer as ArrayBuffer]);
    });
  }

  #take(answer: RootsAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (waiting === undefined) this.#lose("it answered what it was not asked");
    else if (answer.kind === "failed") waiting.reject(new NodeError(answer.code, answer.text));
    else waiting.resolve(answer);
  }

  #lose(cause: unknown): void {
    if (this.#fault !== undefined) return;
    const text = cause instanceof Error ? cause.message : String(cause);
    this.#fault = new NodeError("roots.threadLost", `the thread of the tree is gone: ${text}`, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#fault);
    this.#waiting.clear();
    if (!this.#isClosing) this.#declareLost(this.#fault);
  }
}

/** @errors roots.answer (NodeError) */
function expected<K extends RootsAnswer["kind"]>(answer: RootsAnswer, kind: K): Extract<RootsAnswer, { kind: K }> {
  if (answer.kind !== kind) throw new NodeError("roots.answer", `"${answer.kind}" where "${kind}" was asked for`);
  return answer as Extract<RootsAnswer, { kind: K }>;
}
