/**
 * The two 32-byte values of the chain. Their objects are exactly those bytes, so that a host function reads and
 * writes them in place: four fields of eight bytes, and no other.
 */
import { hexDigits } from "./hex";

/** True when both are null, or the 32 bytes at both are the same. The operators of both classes also take null. */
function sameBytes(left: usize, right: usize): bool {
  if (left == right) return true;
  if (left == 0 || right == 0) return false;
  const low = (load<u64>(left) ^ load<u64>(right)) | (load<u64>(left, 8) ^ load<u64>(right, 8));
  const high = (load<u64>(left, 16) ^ load<u64>(right, 16)) | (load<u64>(left, 24) ^ load<u64>(right, 24));
  return (low | high) == 0;
}

/** The 32 bytes at `source` stand at `target`: four words cost less than one `memory.copy`. */
export function copyFixed(target: usize, source: usize): void {
  store<u64>(target, load<u64>(source));
  store<u64>(target, load<u64>(source, 8), 8);
  store<u64>(target, load<u64>(source, 16), 16);
  store<u64>(target, load<u64>(source, 24), 24);
}

/** Who signs or is called: a key's or a contract's address. A new one is all zeros. */
@final
export class Address {
  private a: u64 = 0;
  private b: u64 = 0;
  private c: u64 = 0;
  private d: u64 = 0;

  @operator("==")
  static equal(left: Address | null, right: Address | null): bool {
    return sameBytes(changetype<usize>(left), changetype<usize>(right));
  }

  @operator("!=")
  static notEqual(left: Address | null, right: Address | null): bool {
    return !sameBytes(changetype<usize>(left), changetype<usize>(right));
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

  @operator("==")
  static equal(left: Hash | null, right: Hash | null): bool {
    return sameBytes(changetype<usize>(left), changetype<usize>(right));
  }

  @operator("!=")
  static notEqual(left: Hash | null, right: Hash | null): bool {
    return !sameBytes(changetype<usize>(left), changetype<usize>(right));
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
