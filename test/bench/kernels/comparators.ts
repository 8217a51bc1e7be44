/** A heap sort that is given its order as a function: the comparator is called through the table. */
type Order = (a: i32, b: i32) => i32;

function ascending(a: i32, b: i32): i32 {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byLowBits(a: i32, b: i32): i32 {
  return ascending(a & 0xffff, b & 0xffff);
}

function sink(heap: StaticArray<i32>, start: i32, length: i32, order: Order): void {
  let root = start;
  while (root * 2 + 1 < length) {
    let child = root * 2 + 1;
    if (child + 1 < length && order(heap[child], heap[child + 1]) < 0) child++;
    if (order(heap[root], heap[child]) >= 0) return;
    const swapped = heap[root];
    heap[root] = heap[child];
    heap[child] = swapped;
    root = child;
  }
}

function heapSort(values: StaticArray<i32>, order: Order): void {
  for (let start = values.length / 2 - 1; start >= 0; start--) sink(values, start, values.length, order);
  for (let end = values.length - 1; end > 0; end--) {
    const largest = values[0];
    values[0] = values[end];
    values[end] = largest;
    sink(values, 0, end, order);
  }
}

export function run(scale: i32): i64 {
  const values = new StaticArray<i32>(scale);
  let state: u32 = 12345;
  for (let i = 0; i < scale; i++) {
    state = state * 1664525 + 1013904223;
    values[i] = (state >> 4) as i32;
  }
  heapSort(values, ascending);
  heapSort(values, byLowBits);
  let check: i64 = 0;
  for (let i = 0; i < scale; i++) check = check * 31 + values[i];
  return check;
}
