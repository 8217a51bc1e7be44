/**
 * Which lanes are worth an attempt: each has a figure of its own, so that a contract or a sender whose attempts fail keeps
 * its own lanes in place and nobody else's.
 *
 * The figure is the share of the last attempts that were taken, decaying. Below the half of it counting the lane rests, for
 * twice as long each time, and then a few attempts show whether it is still so.
 */

/** Some ten failures in a row make a lane rest: a contract that fails in all lanes costs a thousand attempts. */
const WEIGHT = 1 / 16;
const SUCCESS_MIN = 0.5;
const SUCCESS_GOOD = 0.9;
/** Turns of any lane. */
const REST_FIRST = 256;
const REST_MAX = 65_536;

export class LaneTrust {
  readonly #success: Float64Array;
  readonly #rests: Float64Array;
  /** The turn from which on the lane is offered again. */
  readonly #until: Float64Array;
  #turn = 0;

  constructor(laneCount: number) {
    this.#success = new Float64Array(laneCount).fill(1);
    this.#rests = new Float64Array(laneCount).fill(REST_FIRST);
    this.#until = new Float64Array(laneCount);
  }

  /** Another transaction has had its turn. */
  tick(): void {
    this.#turn += 1;
  }

  rests(lane: number): boolean {
    return this.#until[lane]! > this.#turn;
  }

  taken(lane: number): void {
    const success = this.#success[lane]! + (1 - this.#success[lane]!) * WEIGHT;
    this.#success[lane] = success;
    if (success > SUCCESS_GOOD) this.#rests[lane] = REST_FIRST;
  }

  failed(lane: number): void {
    const success = this.#success[lane]! * (1 - WEIGHT);
    this.#success[lane] = success;
    // What was given away before the rest began says nothing new.
    if (success >= SUCCESS_MIN || this.rests(lane)) return;
    const rest = this.#rests[lane]!;
    this.#until[lane] = this.#turn + rest;
    this.#rests[lane] = Math.min(REST_MAX, rest * 2);
    this.#success[lane] = SUCCESS_MIN + WEIGHT;
  }
}
