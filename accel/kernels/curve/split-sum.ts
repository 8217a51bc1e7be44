/** k P on secp256k1 for a point met for the first time: two halves of the scalar over one table, half the doublings. */
import { copy, pairFromWords } from "../field/pair";
import { curve, ONE, Z } from "./curve";
import { mixedAdd } from "./mixed-add";
import { ODD_BYTES } from "./window";
import { doubleFive, HALF_WINDOWS, windowPoint } from "./window-sum";

/** The cube root of one with lambda (x, y) = (beta x, y); see split-scalar.ts. */
const BETA_WORDS = memory.data<u64>([
  0xc1396c28719501ee,
  0x9cf0497512f58995,
  0x6e64479eac3434e9,
  0x7ae96a2b657c0710,
]);
const BETA: usize = memory.data(80, 16);
pairFromWords(BETA, BETA_WORDS, BETA_WORDS);
const ADDEND: usize = memory.data(160, 16);

// @ts-ignore: decorator
@inline
function addWindows<C>(sum: usize, table: usize, oddA: usize, oddB: usize, i: u32, isTop: bool): void {
  windowPoint(ADDEND, table, oddA + ODD_BYTES, oddB + ODD_BYTES, i, isTop);
  curve<C>().mul(ADDEND, ADDEND, BETA);
  mixedAdd<C>(sum, ADDEND);
}

/** sum = k P in each lane, Jacobian; the scalars as `splitScalar` gives them. */
export function splitSum<C>(sum: usize, table: usize, oddA: usize, oddB: usize): void {
  windowPoint(sum, table, oddA, oddB, HALF_WINDOWS - 1, true);
  copy(sum + Z, curve<C>().constants() + ONE);
  addWindows<C>(sum, table, oddA, oddB, HALF_WINDOWS - 1, true);
  for (let i: u32 = HALF_WINDOWS - 1; i > 0; i--) {
    doubleFive<C>(sum);
    windowPoint(ADDEND, table, oddA, oddB, i - 1, false);
    mixedAdd<C>(sum, ADDEND);
    addWindows<C>(sum, table, oddA, oddB, i - 1, false);
  }
}
