/**
 * Work in order, in two steps that overlap: while one piece is finished, those behind it are begun.
 *
 *   waiting --execute--> executed --finish--> done         each step takes one at a time, in the order of `run`
 *
 * What a piece is executed over may turn out not to be: when one is refused as it is finished, everything behind it is undone,
 * waits again and is executed anew, on what there is then. So whoever asked hears what would have come out if each had been done
 * before the next began; an error of an execution, too, is told only in its turn. A fault ends everything.
 */
import { setImmediate } from "node:timers/promises";
import { NodeError, Rejected } from "../../vm/errors.ts";

/** One execution, which may be undone while it awaits something. */
export interface Turn {
  /** @errors chain.undone (NodeError): what was executed before is undone, and nothing may be added to it */
  check(): void;
}

export interface Work<E, T> {
  /** May be called again after an undoing. It calls `turn.check` after whatever it awaits. */
  execute(turn: Turn): Promise<E>;
  /** Called when everything before is done. @errors Rejected: refused, and undone with all behind it */
  finish(executed: E): Promise<T>;
}

export interface PipelineOptions {
  /** True when one more may be executed while others are executed and not done; with none of them it always may. */
  readonly hasRoom: (executed: readonly unknown[]) => boolean;
  /** What a failed execution left is undone. */
  readonly undoRunning: () => void;
  /** What every piece that is not done has left is undone. */
  readonly undoAll: () => void;
  /** Returns what is to be said from now on, undefined while all is well. */
  readonly failure: () => unknown;
  /** Nothing goes on after this fault; returns what is said to those who wait. */
  readonly stop: (fault: unknown) => unknown;
}

interface Piece {
  readonly work: Work<unknown, unknown>;
  /** Begun only when nothing is executed and not done, and nothing is begun beside it. */
  readonly isAlone: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

type Outcome =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown };

interface ExecutedPiece {
  readonly piece: Piece;
  readonly outcome: Outcome;
}

class OneTurn implements Turn {
  isUndone = false;

  check(): void {
    if (this.isUndone) throw new NodeError("chain.undone", "a block is executed over one that was undone");
  }
}

export class Pipeline {
  readonly #options: PipelineOptions;
  /** The first one may be running. */
  #waiting: Piece[] = [];
  #executed: ExecutedPiece[] = [];
  #turn = new OneTurn();
  #isExecuting = false;
  #isFinishing = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Resolves to what the work gives when it is done, and everything that was asked for before. */
  run<E, T>(work: Work<E, T>): Promise<T> {
    return this.#add(work, false);
  }

  /** As `run`, for work that nothing may overlap. */
  runAlone<T>(finish: () => Promise<T>): Promise<T> {
    return this.#add({ execute: async () => undefined, finish }, true);
  }

  #add<E, T>(work: Work<E, T>, isAlone: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // The two steps of one piece of work agree about what passes between them; here it has no name.
      const piece = { work, isAlone, resolve, reject } as unknown as Piece;
      this.#waiting.push(piece);
      this.#goOn();
    });
  }

  #goOn(): void {
    if (!this.#isExecuting && this.#nextMayBegin()) void this.#executeWaiting();
    if (!this.#isFinishing && this.#executed.length > 0) void this.#finishExecuted();
  }

  #nextMayBegin(): boolean {
    const next = this.#waiting[0];
    if (next === undefined) return false;
    if (this.#executed.length === 0) return true;
    if (next.isAlone || this.#executed.some(({ piece }) => piece.isAlone)) return false;
    // Behind a failed one everything may be different, and there is nothing to gain.
    if (this.#executed.some(({ outcome }) => outcome.kind === "error")) return false;
    return this.#options.hasRoom(this.#executed.map(({ outcome }) => outcome.kind === "value" && outcome.value));
  }

  async #executeWaiting(): Promise<void> {
    this.#isExecuting = true;
    while (this.#nextMayBegin()) {
      const turn = this.#turn;
      const piece = this.#waiting[0]!;
      const outcome = await this.#execute(piece, turn);
      if (turn.isUndone) continue;
      this.#waiting.shift();
      if (outcome.kind === "error") this.#options.undoRunning();
      this.#executed.push({ piece, outcome });
      if (!this.#isFinishing) void this.#finishExecuted();
      // What came meanwhile is looked at before the thread is taken for the next one: roots, syncs and questions.
      if (this.#nextMayBegin()) await setImmediate();
    }
    this.#isExecuting = false;
  }

  async #execute({ work }: Piece, turn: Turn): Promise<Outcome> {
    const failure = this.#options.failure();
    if (failure !== undefined) return { kind: "error", error: failure };
    try {
      return { kind: "value", value: await work.execute(turn) };
    } catch (error) {
      return { kind: "error", error };
    }
  }

  async #finishExecuted(): Promise<void> {
    this.#isFinishing = true;
    for (let next = this.#executed[0]; next !== undefined; next = this.#executed[0]) {
      await this.#finish(next);
      if (!this.#isExecuting && this.#nextMayBegin()) void this.#executeWaiting();
    }
    this.#isFinishing = false;
  }

  async #finish({ piece, outcome }: ExecutedPiece): Promise<void> {
    if (outcome.kind === "error") {
      this.#executed.shift();
      this.#tellError(piece, outcome.error);
      return;
    }
    try {
      const failure = this.#options.failure();
      if (failure !== undefined) throw failure;
      const value = await piece.work.finish(outcome.value);
      this.#executed.shift();
      piece.resolve(value);
    } catch (error) {
      this.#undoBehind();
      this.#tellError(piece, error);
    }
  }

  /** The first of the executed ones leaves; those behind it wait again, and the running one begins anew. */
  #undoBehind(): void {
    const [, ...behind] = this.#executed;
    this.#executed = [];
    this.#waiting.unshift(...behind.map(({ piece }) => piece));
    this.#turn.isUndone = true;
    this.#turn = new OneTurn();
    this.#options.undoAll();
  }

  #tellError(piece: Piece, error: unknown): void {
    piece.reject(error instanceof Rejected ? error : this.#options.stop(error));
  }
}
