/** What the payment contract refuses, by code. */
@errors
export class Failure {
  @error("contract.initialised", "The contract is initialised already.")
  static readonly initialised: u32 = 2000;

  @error("account.invalid", "An account id has 1 to 64 characters.")
  static readonly badAccount: u32 = 2001;

  @error("text.tooLong", "A reference has at most 140 characters.")
  static readonly longText: u32 = 2002;

  @error("account.unknown", "There is no such account.")
  static readonly unknownAccount: u32 = 2010;

  @error("account.exists", "There is an account with this id.")
  static readonly accountExists: u32 = 2011;

  @error("account.notOwner", "Only the owner of an account moves money out of it.")
  static readonly notOwner: u32 = 2012;

  @error("issuer.only", "Only the ledger's issuer mints.")
  static readonly notIssuer: u32 = 2020;

  @error("amount.zero", "An amount of zero moves nothing.")
  static readonly zeroAmount: u32 = 2030;

  @error("balance.insufficient", "The account holds less than the amount.")
  static readonly insufficient: u32 = 2031;

  @error("account.same", "Payer and payee are the same account.")
  static readonly sameAccount: u32 = 2032;

  @error("invoice.currencyMismatch", "The invoice is not in the currency of this ledger.")
  static readonly currency: u32 = 2040;

  @error("invoice.nothingDue", "Nothing is to be paid on this invoice.")
  static readonly nothingDue: u32 = 2041;

  @error("invoice.payeeNotIssuer", "The payee's account does not belong to the issuer of the invoice.")
  static readonly payeeNotIssuer: u32 = 2042;
}
