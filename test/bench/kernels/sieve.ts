/** The sieve of Eratosthenes up to `scale`, with bounds checks. */
export function run(scale: i32): i64 {
  const composite = new StaticArray<bool>(scale + 1);
  let count = 0;
  let sum: i64 = 0;
  for (let n = 2; n <= scale; n++) {
    if (composite[n]) continue;
    count++;
    sum += n;
    for (let multiple = n * 2; multiple <= scale; multiple += n) composite[multiple] = true;
  }
  return sum * 1000003 + count;
}
