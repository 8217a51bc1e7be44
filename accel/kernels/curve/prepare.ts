/** The constants of a curve as pairs, made at its first use. */
import { pairFromWords } from "../field/pair";
import {
  COEFFICIENT_A,
  COEFFICIENT_B,
  ENTER,
  ENTER_WORDS,
  GENERATOR,
  GENERATOR_X,
  GENERATOR_Y,
  IS_READY,
  LEAVE,
  LEAVE_WORDS,
  curve,
  ONE,
  PAIR_A,
  PAIR_B,
  Y,
} from "./curve";

/** The pair of two plain integers below 2^256, as elements of the field. */
export function pairFromIntegers<C>(out: usize, wordsA: usize, wordsB: usize): void {
  pairFromWords(out, wordsA, wordsB);
  curve<C>().mul(out, out, curve<C>().constants() + ENTER);
}

function constantPair<C>(out: usize, words: usize): void {
  const c = curve<C>().constants();
  pairFromIntegers<C>(c + out, c + words, c + words);
}

/** The curve's constants are complete. */
export function prepareConstants<C>(): void {
  const c = curve<C>().constants();
  if (load<u32>(c, IS_READY) !== 0) return;
  memory.copy(c, curve<C>().integers(), ENTER);
  pairFromWords(c + ENTER, c + ENTER_WORDS, c + ENTER_WORDS);
  pairFromWords(c + LEAVE, c + LEAVE_WORDS, c + LEAVE_WORDS);
  curve<C>().mul(c + ONE, c + ENTER, c + LEAVE);
  constantPair<C>(PAIR_A, COEFFICIENT_A);
  constantPair<C>(PAIR_B, COEFFICIENT_B);
  constantPair<C>(GENERATOR, GENERATOR_X);
  constantPair<C>(GENERATOR + Y, GENERATOR_Y);
  curve<C>().prepareOwn();
  store<u32>(c, 1, IS_READY);
}
