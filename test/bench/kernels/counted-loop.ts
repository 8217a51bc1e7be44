/** A tight counted loop: a xorshift generator and a sum, nothing else. */
export function run(scale: i32): i64 {
  let x: u64 = 0x9e3779b97f4a7c15;
  let sum: u64 = 0;
  for (let i = 0; i < scale; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    sum += x;
  }
  return sum as i64;
}
