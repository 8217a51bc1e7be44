/**
 * The two 32-byte values of the chain. Their objects are exactly those bytes, so that a host function reads and writes them
 * in place: four fields of eight bytes, and no other.
 */
import { hexDigits } from "./hex";

/** Who signs or is called: a key's or a contract's address. A new one is all zeros. */
@final
export class Address {
  private a: u64 = 0;
  private b: u64 = 0;
  private c: u64 = 0;
  private d: u64 = 0;

  // @ts-ignore: decorator
  @operator("==")
  static equal(left: Address, right: Address): bool {
    return left.a == right.a && left.b == right.b && left.c == right.c && left.d == right.d;
  }

  // @ts-ignore: decorator
  @operator("!=")
  static notEqual(left: Address, right: Address): bool {
    return !(left == right);
  }

  /** True for the address of all zeros, which belongs to nobody. */
  isZero(): bool {
    return (this.a | this.b | this.c | this.d) == 0;
  }

  /** 64 lower-case hex digits. */
  toString(): string {
    return hexDigits(changetype<usize>(this), 32);
  }
}

/** A digest: of a document, of a transaction. A new one is all zeros. */
@final
export class Hash {
  private a: u64 = 0;
  private b: u64 = 0;
  private c: u64 = 0;
  private d: u64 = 0;

  // @ts-ignore: decorator
  @operator("==")
  static equal(left: Hash, right: Hash): bool {
    return left.a == right.a && left.b == right.b && left.c == right.c && left.d == right.d;
  }

  // @ts-ignore: decorator
  @operator("!=")
  static notEqual(left: Hash, right: Hash): bool {
    return !(left == right);
  }

  /** True for the hash of all zeros, which stands for "none". */
  isZero(): bool {
    return (this.a | this.b | this.c | this.d) == 0;
  }

  /** 64 lower-case hex digits. */
  toString(): string {
    return hexDigits(changetype<usize>(this), 32);
  }
}
