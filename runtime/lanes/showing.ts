/**
 * When the threads of the lanes see what the owner writes. As long as nobody attempts anything nothing is shown: the slots
 * that are written are marked instead, and shown together when attempts begin again. A value that is shown too late costs
 * an attempt, never a result: the owner compares with what it has.
 */
import type { Overlay } from "../state/overlay.ts";
import type { SharedValues } from "../state/shared-values.ts";
import type { Checkpoint } from "../state/state-view.ts";

export class Showing {
  readonly #state: Overlay;
  readonly #shared: SharedValues;
  #isAwake = false;
  /** By slot: 1 when it is among the marked. */
  #isMarked = new Uint8Array(1024);
  #marked: number[] = [];

  constructor(state: Overlay, shared: SharedValues) {
    this.#state = state;
    this.#shared = shared;
  }

  /** From here on everything is shown, and all that was not is shown now. */
  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    for (const slot of this.#marked) {
      this.#isMarked[slot] = 0;
      this.#shared.show(slot, this.#state.read(slot));
    }
    this.#marked = [];
  }

  sleep(): void {
    this.#isAwake = false;
  }

  /** A transaction has written what was written since the checkpoint. */
  written(checkpoint: Checkpoint): void {
    if (this.#isAwake) this.#state.showSince(checkpoint);
  }

  /** The slot's value may be another one, and what wrote it is over. */
  changed(slot: number): void {
    if (this.#isAwake) this.#shared.show(slot, this.#state.read(slot));
    else this.#mark(slot);
  }

  /** Slots have other numbers now, and nothing of them is shown. */
  forgetSlots(): void {
    this.#isMarked = new Uint8Array(1024);
    this.#marked = [];
  }

  #mark(slot: number): void {
    if (slot >= this.#isMarked.length) {
      const larger = new Uint8Array(Math.max(2 * this.#isMarked.length, slot + 1));
      larger.set(this.#isMarked);
      this.#isMarked = larger;
    }
    if (this.#isMarked[slot] === 1) return;
    this.#isMarked[slot] = 1;
    this.#marked.push(slot);
  }
}
