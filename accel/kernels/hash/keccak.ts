/** Keccak-256 of one message, in the lanes of two: both lanes do the same. */
import { KECCAK_RATE, keccakLanesBlock, keccakLanesFinish, keccakLanesInit } from "./keccak-lanes";
import { LANE_INPUTS, LANE_LENGTHS, LANE_OUTPUTS } from "./lanes";

/** Nothing of a message has come. */
export function keccakAloneBegin(): void {
  keccakLanesInit();
}

/** The next bytes: whole blocks of 136. */
export function keccakAloneBlocks(input: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += KECCAK_RATE) keccakLanesBlock(input + at, input + at);
}

/** The last bytes; 32 bytes of digest are at `output`. */
export function keccakAloneEnd(input: usize, length: usize, output: usize): void {
  const done = (length / KECCAK_RATE) * KECCAK_RATE;
  keccakAloneBlocks(input, done);
  for (let lane: usize = 0; lane < 8; lane += 4) {
    store<u32>(LANE_INPUTS + lane, input);
    store<u32>(LANE_LENGTHS + lane, length);
    store<u32>(LANE_OUTPUTS + lane, output);
  }
  keccakLanesFinish(done);
}
