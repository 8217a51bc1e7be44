/** SHA-256 (FIPS 180-4), one block of each of four messages: word i of all four is one vector. */
import { loadBigEndian } from "./lanes";
import { SHA256_K } from "./sha256";

/** Schedule of the blocks, 64 vectors. */
const W: usize = memory.data(1024, 16);

/** Eight vectors at `state`: four times the state of an empty message. */
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

// @ts-ignore: decorator
@inline
function rotr(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}

// @ts-ignore: decorator
@inline
function xor3(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c);
}

/** The schedule of the sixteen vectors at `w` is complete. */
export function sha256Spread(w: usize): void {
  for (let i = w + 256; i < w + 1024; i += 16) {
    const a = v128.load(i - 240);
    const b = v128.load(i - 32);
    const s0 = xor3(rotr(a, 7), rotr(a, 18), i32x4.shr_u(a, 3));
    const s1 = xor3(rotr(b, 17), rotr(b, 19), i32x4.shr_u(b, 10));
    v128.store(i, i32x4.add(i32x4.add(v128.load(i - 256), s0), i32x4.add(v128.load(i - 112), s1)));
  }
}

/** T1 without the word and its constant: h + S1(e) + Ch(e, f, g). */
// @ts-ignore: decorator
@inline
function t1(e: v128, f: v128, g: v128, h: v128): v128 {
  return i32x4.add(i32x4.add(h, xor3(rotr(e, 6), rotr(e, 11), rotr(e, 25))), v128.xor(g, v128.and(e, v128.xor(f, g))));
}

/** S0(a) + Maj(a, b, c). */
// @ts-ignore: decorator
@inline
function t2(a: v128, b: v128, c: v128): v128 {
  return i32x4.add(xor3(rotr(a, 2), rotr(a, 13), rotr(a, 22)), v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c))));
}

// @ts-ignore: decorator
@inline
function wordAndConstant(w: usize, k: usize, index: usize): v128 {
  return i32x4.add(v128.load(w + (index << 4)), v128.load_splat<u32>(k + (index << 2)));
}

/** The blocks at `a`..`d` go into the four states. */
export function sha256Lanes(state: usize, a: usize, b: usize, c: usize, d: usize): void {
  loadBigEndian(W, a, b, c, d);
  sha256Spread(W);
  sha256Rounds(state, W);
}

/** A block whose whole schedule is at `schedule` goes into the four states. */
export function sha256Rounds(state: usize, schedule: usize): void {
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  let e = v128.load(state, 64);
  let f = v128.load(state, 80);
  let g = v128.load(state, 96);
  let h = v128.load(state, 112);
  let w = schedule;
  // Eight rounds at a time: the names turn, and nothing is moved.
  for (let k = SHA256_K; k < SHA256_K + 256; k += 32) {
    let t = i32x4.add(t1(e, f, g, h), wordAndConstant(w, k, 0));
    d = i32x4.add(d, t);
    h = i32x4.add(t, t2(a, b, c));
    t = i32x4.add(t1(d, e, f, g), wordAndConstant(w, k, 1));
    c = i32x4.add(c, t);
    g = i32x4.add(t, t2(h, a, b));
    t = i32x4.add(t1(c, d, e, f), wordAndConstant(w, k, 2));
    b = i32x4.add(b, t);
    f = i32x4.add(t, t2(g, h, a));
    t = i32x4.add(t1(b, c, d, e), wordAndConstant(w, k, 3));
    a = i32x4.add(a, t);
    e = i32x4.add(t, t2(f, g, h));
    t = i32x4.add(t1(a, b, c, d), wordAndConstant(w, k, 4));
    h = i32x4.add(h, t);
    d = i32x4.add(t, t2(e, f, g));
    t = i32x4.add(t1(h, a, b, c), wordAndConstant(w, k, 5));
    g = i32x4.add(g, t);
    c = i32x4.add(t, t2(d, e, f));
    t = i32x4.add(t1(g, h, a, b), wordAndConstant(w, k, 6));
    f = i32x4.add(f, t);
    b = i32x4.add(t, t2(c, d, e));
    t = i32x4.add(t1(f, g, h, a), wordAndConstant(w, k, 7));
    e = i32x4.add(e, t);
    a = i32x4.add(t, t2(b, c, d));
    w += 128;
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
