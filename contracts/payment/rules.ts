/** Balances: what a movement does to them. Pure; the total of all balances changes by minting only. */
import { addUnsigned, revert } from "cinnabar/sdk";
import { Failure } from "./errors";
import { Account } from "./types";

/** `amount` is taken from the account. */
export function debit(account: Account, amount: u64): void {
  if (amount == 0) revert(Failure.zeroAmount, "the amount is zero");
  if (account.balance < amount) revert(Failure.insufficient, `${account.balance} is less than ${amount}`);
  account.balance -= amount;
}

/** `amount` is added to the account. */
export function credit(account: Account, amount: u64): void {
  if (amount == 0) revert(Failure.zeroAmount, "the amount is zero");
  account.balance = addUnsigned(account.balance, amount);
}
