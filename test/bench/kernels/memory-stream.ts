/** A stream over memory: 16 KiB are written and hashed by FNV-1a, `scale` times. */
const BYTES = 16384;

export function run(scale: i32): i64 {
  const buffer = new StaticArray<u8>(BYTES);
  let hash: u64 = 0xcbf29ce484222325;
  for (let round = 0; round < scale; round++) {
    for (let i = 0; i < BYTES; i++) buffer[i] = (i * 31 + round) as u8;
    for (let i = 0; i < BYTES; i++) hash = (hash ^ buffer[i]) * 0x100000001b3;
  }
  return hash as i64;
}
