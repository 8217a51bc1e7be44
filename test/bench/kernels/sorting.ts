/** Quicksort that leaves short runs to insertion, on bounds-checked arrays. */
const SHORT = 12;

function insertionSort(values: StaticArray<i32>, first: i32, last: i32): void {
  for (let i = first + 1; i <= last; i++) {
    const value = values[i];
    let j = i - 1;
    while (j >= first && values[j] > value) {
      values[j + 1] = values[j];
      j--;
    }
    values[j + 1] = value;
  }
}

function quicksort(values: StaticArray<i32>, first: i32, last: i32): void {
  if (last - first < SHORT) {
    insertionSort(values, first, last);
    return;
  }
  const pivot = values[(first + last) >> 1];
  let low = first;
  let high = last;
  while (low <= high) {
    while (values[low] < pivot) low++;
    while (values[high] > pivot) high--;
    if (low > high) break;
    const swapped = values[low];
    values[low++] = values[high];
    values[high--] = swapped;
  }
  quicksort(values, first, high);
  quicksort(values, low, last);
}

export function run(scale: i32): i64 {
  const values = new StaticArray<i32>(scale);
  let state: u32 = 1;
  for (let i = 0; i < scale; i++) {
    state = state * 1664525 + 1013904223;
    values[i] = (state >> 3) as i32;
  }
  quicksort(values, 0, scale - 1);
  let check: i64 = 0;
  for (let i = 0; i < scale; i++) check = check * 31 + values[i];
  return check;
}
