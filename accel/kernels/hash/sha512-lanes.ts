/** SHA-512 (FIPS 180-4), one block of each of two messages: word i of both is one vector. */
import { SHA512_K } from "./sha512";

/** Schedule of the blocks, 80 vectors. */
const W: usize = memory.data(1280, 16);

/** Eight vectors at `state`: twice the state of an empty message. */
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

// @ts-ignore: decorator
@inline
function rotr(x: v128, n: i32): v128 {
  return v128.or(i64x2.shr_u(x, n), i64x2.shl(x, 64 - n));
}

// @ts-ignore: decorator
@inline
function xor3(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c);
}

/** Bytes of each word in the other order. */
// @ts-ignore: decorator
@inline
function swapped(words: v128): v128 {
  return v128.shuffle<u8>(words, words, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
}

// @ts-ignore: decorator
@inline
function spread(a: usize, b: usize): void {
  for (let i: usize = 0; i < 128; i += 16) {
    const first = swapped(v128.load(a + i));
    const second = swapped(v128.load(b + i));
    v128.store(W + (i << 1), v128.shuffle<u64>(first, second, 0, 2));
    v128.store(W + (i << 1), v128.shuffle<u64>(first, second, 1, 3), 16);
  }
  for (let i = W + 256; i < W + 1280; i += 16) {
    const x = v128.load(i - 240);
    const y = v128.load(i - 32);
    const s0 = xor3(rotr(x, 1), rotr(x, 8), i64x2.shr_u(x, 7));
    const s1 = xor3(rotr(y, 19), rotr(y, 61), i64x2.shr_u(y, 6));
    v128.store(i, i64x2.add(i64x2.add(v128.load(i - 256), s0), i64x2.add(v128.load(i - 112), s1)));
  }
}

/** The blocks at `first` and `second` go into the two states. */
export function sha512Lanes(state: usize, first: usize, second: usize): void {
  spread(first, second);
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  let e = v128.load(state, 64);
  let f = v128.load(state, 80);
  let g = v128.load(state, 96);
  let h = v128.load(state, 112);
  for (let i: usize = 0; i < 80; i++) {
    const word = i64x2.add(v128.load(W + (i << 4)), v128.load_splat<u64>(SHA512_K + (i << 3)));
    const s1 = xor3(rotr(e, 14), rotr(e, 18), rotr(e, 41));
    const t1 = i64x2.add(i64x2.add(h, s1), i64x2.add(v128.xor(g, v128.and(e, v128.xor(f, g))), word));
    const s0 = xor3(rotr(a, 28), rotr(a, 34), rotr(a, 39));
    const t2 = i64x2.add(s0, v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c))));
    h = g;
    g = f;
    f = e;
    e = i64x2.add(d, t1);
    d = c;
    c = b;
    b = a;
    a = i64x2.add(t1, t2);
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

/** The digest of message `lane` (0 or 1), 64 bytes, is at `output`. */
export function sha512LanesDigest(state: usize, lane: u32, output: usize): void {
  for (let i: usize = 0; i < 8; i++) {
    store<u64>(output + (i << 3), bswap<u64>(load<u64>(state + (i << 4) + (<usize>lane << 3))));
  }
}
