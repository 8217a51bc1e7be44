/**
 * SM3 (GB/T 32905-2016, ISO/IEC 10118-3:2018) of one message in pieces.
 *
 * State: eight words of the hash, the length so far (u64), the bytes of a block that is not full.
 */
export const SM3_STATE_BYTES: usize = 104;
const LENGTH: usize = 32;
const BUFFER: usize = 40;
const BLOCK: usize = 64;
const SCHEDULE: usize = memory.data(272, 16);
/** The constants T_j of both kinds of rounds, as they are rotated by j where they are used. */
const T_FIRST: u32 = 0x79cc4519;
const T_LAST: u32 = 0x7a879d8a;

/** The constant of each round, rotated; 64 words, once `sm3Constants` was called. */
export const SM3_CONSTANTS: usize = memory.data(256, 16);

/** The table of the constants is there. */
export function sm3Constants(): void {
  for (let round: u32 = 0; round < 64; round++) {
    store<u32>(SM3_CONSTANTS + (<usize>round << 2), rotl<u32>(round < 16 ? T_FIRST : T_LAST, round & 31));
  }
}

/** The state is that of an empty message. */
export function sm3Init(state: usize): void {
  store<u32>(state, 0x7380166f);
  store<u32>(state, 0x4914b2b9, 4);
  store<u32>(state, 0x172442d7, 8);
  store<u32>(state, 0xda8a0600, 12);
  store<u32>(state, 0xa96f30bc, 16);
  store<u32>(state, 0x163138aa, 20);
  store<u32>(state, 0xe38dee4d, 24);
  store<u32>(state, 0xb0fb0e4e, 28);
  store<u64>(state, 0, LENGTH);
}

/** The bytes are part of the message. */
export function sm3Update(state: usize, input: usize, length: u32): void {
  const before = load<u64>(state, LENGTH);
  store<u64>(state, before + length, LENGTH);
  let filled = <usize>(before & 63);
  let rest: usize = length;
  if (filled !== 0) {
    const part = min(BLOCK - filled, rest);
    memory.copy(state + BUFFER + filled, input, part);
    if (filled + part < BLOCK) return;
    compress(state, state + BUFFER);
    input += part;
    rest -= part;
  }
  for (; rest >= BLOCK; rest -= BLOCK, input += BLOCK) compress(state, input);
  memory.copy(state + BUFFER, input, rest);
}

/** The 32 bytes of the digest are at `output`; the state is used up. */
export function sm3Final(state: usize, output: usize): void {
  const length = load<u64>(state, LENGTH);
  let filled = <usize>(length & 63);
  const buffer = state + BUFFER;
  store<u8>(buffer + filled++, 0x80);
  if (filled > 56) {
    memory.fill(buffer + filled, 0, BLOCK - filled);
    compress(state, buffer);
    filled = 0;
  }
  memory.fill(buffer + filled, 0, 56 - filled);
  store<u64>(buffer, bswap<u64>(length << 3), 56);
  compress(state, buffer);
  for (let i: usize = 0; i < 32; i += 4) store<u32>(output + i, bswap<u32>(load<u32>(state + i)));
}

// @ts-ignore: decorator
@inline
function spread(block: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(SCHEDULE + i, bswap<u32>(load<u32>(block + i)));
  for (let i: usize = SCHEDULE + 64; i < SCHEDULE + 272; i += 4) {
    const x = load<u32>(i - 64) ^ load<u32>(i - 36) ^ rotl<u32>(load<u32>(i - 12), 15);
    const permuted = x ^ rotl<u32>(x, 15) ^ rotl<u32>(x, 23);
    store<u32>(i, permuted ^ rotl<u32>(load<u32>(i - 52), 7) ^ load<u32>(i - 24));
  }
}

function compress(state: usize, block: usize): void {
  spread(block);
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (let round: u32 = 0; round < 64; round++) {
    const w = SCHEDULE + (<usize>round << 2);
    const isFirst = round < 16;
    const a12 = rotl<u32>(a, 12);
    const ss1 = rotl<u32>(a12 + e + rotl<u32>(isFirst ? T_FIRST : T_LAST, round & 31), 7);
    const ff = isFirst ? a ^ b ^ c : (a & b) | (c & (a | b));
    const gg = isFirst ? e ^ f ^ g : g ^ (e & (f ^ g));
    const tt1 = ff + d + (ss1 ^ a12) + (load<u32>(w) ^ load<u32>(w, 16));
    const tt2 = gg + h + ss1 + load<u32>(w);
    d = c;
    c = rotl<u32>(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotl<u32>(f, 19);
    f = e;
    e = tt2 ^ rotl<u32>(tt2, 9) ^ rotl<u32>(tt2, 17);
  }
  store<u32>(state, load<u32>(state) ^ a);
  store<u32>(state, load<u32>(state, 4) ^ b, 4);
  store<u32>(state, load<u32>(state, 8) ^ c, 8);
  store<u32>(state, load<u32>(state, 12) ^ d, 12);
  store<u32>(state, load<u32>(state, 16) ^ e, 16);
  store<u32>(state, load<u32>(state, 20) ^ f, 20);
  store<u32>(state, load<u32>(state, 24) ^ g, 24);
  store<u32>(state, load<u32>(state, 28) ^ h, 28);
}
