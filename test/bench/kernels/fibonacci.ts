/** Recursion: Fibonacci by its definition. */
function fibonacci(n: i32): i64 {
  if (n < 2) return n;
  return fibonacci(n - 1) + fibonacci(n - 2);
}

export function run(scale: i32): i64 {
  return fibonacci(scale);
}
