/** SM3 (GB/T 32905-2016), one block of each of four messages: word i of all four is one vector. */
import { loadBigEndian } from "./lanes";

/** Expanded words of the blocks, 68 vectors. */
const W: usize = memory.data(1088, 16);
/** T_j rotated left by j, for each round. */
const T: usize = memory.data(256, 16);
const T_FIRST: u32 = 0x79cc4519;
const T_LAST: u32 = 0x7a879d8a;

/** The table of constants is there. To be called once, before any other function of this file. */
export function sm3LanesPrepare(): void {
  for (let j: u32 = 0; j < 64; j++) {
    store<u32>(T + (<usize>j << 2), rotl<u32>(j < 16 ? T_FIRST : T_LAST, j & 31));
  }
}

/** Eight vectors at `state`: four times the state of an empty message. */
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

// @ts-ignore: decorator
@inline
function turn(x: v128, n: i32): v128 {
  return v128.or(i32x4.shl(x, n), i32x4.shr_u(x, 32 - n));
}

// @ts-ignore: decorator
@inline
function xor3(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c);
}

/** The expansion of the sixteen vectors at `w` to 68 is complete. */
export function sm3Spread(w: usize): void {
  for (let i = w + 256; i < w + 1088; i += 16) {
    const x = xor3(v128.load(i - 256), v128.load(i - 144), turn(v128.load(i - 48), 15));
    const permuted = xor3(x, turn(x, 15), turn(x, 23));
    v128.store(i, xor3(permuted, turn(v128.load(i - 208), 7), v128.load(i - 96)));
  }
}

/** The blocks at `a`..`d` go into the four states. */
export function sm3Lanes(state: usize, a: usize, b: usize, c: usize, d: usize): void {
  loadBigEndian(W, a, b, c, d);
  sm3Spread(W);
  sm3Rounds(state, W);
}

/** SS1, where a12 is A rotated by 12. */
// @ts-ignore: decorator
@inline
function ss1Of(a12: v128, e: v128, t: usize): v128 {
  return turn(i32x4.add(i32x4.add(a12, e), v128.load_splat<u32>(t)), 7);
}

// @ts-ignore: decorator
@inline
function p0(x: v128): v128 {
  return xor3(x, turn(x, 9), turn(x, 17));
}

// @ts-ignore: decorator
@inline
function ff(isFirst: bool, a: v128, b: v128, c: v128): v128 {
  return isFirst ? xor3(a, b, c) : v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c)));
}

// @ts-ignore: decorator
@inline
function gg(isFirst: bool, e: v128, f: v128, g: v128): v128 {
  return isFirst ? xor3(e, f, g) : v128.xor(g, v128.and(e, v128.xor(f, g)));
}

/** The rounds [from, to), a multiple of four, on the eight vectors at `s`; in four rounds the names turn once. */
// @ts-ignore: decorator
@inline
function rounds(isFirst: bool, s: usize, from: usize, to: usize, words: usize): void {
  let a = v128.load(s);
  let b = v128.load(s, 16);
  let c = v128.load(s, 32);
  let d = v128.load(s, 48);
  let e = v128.load(s, 64);
  let f = v128.load(s, 80);
  let g = v128.load(s, 96);
  let h = v128.load(s, 112);
  let w = words + (from << 4);
  for (let t = T + (from << 2); t < T + (to << 2); t += 16) {
    let a12 = turn(a, 12);
    let ss1 = ss1Of(a12, e, t);
    let word = v128.load(w);
    d = i32x4.add(i32x4.add(ff(isFirst, a, b, c), d), i32x4.add(v128.xor(ss1, a12), v128.xor(word, v128.load(w, 64))));
    h = p0(i32x4.add(i32x4.add(gg(isFirst, e, f, g), h), i32x4.add(ss1, word)));
    b = turn(b, 9);
    f = turn(f, 19);
    a12 = turn(d, 12);
    ss1 = ss1Of(a12, h, t + 4);
    word = v128.load(w, 16);
    c = i32x4.add(i32x4.add(ff(isFirst, d, a, b), c), i32x4.add(v128.xor(ss1, a12), v128.xor(word, v128.load(w, 80))));
    g = p0(i32x4.add(i32x4.add(gg(isFirst, h, e, f), g), i32x4.add(ss1, word)));
    a = turn(a, 9);
    e = turn(e, 19);
    a12 = turn(c, 12);
    ss1 = ss1Of(a12, g, t + 8);
    word = v128.load(w, 32);
    b = i32x4.add(i32x4.add(ff(isFirst, c, d, a), b), i32x4.add(v128.xor(ss1, a12), v128.xor(word, v128.load(w, 96))));
    f = p0(i32x4.add(i32x4.add(gg(isFirst, g, h, e), f), i32x4.add(ss1, word)));
    d = turn(d, 9);
    h = turn(h, 19);
    a12 = turn(b, 12);
    ss1 = ss1Of(a12, f, t + 12);
    word = v128.load(w, 48);
    a = i32x4.add(i32x4.add(ff(isFirst, b, c, d), a), i32x4.add(v128.xor(ss1, a12), v128.xor(word, v128.load(w, 112))));
    e = p0(i32x4.add(i32x4.add(gg(isFirst, f, g, h), e), i32x4.add(ss1, word)));
    c = turn(c, 9);
    g = turn(g, 19);
    w += 64;
  }
  v128.store(s, a);
  v128.store(s, b, 16);
  v128.store(s, c, 32);
  v128.store(s, d, 48);
  v128.store(s, e, 64);
  v128.store(s, f, 80);
  v128.store(s, g, 96);
  v128.store(s, h, 112);
}

const WORKING: usize = memory.data(128, 16);

/** A block whose 68 expanded words are at `words` goes into the four states. */
export function sm3Rounds(state: usize, words: usize): void {
  memory.copy(WORKING, state, 128);
  rounds(true, WORKING, 0, 16, words);
  rounds(false, WORKING, 16, 64, words);
  for (let i: usize = 0; i < 128; i += 16) {
    v128.store(state + i, v128.xor(v128.load(state + i), v128.load(WORKING + i)));
  }
}
