/** The library's hash map: counts by key, insert and look-up. */
export function run(scale: i32): i64 {
  const counts = new Map<i32, i32>();
  let state: u32 = 7;
  for (let i = 0; i < scale; i++) {
    state = state * 1664525 + 1013904223;
    const key = ((state >> 8) % 509) as i32;
    counts.set(key, counts.has(key) ? counts.get(key) + 1 : 1);
  }
  let check: i64 = counts.size;
  for (let key = 0; key < 509; key++) if (counts.has(key)) check = check * 31 + counts.get(key);
  return check;
}
