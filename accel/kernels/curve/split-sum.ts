/** k P on secp256k1 for a point met for the first time: two halves of the scalar over one table, half the doublings. */
import { copy } from "../field/pair";
import { curve, ONE, Z } from "./curve";
import { mixedAdd } from "./mixed-add";
import { ODD_BYTES } from "./window";
import { doubleFive, HALF_WINDOWS, windowPoint } from "./window-sum";

/**
 * beta = 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501ee, the cube root of one with
 * lambda (x, y) = (beta x, y) (split-scalar.ts), as a pair.
 */
const BETA = memory.data<u32>([
  0x19501ee, 0x19501ee, 0x25b0a1c, 0x25b0a1c,
  0x995c13, 0x995c13, 0x1d44bd6, 0x1d44bd6,
  0x19cf049, 0x19cf049, 0x30d0d3a, 0x30d0d3a,
  0x24479ea, 0x24479ea, 0x1c41b9, 0x1c41b9,
  0x22b657c, 0x22b657c, 0x1eba5a, 0x1eba5a,
]);
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
