/** P-256: y^2 = x^3 - 3 x + b (FIPS 186-4, D.1.2.3). */
import { copy } from "../field/pair";
import { mulPair, normalizePair, sqrPair, sqrTimes } from "../field/product";
import { foldP256, reduceP256 } from "../field/p256-prime";
import * as fused from "../field/p256-fused";
import { CONSTANT_BYTES, TABLES_BYTES } from "./curve";
import { doubleMinusThree } from "./double";
import { oddScalar } from "./window";

const WORDS = memory.data<u64>([
  // p
  0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001,
  // n
  0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000,
  // (n - 1) / 2
  0x79dce5617e3192a8, 0xde737d56d38bcf42, 0x7fffffffffffffff, 0x7fffffff80000000,
  // x and y of the generator
  0xf4a13945d898c296, 0x77037d812deb33a0, 0xf8bce6e563a440f2, 0x6b17d1f2e12c4247,
  0xcbb6406837bf51f5, 0x2bce33576b315ece, 0x8ee7eb4a7c0f9e16, 0x4fe342e2fe1a7f9b,
  // a
  0xfffffffffffffffc, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001,
  // b
  0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc, 0x5ac635d8aa3a93e7,
  // into and out of Montgomery's form: 2^520 modulo p, 1
  0x0000000000000300, 0xfffffbffffffff00, 0xfffffffffffffeff, 0x000004fffffffdff,
  0x0000000000000001, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  // p - 2
  0xfffffffffffffffd, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001,
  // -1 / n modulo 2^32
  0x00000000ee00bc4f, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  // 2^512 modulo n
  0x83244c95be79eea2, 0x4699799c49bd6fa6, 0x2845b2392b6bec59, 0x66e12d94f3d95620,
]);
const CONSTANTS = memory.data(CONSTANT_BYTES, 16);
const SCRATCH = memory.data(400, 16);
const TABLES = memory.data(TABLES_BYTES, 16);

@unmanaged
export class P256 {
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
    reduceP256(out, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18);
  }

  /** The same from the columns of columns-fused.ts. */
  reduceColumns(out: usize): void {
    fused.reduceP256(out);
  }

  /** The column there that the lowest limb of an element belongs to, so that it is subtracted from the result. */
  // @ts-ignore: decorator
  @inline
  elementColumn(): usize {
    return 5;
  }

  mul(out: usize, a: usize, b: usize): void {
    mulPair<P256>(out, a, b);
  }

  sqr(out: usize, a: usize): void {
    sqrPair<P256>(out, a);
  }

  normalize(out: usize, a: usize): void {
    normalizePair<P256>(out, a);
  }

  // @ts-ignore: decorator
  @inline
  fold(out: usize, top: v128): void {
    foldP256(out, top);
  }

  double(point: usize): void {
    doubleMinusThree<P256>(point);
  }

  foldLimbs(limbs: usize, v: i64): void {
    store<i64>(limbs, load<i64>(limbs, 0) + v, 0);
    store<i64>(limbs, load<i64>(limbs, 24) + (-v << 18), 24);
    store<i64>(limbs, load<i64>(limbs, 56) + (-v << 10), 56);
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

  /** (p + 1) / 4 = 2^94 (2^96 (2^32 (2^32 - 1) + 1) + 1). */
  root(out: usize, a: usize): void {
    const x = SCRATCH;
    const ones = SCRATCH + 80;
    const step = SCRATCH + 160;
    copy(x, a);
    copy(ones, a);
    for (let length = 1; length < 32; length <<= 1) {
      sqrTimes<P256>(step, ones, length);
      this.mul(ones, step, ones);
    }
    sqrTimes<P256>(step, ones, 32);
    this.mul(step, step, x);
    sqrTimes<P256>(step, step, 96);
    this.mul(step, step, x);
    sqrTimes<P256>(out, step, 94);
  }
}
