/** secp256k1: y^2 = x^3 + 7 (SEC 2, 2.4.1). */
import { copy, pairFromWords } from "../field/pair";
import { mulPair, normalizePair, sqrPair, sqrTimes } from "../field/product";
import { foldSecp256k1, reduceSecp256k1 } from "../field/secp256k1-prime";
import * as fused from "../field/secp256k1-fused";
import { CONSTANT_BYTES, TABLES_BYTES } from "./curve";
import { doubleZero } from "./double";
import { splitScalar } from "./split-scalar";

const WORDS = memory.data<u64>([
  // p
  0xfffffffefffffc2f, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
  // n
  0xbfd25e8cd0364141, 0xbaaedce6af48a03b, 0xfffffffffffffffe, 0xffffffffffffffff,
  // (n - 1) / 2
  0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff, 0x7fffffffffffffff,
  // x and y of the generator
  0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac,
  0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465,
  // a
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  // b
  0x0000000000000007, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  // into and out of the field's form: 1, 1
  0x0000000000000001, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0x0000000000000001, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  // p - 2
  0xfffffffefffffc2d, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
  // -1 / n modulo 2^32
  0x000000005588b13f, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  // 2^512 modulo n
  0x896cf21467d7d140, 0x741496c20e7cf878, 0xe697f5e45bcd07c6, 0x9d671cd581c69bc5,
]);
/** beta, the cube root of one with lambda (x, y) = (beta x, y) (split-scalar.ts). */
const BETA_WORDS = memory.data<u64>([0xc1396c28719501ee, 0x9cf0497512f58995, 0x6e64479eac3434e9, 0x7ae96a2b657c0710]);
const BETA = memory.data(80, 16);
const CONSTANTS = memory.data(CONSTANT_BYTES, 16);
const SCRATCH = memory.data(400, 16);
const TABLES = memory.data(TABLES_BYTES, 16);

@unmanaged
export class Secp256k1 {
  // @ts-ignore: decorator
  @inline
  constants(): usize {
    return CONSTANTS;
  }

  /** The integers at the beginning of the constants. */
  integers(): usize {
    return WORDS;
  }

  // @ts-ignore: decorator
  @inline
  reduce(
    out: usize,
    c0: v128,
    c1: v128,
    c2: v128,
    c3: v128,
    c4: v128,
    c5: v128,
    c6: v128,
    c7: v128,
    c8: v128,
    c9: v128,
    c10: v128,
    c11: v128,
    c12: v128,
    c13: v128,
    c14: v128,
    c15: v128,
    c16: v128,
    c17: v128,
    c18: v128,
  ): void {
    reduceSecp256k1(out, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18);
  }

  /** The same from the columns of columns-fused.ts. */
  reduceColumns(out: usize): void {
    fused.reduceSecp256k1(out);
  }

  /** The column there that the lowest limb of an element belongs to, so that it is subtracted from the result. */
  // @ts-ignore: decorator
  @inline
  elementColumn(): usize {
    return 0;
  }

  mul(out: usize, a: usize, b: usize): void {
    mulPair<Secp256k1>(out, a, b);
  }

  sqr(out: usize, a: usize): void {
    sqrPair<Secp256k1>(out, a);
  }

  normalize(out: usize, a: usize): void {
    normalizePair<Secp256k1>(out, a);
  }

  // @ts-ignore: decorator
  @inline
  fold(out: usize, top: v128): void {
    foldSecp256k1(out, top);
  }

  double(point: usize): void {
    doubleZero<Secp256k1>(point);
  }

  foldLimbs(limbs: usize, v: i64): void {
    store<i64>(limbs, load<i64>(limbs, 0) + 977 * v, 0);
    store<i64>(limbs, load<i64>(limbs, 8) + (v << 6), 8);
  }

  // @ts-ignore: decorator
  @inline
  tables(): usize {
    return TABLES;
  }

  /** The factor of a key, below n, in the form that `keySum` takes. */
  prepareScalar(out: usize, words: usize): void {
    splitScalar(out, words);
  }

  /** What the curve needs beside the common constants is made. */
  prepareOwn(): void {
    pairFromWords(BETA, BETA_WORDS, BETA_WORDS);
  }

  /** The x of lambda P for the x of P. */
  turn(x: usize): void {
    this.mul(x, x, BETA);
  }

  /** Whether `prepareScalar` gives two halves. */
  // @ts-ignore: decorator
  @inline
  hasHalves(): bool {
    return true;
  }

  /** (p + 1) / 4: 223 ones, a zero, 22 ones, four zeros, two ones, two zeros (the chain of runs of Bitcoin's library). */
  root(out: usize, a: usize): void {
    const x = SCRATCH;
    const ones2 = SCRATCH + 80;
    const ones22 = SCRATCH + 160;
    const ones = SCRATCH + 240;
    const step = SCRATCH + 320;
    copy(x, a);
    this.sqr(step, x);
    this.mul(ones2, step, x);
    this.sqr(step, ones2);
    this.mul(ones, step, x); // 3
    copy(ones22, ones);
    sqrTimes<Secp256k1>(step, ones, 3);
    this.mul(ones, step, ones); // 6
    sqrTimes<Secp256k1>(step, ones, 3);
    this.mul(ones, step, ones22); // 9
    sqrTimes<Secp256k1>(step, ones, 2);
    this.mul(ones, step, ones2); // 11
    sqrTimes<Secp256k1>(step, ones, 11);
    this.mul(ones22, step, ones); // 22
    sqrTimes<Secp256k1>(step, ones22, 22);
    this.mul(ones, step, ones22); // 44
    copy(out, ones);
    sqrTimes<Secp256k1>(step, ones, 44);
    this.mul(ones, step, ones); // 88
    sqrTimes<Secp256k1>(step, ones, 88);
    this.mul(ones, step, ones); // 176
    sqrTimes<Secp256k1>(step, ones, 44);
    this.mul(ones, step, out); // 220
    this.sqr(step, x);
    this.mul(step, step, x);
    this.sqr(step, step);
    this.mul(out, step, x); // 3
    sqrTimes<Secp256k1>(step, ones, 3);
    this.mul(ones, step, out); // 223
    sqrTimes<Secp256k1>(step, ones, 23);
    this.mul(step, step, ones22);
    sqrTimes<Secp256k1>(step, step, 6);
    this.mul(step, step, ones2);
    sqrTimes<Secp256k1>(out, step, 2);
  }
}
