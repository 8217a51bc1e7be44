/** Balances by number of the account, and a transfer between two of them. */
import { StorageMap, require } from "cinnabar/sdk";

@errors
class Failure {
  @error("balance.tooSmall", "the account has less than that")
  static readonly tooSmall: u32 = 1;
}

@contract("transfer", 1)
export class Transfer {
  balances: StorageMap<u32, u64>;

  @init
  init(from: u32, to: u32, balance: u64): void {
    this.balances.set(from, balance);
    this.balances.set(to, balance);
  }

  /** The accounts from `first` on have the balance. */
  @call
  fill(first: u32, count: u32, balance: u64): void {
    for (let account = first; account < first + count; account++) this.balances.set(account, balance);
  }

  @call
  @object("from")
  transfer(from: u32, to: u32, amount: u64): void {
    const left = this.balances.get(from);
    require(left >= amount, Failure.tooSmall, "the account has less than that");
    this.balances.set(from, left - amount);
    this.balances.set(to, this.balances.get(to) + amount);
  }

  @view
  balance(account: u32): u64 {
    return this.balances.get(account);
  }
}
