/**
 * The random weights of batch equations: SHA-512 of a secret seed and a counter, 16 bytes a weight.
 *
 * Whoever knows the weights before choosing signatures can make bad ones cancel out, so the seed comes from the
 * system's random source and stays in this memory. Before the first `seedWeights` it is zero, which
 * everyone knows. No weight ever influences a verdict of honest work: a batch whose equation fails is decided by exact
 * single checks, and one whose equation holds by chance has probability 2^-128.
 */
import { SHA512_STATE_BYTES, sha512Final, sha512Init, sha512Update } from "../hash/sha512";

const SEED_BYTES: u32 = 32;
/** Seed, then the counter. */
const SOURCE: usize = memory.data(40, 16);
const WEIGHTS: usize = memory.data(64, 16);
const STATE: usize = memory.data(208, 16);
const USED: usize = memory.data(4, 16);

/** The weights that follow are drawn from the 32 bytes at `pointer`. */
export function seedWeights(pointer: usize): void {
  memory.copy(SOURCE, pointer, SEED_BYTES);
  store<u32>(USED, 64);
}

/** Writes 16 fresh random bytes. */
export function drawWeight(out: usize): void {
  let used = load<u32>(USED);
  if (load<u64>(SOURCE, 32) == 0 || used == 64) {
    refill();
    used = 0;
  }
  memory.copy(out, WEIGHTS + used, 16);
  store<u32>(USED, used + 16);
}

function refill(): void {
  assert(SHA512_STATE_BYTES <= 208);
  store<u64>(SOURCE, load<u64>(SOURCE, 32) + 1, 32);
  sha512Init(STATE);
  sha512Update(STATE, SOURCE, SEED_BYTES + 8);
  sha512Final(STATE, WEIGHTS);
}
