/** SM3 (GB/T 32905-2016) of four messages, one in each lane. The state is eight vectors. */
import { gatherBigEndian, rotateLeft32 } from "./lanes";
import { SM3_CONSTANTS, sm3Constants } from "./sm3";

/** 68 words; the last four serve the rounds only. */
const SCHEDULE: usize = memory.data(1088, 16);
/** The schedule of the block that pads a message of 64 bytes. */
const PADDING: usize = memory.data(1088, 16);

/** The state is that of four empty messages. */
export function sm3LanesInit(state: usize): void {
  v128.store(state, i32x4.splat(0x7380166f));
  v128.store(state, i32x4.splat(0x4914b2b9), 16);
  v128.store(state, i32x4.splat(0x172442d7), 32);
  v128.store(state, i32x4.splat(0xda8a0600), 48);
  v128.store(state, i32x4.splat(0xa96f30bc), 64);
  v128.store(state, i32x4.splat(0x163138aa), 80);
  v128.store(state, i32x4.splat(0xe38dee4d), 96);
  v128.store(state, i32x4.splat(0xb0fb0e4e), 112);
}

/** What the rounds and `sm3LanesPad64` need is there. */
export function sm3LanesPrepare(): void {
  sm3Constants();
  for (let i: usize = 0; i < 256; i += 16) v128.store(PADDING + i, i64x2.splat(0));
  v128.store(PADDING, i32x4.splat(0x80000000));
  v128.store(PADDING, i32x4.splat(512), 240);
  expand(PADDING);
}

/** One block of each message is part of its hash. */
export function sm3LanesBlock(state: usize, a: usize, b: usize, c: usize, d: usize): void {
  gatherBigEndian(SCHEDULE, a, b, c, d);
  expand(SCHEDULE);
  rounds(state, SCHEDULE);
}

/** The block that ends four messages of 64 bytes; the same for all, so that its schedule is known. */
export function sm3LanesPad64(state: usize): void {
  rounds(state, PADDING);
}

function expand(schedule: usize): void {
  for (let word = schedule + 256; word < schedule + 1088; word += 16) {
    const far = v128.xor(v128.load(word - 256), v128.load(word - 144));
    const x = v128.xor(far, rotateLeft32(v128.load(word - 48), 15));
    const permuted = v128.xor(v128.xor(x, rotateLeft32(x, 15)), rotateLeft32(x, 23));
    const near = v128.xor(rotateLeft32(v128.load(word - 208), 7), v128.load(word - 96));
    v128.store(word, v128.xor(permuted, near));
  }
}

// The four letters of each half move on by one each round. One round writes d (the a of the next) and h (its e).

// @ts-ignore: decorator
@inline
function middle(a: v128, e: v128, k: usize): v128 {
  return rotateLeft32(i32x4.add(i32x4.add(rotateLeft32(a, 12), e), v128.load32_splat(k)), 7);
}

// @ts-ignore: decorator
@inline
function upper(isFirst: bool, a: v128, b: v128, c: v128, d: v128, ss1: v128, w: usize): v128 {
  const ff = isFirst
    ? v128.xor(v128.xor(a, b), c)
    : v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c)));
  const ss2 = v128.xor(ss1, rotateLeft32(a, 12));
  const word = v128.xor(v128.load(w), v128.load(w, 64));
  return i32x4.add(i32x4.add(ff, d), i32x4.add(ss2, word));
}

// @ts-ignore: decorator
@inline
function lower(isFirst: bool, e: v128, f: v128, g: v128, h: v128, ss1: v128, w: usize): v128 {
  const gg = isFirst ? v128.xor(v128.xor(e, f), g) : v128.xor(g, v128.and(e, v128.xor(f, g)));
  const tt2 = i32x4.add(i32x4.add(gg, h), i32x4.add(ss1, v128.load(w)));
  return v128.xor(v128.xor(tt2, rotateLeft32(tt2, 9)), rotateLeft32(tt2, 17));
}

function rounds(state: usize, schedule: usize): void {
  const last = schedule + 1024;
  someRounds(true, state, WORKING, schedule, schedule + 256, SM3_CONSTANTS);
  someRounds(false, WORKING, WORKING, schedule + 256, last, SM3_CONSTANTS + 64);
  for (let i: usize = 0; i < 128; i += 16) {
    v128.store(state + i, v128.xor(v128.load(state + i), v128.load(WORKING + i)));
  }
}

const WORKING: usize = memory.data(128, 16);

// @ts-ignore: decorator
@inline
function someRounds(isFirst: bool, from: usize, to: usize, begin: usize, end: usize, constants: usize): void {
  let a = v128.load(from);
  let b = v128.load(from, 16);
  let c = v128.load(from, 32);
  let d = v128.load(from, 48);
  let e = v128.load(from, 64);
  let f = v128.load(from, 80);
  let g = v128.load(from, 96);
  let h = v128.load(from, 112);
  for (let w = begin, k = constants; w < end; w += 64, k += 16) {
    const m0 = middle(a, e, k);
    d = upper(isFirst, a, b, c, d, m0, w);
    h = lower(isFirst, e, f, g, h, m0, w);
    b = rotateLeft32(b, 9);
    f = rotateLeft32(f, 19);
    const m1 = middle(d, h, k + 4);
    c = upper(isFirst, d, a, b, c, m1, w + 16);
    g = lower(isFirst, h, e, f, g, m1, w + 16);
    a = rotateLeft32(a, 9);
    e = rotateLeft32(e, 19);
    const m2 = middle(c, g, k + 8);
    b = upper(isFirst, c, d, a, b, m2, w + 32);
    f = lower(isFirst, g, h, e, f, m2, w + 32);
    d = rotateLeft32(d, 9);
    h = rotateLeft32(h, 19);
    const m3 = middle(b, f, k + 12);
    a = upper(isFirst, b, c, d, a, m3, w + 48);
    e = lower(isFirst, f, g, h, e, m3, w + 48);
    c = rotateLeft32(c, 9);
    g = rotateLeft32(g, 19);
  }
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
  v128.store(to, e, 64);
  v128.store(to, f, 80);
  v128.store(to, g, 96);
  v128.store(to, h, 112);
}
