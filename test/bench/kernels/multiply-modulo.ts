/** Arithmetic of 128 bits by hand: powers modulo 2^61 - 1 and modulo a prime of 63 bits. */
const MERSENNE: u64 = (1 << 61) - 1;
const PRIME: u64 = 9223372036854775783;

class Wide {
  high: u64 = 0;
  low: u64 = 0;

  /** This is a * b. */
  multiply(a: u64, b: u64): void {
    const aLow = a & 0xffffffff;
    const aHigh = a >> 32;
    const bLow = b & 0xffffffff;
    const bHigh = b >> 32;
    const lowLow = aLow * bLow;
    const middle = aHigh * bLow + (lowLow >> 32);
    const other = aLow * bHigh + (middle & 0xffffffff);
    this.high = aHigh * bHigh + (middle >> 32) + (other >> 32);
    this.low = (other << 32) | (lowLow & 0xffffffff);
  }

  /** The remainder by a modulus below 2^63, bit by bit. */
  modulo(modulus: u64): u64 {
    let rest = this.high % modulus;
    let low = this.low;
    for (let bit = 0; bit < 64; bit++) {
      rest = (rest << 1) | (low >> 63);
      low <<= 1;
      if (rest >= modulus) rest -= modulus;
    }
    return rest;
  }

  moduloMersenne(): u64 {
    const sum = (this.low & MERSENNE) + ((this.low >> 61) | (this.high << 3));
    return sum >= MERSENNE ? sum - MERSENNE : sum;
  }
}

export function run(scale: i32): i64 {
  const wide = new Wide();
  let fast: u64 = 3;
  let slow: u64 = 5;
  for (let i = 0; i < scale; i++) {
    for (let j = 0; j < 16; j++) {
      wide.multiply(fast, fast + j);
      fast = wide.moduloMersenne();
    }
    wide.multiply(slow, fast % PRIME);
    slow = wide.modulo(PRIME);
  }
  return (fast ^ slow) as i64;
}
