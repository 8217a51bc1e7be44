/** Bounds-checked arrays: the product of two matrices of `scale` rows. */
function filled(rows: i32, seed: i32): StaticArray<i32> {
  const matrix = new StaticArray<i32>(rows * rows);
  for (let i = 0; i < matrix.length; i++) matrix[i] = (i * seed) % 1009;
  return matrix;
}

export function run(scale: i32): i64 {
  const a = filled(scale, 37);
  const b = filled(scale, 91);
  const product = new StaticArray<i32>(scale * scale);
  for (let row = 0; row < scale; row++) {
    for (let column = 0; column < scale; column++) {
      let sum = 0;
      for (let k = 0; k < scale; k++) sum += a[row * scale + k] * b[k * scale + column];
      product[row * scale + column] = sum;
    }
  }
  let check: i64 = 0;
  for (let i = 0; i < product.length; i++) check = check * 31 + product[i];
  return check;
}
