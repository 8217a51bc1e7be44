/** What the ledger keeps and tells. Amounts are minor units of the ledger's currency. */
import { Address } from "cinnabar/sdk";

@struct
export class Account {
  constructor(
    public owner: Address,
    public balance: u64,
  ) {}
}

@struct
export class Ledger {
  constructor(
    public currency: string,
    /** Who mints. */
    public issuer: Address,
    /** The contract that holds the invoices this ledger pays. */
    public invoiceContract: string,
  ) {}
}

@event
@indexed("id")
export class AccountOpened {
  constructor(
    public id: string,
    public owner: Address,
  ) {}
}

@event
@indexed("to")
export class Minted {
  constructor(
    public to: string,
    public amount: u64,
    public total: u64,
  ) {}
}

@event
@indexed("from", "to")
export class Transferred {
  constructor(
    public from: string,
    public to: string,
    public amount: u64,
    public reference: string,
  ) {}
}

@event
@indexed("from", "to", "seller", "number")
export class PaidInvoice {
  constructor(
    public from: string,
    public to: string,
    public seller: string,
    public number: string,
    public amount: u64,
  ) {}
}
