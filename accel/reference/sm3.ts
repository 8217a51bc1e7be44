/**
 * SM3, the hash of GB/T 32905-2016 (ISO/IEC 10118-3:2018), and HMAC over it. noble-hashes has no SM3.
 *
 * A Merkle-Damgard hash shaped like SHA-256: 64-byte blocks, eight 32-bit words of state, big-endian, a one bit and the
 * length in bits as padding. What differs is the message expansion (68 words W and 64 words W' = W[j] ^ W[j + 4]), the
 * permutations P0 and P1, and that the state is folded in by exclusive or, not by addition. Names below are the
 * standard's.
 *
 *   block   64 bytes  ->  W[0..68)  ->  64 rounds over (A..H)  ->  V ^= (A..H)
 *   padding message ‖ 0x80 ‖ zeros ‖ length in bits, 8 bytes big-endian
 */

const BLOCK_LENGTH = 64;
const DIGEST_LENGTH = 32;

/** IV of section 4.1. */
const INITIAL_STATE = Int32Array.of(
  0x7380166f,
  0x4914b2b9,
  0x172442d7,
  0xda8a0600,
  0xa96f30bc,
  0x163138aa,
  0xe38dee4d,
  0xb0fb0e4e,
);

/** T[j] of section 4.2, already rotated left by j as the round uses it. */
const ROUND_CONSTANTS = Int32Array.from({ length: 64 }, (_, j) => rotateLeft(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32));

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** P0 of section 4.4. */
function permuteState(word: number): number {
  return word ^ rotateLeft(word, 9) ^ rotateLeft(word, 17);
}

/** P1 of section 4.4. */
function permuteSchedule(word: number): number {
  return word ^ rotateLeft(word, 15) ^ rotateLeft(word, 23);
}

/** Fills W[0..68) from the block at `offset` (section 5.3.2). */
function expandInto(words: Int32Array, view: DataView, offset: number): void {
  for (let j = 0; j < 16; j++) words[j] = view.getInt32(offset + 4 * j, false);
  for (let j = 16; j < 68; j++) {
    const mixed = permuteSchedule(words[j - 16]! ^ words[j - 9]! ^ rotateLeft(words[j - 3]!, 15));
    words[j] = mixed ^ rotateLeft(words[j - 13]!, 7) ^ words[j - 6]!;
  }
}

/** Folds the expanded block into `state`: CF of section 5.3.3. Sums wrap at 2^32 by `| 0` before they can lose bits. */
function compressInto(state: Int32Array, words: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let j = 0; j < 64; j++) {
    const a12 = rotateLeft(a, 12);
    const ss1 = rotateLeft((a12 + e + ROUND_CONSTANTS[j]!) | 0, 7);
    const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + (ss1 ^ a12) + (words[j]! ^ words[j + 4]!)) | 0;
    const tt2 = (gg + h + ss1 + words[j]!) | 0;
    d = c;
    c = rotateLeft(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotateLeft(f, 19);
    f = e;
    e = permuteState(tt2);
  }
  state[0]! ^= a;
  state[1]! ^= b;
  state[2]! ^= c;
  state[3]! ^= d;
  state[4]! ^= e;
  state[5]! ^= f;
  state[6]! ^= g;
  state[7]! ^= h;
}

/** The last one or two blocks: what is left of the message, 0x80, zeros, the length in bits. */
function paddedTail(message: Uint8Array, tailStart: number): Uint8Array {
  const rest = message.length - tailStart;
  const tail = new Uint8Array(rest + 9 <= BLOCK_LENGTH ? BLOCK_LENGTH : 2 * BLOCK_LENGTH);
  tail.set(message.subarray(tailStart));
  tail[rest] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor(message.length / 0x2000_0000), false);
  view.setUint32(tail.length - 4, (message.length << 3) >>> 0, false);
  return tail;
}

/** Returns the 32-byte SM3 digest of `message`. */
export function sm3(message: Uint8Array): Uint8Array {
  const state = INITIAL_STATE.slice();
  const words = new Int32Array(68);
  const tailStart = message.length - (message.length % BLOCK_LENGTH);
  const body = new DataView(message.buffer, message.byteOffset, message.byteLength);
  for (let offset = 0; offset < tailStart; offset += BLOCK_LENGTH) {
    expandInto(words, body, offset);
    compressInto(state, words);
  }
  const tail = paddedTail(message, tailStart);
  const tailView = new DataView(tail.buffer);
  for (let offset = 0; offset < tail.length; offset += BLOCK_LENGTH) {
    expandInto(words, tailView, offset);
    compressInto(state, words);
  }
  const digest = new Uint8Array(DIGEST_LENGTH);
  const digestView = new DataView(digest.buffer);
  state.forEach((word, i) => {
    digestView.setInt32(4 * i, word, false);
  });
  return digest;
}

/** Returns the 32-byte HMAC-SM3 of `message` under `key` (RFC 2104; a key over 64 bytes is hashed first). */
export function hmacSm3(key: Uint8Array, message: Uint8Array): Uint8Array {
  const shortKey = key.length > BLOCK_LENGTH ? sm3(key) : key;
  const inner = new Uint8Array(BLOCK_LENGTH + message.length).fill(0x36, 0, BLOCK_LENGTH);
  const outer = new Uint8Array(BLOCK_LENGTH + DIGEST_LENGTH).fill(0x5c, 0, BLOCK_LENGTH);
  for (let i = 0; i < shortKey.length; i++) {
    inner[i]! ^= shortKey[i]!;
    outer[i]! ^= shortKey[i]!;
  }
  inner.set(message, BLOCK_LENGTH);
  outer.set(sm3(inner), BLOCK_LENGTH);
  return sm3(outer);
}
