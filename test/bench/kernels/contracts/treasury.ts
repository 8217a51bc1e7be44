/** Many accounts pay into few: what they pay into is a plain balance, or a counter. */
import { CounterMap, StorageMap, require } from "cinnabar/sdk";

@errors
class Failure {
  @error("balance.tooSmall", "the account has less than that")
  static readonly tooSmall: u32 = 1;
  @error("treasury.full", "the treasury takes no more")
  static readonly full: u32 = 2;
}

@contract("treasury", 1)
export class Treasury {
  balances: StorageMap<u32, u64>;
  received: StorageMap<u32, u64>;
  counted: CounterMap<u32>;

  @init
  init(): void {}

  @call
  @object("from")
  pay(from: u32, treasury: u32, amount: u64): void {
    this.take(from, amount);
    this.received.set(treasury, this.received.get(treasury) + amount);
  }

  @call
  @object("from")
  payCounted(from: u32, treasury: u32, amount: u64): void {
    this.take(from, amount);
    require(this.counted.add(treasury, amount as i64), Failure.full, "the treasury takes no more");
  }

  @view
  sum(treasury: u32): i64 {
    return this.counted.get(treasury);
  }

  private take(from: u32, amount: u64): void {
    const left = this.balances.get(from);
    require(left >= amount, Failure.tooSmall, "the account has less than that");
    this.balances.set(from, left - amount);
  }
}
