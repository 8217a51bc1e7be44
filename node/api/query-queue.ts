/**
 * Queries in single file. A query runs on the thread that makes the blocks, anybody may send one, and a thousand of
 * them can arrive in one turn of the event loop. So one runs in each turn, and blocks, signatures and other requests
 * have their turn in between: a block is held back by one query's gas for each turn that it needs, however many wait.
 * Above the bound the answer is "later", which costs nothing.
 */
import { rejectRequest } from "./problems.ts";

interface Waiting {
  readonly run: () => void;
  readonly isWanted: () => boolean;
}

export class QueryQueue {
  readonly #waitingMax: number;
  #waiting: Waiting[] = [];
  #isScheduled = false;

  /** @param waitingMax  queries that wait, the next one included */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /**
   * Resolves to what `work` returns, in a turn of its own; never when nobody wants the answer any more by then.
   * @param isWanted  asked when the turn has come; a query that nobody waits for is left out
   * @errors api.busy, and those of `work`
   */
  async run<T>(work: () => T, isWanted: () => boolean = () => true): Promise<T> {
    if (this.#waiting.length >= this.#waitingMax) {
      throw rejectRequest("api.busy", {
        value: `${this.#waiting.length} queries waiting`,
        limit: String(this.#waitingMax),
        hint: "Send it again a little later.",
      });
    }
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.push({ run, isWanted });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    // What is set inside an immediate runs in the next turn, behind everything that has arrived until then.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#runNext();
      this.#schedule();
    });
  }

  #runNext(): void {
    const at = this.#waiting.findIndex(({ isWanted }) => isWanted());
    const next = this.#waiting[at];
    this.#waiting = at === -1 ? [] : this.#waiting.slice(at + 1);
    next?.run();
  }
}
