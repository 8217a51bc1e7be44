/** Money of one currency in accounts, and the payment of invoices in one step. README.md has the rules. */
import {
  Address,
  addUnsigned,
  call,
  caller,
  Cell,
  emit,
  require,
  requireCurrency,
  revert,
  StorageMap,
  Writer,
} from "cinnabar/sdk";
import { Failure } from "./errors";
import { credit, debit } from "./rules";
import { Account, AccountOpened, Ledger, Minted, PaidInvoice, Transferred } from "./types";

const ACCOUNT_LENGTH_MAX = 64;
/** As long as the unstructured remittance information of ISO 20022 (Max140Text). */
const REFERENCE_LENGTH_MAX = 140;
const DEFAULT_INVOICE_CONTRACT = "invoice";

@contract("payment", 1)
export class Payment {
  ledger: Cell<Ledger>;
  accounts: StorageMap<string, Account>;
  /** Everything minted so far: the sum of all balances. */
  total: Cell<u64>;

  /** @param issuer who mints; null: the deployer. @param invoiceContract empty: "invoice" */
  @init
  init(currency: string, issuer: Address | null, invoiceContract: string): void {
    require(!this.ledger.exists(), Failure.initialised, "init runs once");
    requireCurrency(currency);
    let mint = caller();
    if (issuer !== null) mint = issuer!;
    const invoices = invoiceContract == "" ? DEFAULT_INVOICE_CONTRACT : invoiceContract;
    this.ledger.set(new Ledger(currency, mint, invoices));
    this.total.set(0);
  }

  /** The caller owns a new, empty account. */
  @call
  @object("id")
  openAccount(id: string): void {
    require(id.length > 0 && id.length <= ACCOUNT_LENGTH_MAX, Failure.badAccount, "an id has 1 to 64 characters");
    if (this.accounts.has(id)) revert(Failure.accountExists, `account ${id} exists`);
    const owner = caller();
    this.accounts.set(id, new Account(owner, 0));
    emit(new AccountOpened(id, owner));
  }

  /** New money: only the ledger's issuer makes it. */
  @call
  @object("to")
  mint(to: string, amount: u64): void {
    require(caller() == this.ledger.get().issuer, Failure.notIssuer, "only the issuer mints");
    const account = this.existing(to);
    credit(account, amount);
    // Every balance is at most the total, so the total is the sum that overflows first.
    const total = addUnsigned(this.total.get(), amount);
    this.accounts.set(to, account);
    this.total.set(total);
    emit(new Minted(to, amount, total));
  }

  @call
  @object("from")
  transfer(from: string, to: string, amount: u64, reference: string): void {
    require(reference.length <= REFERENCE_LENGTH_MAX, Failure.longText, "a reference has at most 140 characters");
    this.move(from, to, amount);
    emit(new Transferred(from, to, amount, reference));
  }

  /**
   * The amount due on the invoice moves from the caller's account to one of the invoice's issuer, and the invoice is
   * marked paid: both in this call, or neither.
   */
  @call
  @object("from")
  payInvoice(from: string, to: string, seller: string, number: string): u64 {
    const ledger = this.ledger.get();
    const due = call(ledger.invoiceContract, "due", new Writer().string(seller).string(number));
    const currency = due.string();
    const amount = due.take<u64>();
    const payee = due.take<Address>();
    due.finish();
    require(currency == ledger.currency, Failure.currency, `the invoice is in ${currency}`);
    require(amount > 0, Failure.nothingDue, "nothing is due");
    require(this.existing(to).owner == payee, Failure.payeeNotIssuer, `${to} is not the invoice issuer's`);
    this.move(from, to, amount);
    const paid = new Writer().string(seller).string(number).put<u64>(amount).string(currency);
    call(ledger.invoiceContract, "markPaid", paid.put<Address>(payee).string(`${from} to ${to}`)).finish();
    emit(new PaidInvoice(from, to, seller, number, amount));
    return amount;
  }

  @view
  account(id: string): Account | null {
    return this.accounts.find(id);
  }

  @view
  balance(id: string): u64 {
    return this.existing(id).balance;
  }

  /** Everything minted so far. */
  @view
  minted(): u64 {
    return this.total.get();
  }

  private existing(id: string): Account {
    const account = this.accounts.find(id);
    if (account === null) revert(Failure.unknownAccount, `there is no account ${id}`);
    return account!;
  }

  private move(from: string, to: string, amount: u64): void {
    require(from != to, Failure.sameAccount, "payer and payee are the same account");
    const payer = this.existing(from);
    const payee = this.existing(to);
    require(payer.owner == caller(), Failure.notOwner, `account ${from} is not the caller's`);
    debit(payer, amount);
    credit(payee, amount);
    this.accounts.set(from, payer);
    this.accounts.set(to, payee);
  }
}
