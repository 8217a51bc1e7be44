/**
 * SHA-512 (FIPS 180-4) of two messages, one in each lane. The state is eight vectors.
 *
 * The majority is b ^ ((a ^ b) & (b ^ c)): a ^ b of one round is b ^ c of the next, which the compiler sees.
 */
import { laneOutput, rotateRight64, swapBytes64 } from "./lanes";
import { SHA512_K } from "./sha512";

const SCHEDULE: usize = memory.data(1280, 16);
/** Schedule and constant of each round, added. */
const ADDENDS: usize = memory.data(1280, 16);

/** The state is that of two empty messages. */
export function sha512LanesInit(state: usize): void {
  v128.store(state, i64x2.splat(0x6a09e667f3bcc908));
  v128.store(state, i64x2.splat(0xbb67ae8584caa73b), 16);
  v128.store(state, i64x2.splat(0x3c6ef372fe94f82b), 32);
  v128.store(state, i64x2.splat(0xa54ff53a5f1d36f1), 48);
  v128.store(state, i64x2.splat(0x510e527fade682d1), 64);
  v128.store(state, i64x2.splat(0x9b05688c2b3e6c1f), 80);
  v128.store(state, i64x2.splat(0x1f83d9abfb41bd6b), 96);
  v128.store(state, i64x2.splat(0x5be0cd19137e2179), 112);
}

/** One block of each message is part of its hash. */
export function sha512LanesBlock(state: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < 128; i += 16) {
    const rowA = swapBytes64(v128.load(a + i));
    const rowB = swapBytes64(v128.load(b + i));
    v128.store(SCHEDULE + (i << 1), i64x2.shuffle(rowA, rowB, 0, 2));
    v128.store(SCHEDULE + (i << 1), i64x2.shuffle(rowA, rowB, 1, 3), 16);
  }
  expand(ADDENDS);
  rounds(state, ADDENDS);
}

/** The 64 bytes of each digest are at the output of its lane. */
export function sha512LanesScatter(state: usize): void {
  const a = laneOutput(0);
  const b = laneOutput(1);
  for (let i: usize = 0; i < 64; i += 16) {
    const even = swapBytes64(v128.load(state + (i << 1)));
    const odd = swapBytes64(v128.load(state + (i << 1), 16));
    v128.store(a + i, i64x2.shuffle(even, odd, 0, 2));
    v128.store(b + i, i64x2.shuffle(even, odd, 1, 3));
  }
}

// @ts-ignore: decorator
@inline
function addend(addends: usize, at: usize): void {
  v128.store(addends + at, i64x2.add(v128.load(SCHEDULE + at), v128.load64_splat(SHA512_K + (at >> 1))));
}

function expand(addends: usize): void {
  for (let at: usize = 0; at < 256; at += 16) addend(addends, at);
  for (let at: usize = 256; at < 1280; at += 16) {
    const word = SCHEDULE + at;
    const a = v128.load(word - 240);
    const b = v128.load(word - 32);
    const s0 = v128.xor(v128.xor(rotateRight64(a, 1), rotateRight64(a, 8)), i64x2.shr_u(a, 7));
    const s1 = v128.xor(v128.xor(rotateRight64(b, 19), rotateRight64(b, 61)), i64x2.shr_u(b, 6));
    const sum = i64x2.add(i64x2.add(v128.load(word - 256), s0), i64x2.add(v128.load(word - 112), s1));
    v128.store(word, sum);
    v128.store(addends + at, i64x2.add(sum, v128.load64_splat(SHA512_K + (at >> 1))));
  }
}

// @ts-ignore: decorator
@inline
function first(e: v128, f: v128, g: v128, h: v128, k: usize): v128 {
  const s1 = v128.xor(v128.xor(rotateRight64(e, 14), rotateRight64(e, 18)), rotateRight64(e, 41));
  const choice = v128.xor(g, v128.and(e, v128.xor(f, g)));
  return i64x2.add(i64x2.add(h, v128.load(k)), i64x2.add(s1, choice));
}

// @ts-ignore: decorator
@inline
function second(a: v128, b: v128, c: v128): v128 {
  const s0 = v128.xor(v128.xor(rotateRight64(a, 28), rotateRight64(a, 34)), rotateRight64(a, 39));
  return i64x2.add(s0, v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c))));
}

function rounds(state: usize, addends: usize): void {
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  let e = v128.load(state, 64);
  let f = v128.load(state, 80);
  let g = v128.load(state, 96);
  let h = v128.load(state, 112);
  // The letters move on by one each round; after eight they are where they were.
  for (let k = addends; k < addends + 1280; k += 128) {
    h = first(e, f, g, h, k);
    d = i64x2.add(d, h);
    h = i64x2.add(h, second(a, b, c));
    g = first(d, e, f, g, k + 16);
    c = i64x2.add(c, g);
    g = i64x2.add(g, second(h, a, b));
    f = first(c, d, e, f, k + 32);
    b = i64x2.add(b, f);
    f = i64x2.add(f, second(g, h, a));
    e = first(b, c, d, e, k + 48);
    a = i64x2.add(a, e);
    e = i64x2.add(e, second(f, g, h));
    d = first(a, b, c, d, k + 64);
    h = i64x2.add(h, d);
    d = i64x2.add(d, second(e, f, g));
    c = first(h, a, b, c, k + 80);
    g = i64x2.add(g, c);
    c = i64x2.add(c, second(d, e, f));
    b = first(g, h, a, b, k + 96);
    f = i64x2.add(f, b);
    b = i64x2.add(b, second(c, d, e));
    a = first(f, g, h, a, k + 112);
    e = i64x2.add(e, a);
    a = i64x2.add(a, second(b, c, d));
  }
  v128.store(state, i64x2.add(v128.load(state), a));
  v128.store(state, i64x2.add(v128.load(state, 16), b), 16);
  v128.store(state, i64x2.add(v128.load(state, 32), c), 32);
  v128.store(state, i64x2.add(v128.load(state, 48), d), 48);
  v128.store(state, i64x2.add(v128.load(state, 64), e), 64);
  v128.store(state, i64x2.add(v128.load(state, 80), f), 80);
  v128.store(state, i64x2.add(v128.load(state, 96), g), 96);
  v128.store(state, i64x2.add(v128.load(state, 112), h), 112);
}
