/**
 * SHA-256 (FIPS 180-4) of four messages, one in each lane. The state is eight vectors.
 *
 * The majority is b ^ ((a ^ b) & (b ^ c)): a ^ b of one round is b ^ c of the next, which the compiler sees.
 */
import { gatherBigEndian, rotateRight32 } from "./lanes";
import { SHA256_K } from "./sha256";

const SCHEDULE: usize = memory.data(1024, 16);
/** Schedule and constant of each round, added. */
const ADDENDS: usize = memory.data(1024, 16);
/** The addends of the block that pads a message of 64 bytes. */
const PADDING: usize = memory.data(1024, 16);

/** The state is that of four empty messages. */
export function sha256LanesInit(state: usize): void {
  v128.store(state, i32x4.splat(0x6a09e667));
  v128.store(state, i32x4.splat(0xbb67ae85), 16);
  v128.store(state, i32x4.splat(0x3c6ef372), 32);
  v128.store(state, i32x4.splat(0xa54ff53a), 48);
  v128.store(state, i32x4.splat(0x510e527f), 64);
  v128.store(state, i32x4.splat(0x9b05688c), 80);
  v128.store(state, i32x4.splat(0x1f83d9ab), 96);
  v128.store(state, i32x4.splat(0x5be0cd19), 112);
}

/** One block of each message is part of its hash. */
export function sha256LanesBlock(state: usize, a: usize, b: usize, c: usize, d: usize): void {
  gatherBigEndian(SCHEDULE, a, b, c, d);
  expand(ADDENDS);
  rounds(state, ADDENDS);
}

/** What `sha256LanesPad64` needs is there. */
export function sha256LanesPrepare(): void {
  for (let i: usize = 0; i < 256; i += 16) v128.store(SCHEDULE + i, i64x2.splat(0));
  v128.store(SCHEDULE, i32x4.splat(0x80000000));
  v128.store(SCHEDULE, i32x4.splat(512), 240);
  expand(PADDING);
}

/** The block that ends four messages of 64 bytes; the same for all, so that its schedule is known. */
export function sha256LanesPad64(state: usize): void {
  rounds(state, PADDING);
}

// @ts-ignore: decorator
@inline
function addend(addends: usize, at: usize): void {
  v128.store(addends + at, i32x4.add(v128.load(SCHEDULE + at), v128.load32_splat(SHA256_K + (at >> 2))));
}

function expand(addends: usize): void {
  for (let at: usize = 0; at < 256; at += 16) addend(addends, at);
  for (let at: usize = 256; at < 1024; at += 16) {
    const word = SCHEDULE + at;
    const a = v128.load(word - 240);
    const b = v128.load(word - 32);
    const s0 = v128.xor(v128.xor(rotateRight32(a, 7), rotateRight32(a, 18)), i32x4.shr_u(a, 3));
    const s1 = v128.xor(v128.xor(rotateRight32(b, 17), rotateRight32(b, 19)), i32x4.shr_u(b, 10));
    const sum = i32x4.add(i32x4.add(v128.load(word - 256), s0), i32x4.add(v128.load(word - 112), s1));
    v128.store(word, sum);
    v128.store(addends + at, i32x4.add(sum, v128.load32_splat(SHA256_K + (at >> 2))));
  }
}

// @ts-ignore: decorator
@inline
function first(e: v128, f: v128, g: v128, h: v128, k: usize): v128 {
  const s1 = v128.xor(v128.xor(rotateRight32(e, 6), rotateRight32(e, 11)), rotateRight32(e, 25));
  const choice = v128.xor(g, v128.and(e, v128.xor(f, g)));
  return i32x4.add(i32x4.add(h, v128.load(k)), i32x4.add(s1, choice));
}

// @ts-ignore: decorator
@inline
function second(a: v128, b: v128, c: v128): v128 {
  const s0 = v128.xor(v128.xor(rotateRight32(a, 2), rotateRight32(a, 13)), rotateRight32(a, 22));
  return i32x4.add(s0, v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c))));
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
  for (let k = addends; k < addends + 1024; k += 128) {
    h = first(e, f, g, h, k);
    d = i32x4.add(d, h);
    h = i32x4.add(h, second(a, b, c));
    g = first(d, e, f, g, k + 16);
    c = i32x4.add(c, g);
    g = i32x4.add(g, second(h, a, b));
    f = first(c, d, e, f, k + 32);
    b = i32x4.add(b, f);
    f = i32x4.add(f, second(g, h, a));
    e = first(b, c, d, e, k + 48);
    a = i32x4.add(a, e);
    e = i32x4.add(e, second(f, g, h));
    d = first(a, b, c, d, k + 64);
    h = i32x4.add(h, d);
    d = i32x4.add(d, second(e, f, g));
    c = first(h, a, b, c, k + 80);
    g = i32x4.add(g, c);
    c = i32x4.add(c, second(d, e, f));
    b = first(g, h, a, b, k + 96);
    f = i32x4.add(f, b);
    b = i32x4.add(b, second(c, d, e));
    a = first(f, g, h, a, k + 112);
    e = i32x4.add(e, a);
    a = i32x4.add(a, second(b, c, d));
  }
  v128.store(state, i32x4.add(v128.load(state), a));
  v128.store(state, i32x4.add(v128.load(state, 16), b), 16);
  v128.store(state, i32x4.add(v128.load(state, 32), c), 32);
  v128.store(state, i32x4.add(v128.load(state, 48), d), 48);
  v128.store(state, i32x4.add(v128.load(state, 64), e), 64);
  v128.store(state, i32x4.add(v128.load(state, 80), f), 80);
  v128.store(state, i32x4.add(v128.load(state, 96), g), 96);
  v128.store(state, i32x4.add(v128.load(state, 112), h), 112);
}
