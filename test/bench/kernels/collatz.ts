/** Branchy code: the steps of every number up to `scale` on its way to 1. */
export function run(scale: i32): i64 {
  let steps: i64 = 0;
  for (let start = 1; start <= scale; start++) {
    let n: u64 = start;
    while (n != 1) {
      if ((n & 1) == 0) n >>= 1;
      else n = n * 3 + 1;
      steps++;
    }
  }
  return steps;
}
