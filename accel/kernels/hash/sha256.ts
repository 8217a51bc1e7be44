/**
 * SHA-256 (FIPS 180-4) of one message in pieces.
 *
 * State: eight words of the hash, the length so far (u64), the bytes of a block that is not full.
 */
export const SHA256_STATE_BYTES: usize = 104;
const LENGTH: usize = 32;
const BUFFER: usize = 40;
const BLOCK: usize = 64;

/** FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
export const SHA256_K = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);
const SCHEDULE: usize = memory.data(256, 16);

/** The state is that of an empty message. */
export function sha256Init(state: usize): void {
  store<u32>(state, 0x6a09e667);
  store<u32>(state, 0xbb67ae85, 4);
  store<u32>(state, 0x3c6ef372, 8);
  store<u32>(state, 0xa54ff53a, 12);
  store<u32>(state, 0x510e527f, 16);
  store<u32>(state, 0x9b05688c, 20);
  store<u32>(state, 0x1f83d9ab, 24);
  store<u32>(state, 0x5be0cd19, 28);
  store<u64>(state, 0, LENGTH);
}

/** The bytes are part of the message. */
export function sha256Update(state: usize, input: usize, length: u32): void {
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
export function sha256Final(state: usize, output: usize): void {
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
  for (let i: usize = SCHEDULE + 64; i < SCHEDULE + 256; i += 4) {
    const a = load<u32>(i - 60);
    const b = load<u32>(i - 8);
    const s0 = rotr<u32>(a, 7) ^ rotr<u32>(a, 18) ^ (a >> 3);
    const s1 = rotr<u32>(b, 17) ^ rotr<u32>(b, 19) ^ (b >> 10);
    store<u32>(i, load<u32>(i - 64) + s0 + load<u32>(i - 28) + s1);
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
  for (let i: usize = 0; i < 256; i += 4) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const t1 = h + s1 + (g ^ (e & (f ^ g))) + load<u32>(SHA256_K + i) + load<u32>(SCHEDULE + i);
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t2 = s0 + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}
