/** The recommended curve of SM2: y^2 = x^3 - 3 x + b (GB/T 32918.5-2017, OID 1.2.156.10197.1.301). */
import { copy } from "../field/pair";
import { mulPair, normalizePair, sqrPair, sqrTimes } from "../field/product";
import { foldSm2, reduceSm2 } from "../field/sm2-prime";
import * as fused from "../field/sm2-fused";
import { CONSTANT_BYTES, TABLES_BYTES } from "./curve";
import { doubleMinusThree } from "./double";
import { oddScalar } from "./window";

const WORDS = memory.data<u64>([
  // p
  0xffffffffffffffff, 0xffffffff00000000, 0xffffffffffffffff, 0xfffffffeffffffff,
  // n
  0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff, 0xfffffffeffffffff,
  // (n - 1) / 2
  0xa9ddfa049ceaa091, 0xb901efb590e30295, 0xffffffffffffffff, 0x7fffffff7fffffff,
  // x and y of the generator
  0x715a4589334c74c7, 0x8fe30bbff2660be1, 0x5f9904466a39c994, 0x32c4ae2c1f198119,
  0x02df32e52139f0a0, 0xd0a9877cc62a4740, 0x59bdcee36b692153, 0xbc3736a2f4f6779c,
  // a
  0xfffffffffffffffc, 0xffffffff00000000, 0xffffffffffffffff, 0xfffffffeffffffff,
  // b
  0xddbcbd414d940e93, 0xf39789f515ab8f92, 0x4d5a9e4bcf6509a7, 0x28e9fa9e9d9f5e34,
  // into and out of Montgomery's form: 2^520 modulo p, 1
  0x0000020000000300, 0x000002ffffffff00, 0x0000010000000100, 0x0000040000000200,
  0x0000000000000001, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  // p - 2
  0xfffffffffffffffd, 0xffffffff00000000, 0xffffffffffffffff, 0xfffffffeffffffff,
  // -1 / n modulo 2^32
  0x0000000072350975, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  // 2^512 modulo n
  0x901192af7c114f20, 0x3464504ade6fa2fa, 0x620fc84c3affe0d4, 0x1eb5e412a22b3d3b,
]);
const CONSTANTS = memory.data(CONSTANT_BYTES, 16);
const SCRATCH = memory.data(400, 16);
const TABLES = memory.data(TABLES_BYTES, 16);

@unmanaged
export class Sm2 {
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
    reduceSm2(out, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18);
  }

  /** The same from the columns of columns-fused.ts. */
  reduceColumns(out: usize): void {
    fused.reduceSm2(out);
  }

  /** The column there that the lowest limb of an element belongs to, so that it is subtracted from the result. */
  // @ts-ignore: decorator
  @inline
  elementColumn(): usize {
    return 5;
  }

  mul(out: usize, a: usize, b: usize): void {
    mulPair<Sm2>(out, a, b);
  }

  sqr(out: usize, a: usize): void {
    sqrPair<Sm2>(out, a);
  }

  normalize(out: usize, a: usize): void {
    normalizePair<Sm2>(out, a);
  }

  // @ts-ignore: decorator
  @inline
  fold(out: usize, top: v128): void {
    foldSm2(out, top);
  }

  double(point: usize): void {
    doubleMinusThree<Sm2>(point);
  }

  foldLimbs(limbs: usize, v: i64): void {
    store<i64>(limbs, load<i64>(limbs, 0) + v, 0);
    store<i64>(limbs, load<i64>(limbs, 16) + (-v << 12), 16);
    store<i64>(limbs, load<i64>(limbs, 24) + (v << 18), 24);
    store<i64>(limbs, load<i64>(limbs, 64) + (v << 16), 64);
  }

  // @ts-ignore: decorator
  @inline
  tables(): usize {
    return TABLES;
  }

  /** The factor of a key, below n, in the form that `keySum` takes. */
  prepareScalar(out: usize, words: usize): void {
    oddScalar(out, words, CONSTANTS);
  }

  /** There is nothing beside the common constants. */
  prepareOwn(): void {}

  /** There is no endomorphism. */
  turn(_x: usize): void {}

  /** Whether `prepareScalar` gives two halves. */
  // @ts-ignore: decorator
  @inline
  hasHalves(): bool {
    return false;
  }

  /** (p + 1) / 4 = 2^62 e, where e has the bits 31 ones, a zero, 128 ones, 31 zeros, a one. */
  root(out: usize, a: usize): void {
    const x = SCRATCH;
    const ones = SCRATCH + 80;
    const ones31 = SCRATCH + 160;
    const step = SCRATCH + 240;
    copy(x, a);
    this.sqr(step, x);
    this.mul(ones, step, x); // 2 ones
    sqrTimes<Sm2>(step, ones, 1);
    this.mul(ones31, step, x); // 3
    sqrTimes<Sm2>(step, ones31, 3);
    this.mul(ones31, step, ones31); // 6
    sqrTimes<Sm2>(step, ones31, 1);
    this.mul(ones, step, x); // 7
    sqrTimes<Sm2>(step, ones, 7);
    this.mul(ones, step, ones); // 14
    sqrTimes<Sm2>(step, ones, 1);
    this.mul(ones, step, x); // 15
    sqrTimes<Sm2>(step, ones, 15);
    this.mul(ones31, step, ones); // 30
    sqrTimes<Sm2>(step, ones31, 1);
    this.mul(ones31, step, x); // 31
    sqrTimes<Sm2>(step, ones31, 1);
    this.mul(ones, step, x); // 32
    sqrTimes<Sm2>(step, ones, 32);
    this.mul(ones, step, ones); // 64
    sqrTimes<Sm2>(step, ones, 64);
    this.mul(ones, step, ones); // 128
    sqrTimes<Sm2>(step, ones31, 129);
    this.mul(step, step, ones);
    sqrTimes<Sm2>(step, step, 32);
    this.mul(step, step, x);
    sqrTimes<Sm2>(out, step, 62);
  }
}
