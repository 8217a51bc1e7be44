/** What the trade contract refuses, by code. */
@errors
export class Failure {
  @error("reference.invalid", "A transport document reference has 1 to 20 characters.")
  static readonly badReference: u32 = 3000;

  @error("kind.unknown", "A bill is straight (0), to order (1) or to bearer (2).")
  static readonly badKind: u32 = 3001;

  @error("consignee.missing", "A straight bill names its consignee.")
  static readonly noConsignee: u32 = 3002;

  @error("address.zero", "The zero address is nobody's.")
  static readonly zeroAddress: u32 = 3003;

  @error("documentHash.zero", "A bill is bound to a document.")
  static readonly noDocument: u32 = 3004;

  @error("bill.exists", "There is a bill with this reference.")
  static readonly exists: u32 = 3010;

  @error("bill.unknown", "There is no bill with this reference.")
  static readonly unknownBill: u32 = 3011;

  @error("bill.notIssued", "The bill is being surrendered, or is surrendered.")
  static readonly notIssued: u32 = 3012;

  @error("bill.notPending", "No surrender of this bill waits for an answer.")
  static readonly notPending: u32 = 3013;

  @error("possessor.only", "Only the possessor of a bill acts on it.")
  static readonly notPossessor: u32 = 3020;

  @error("carrier.only", "Only the carrier answers a surrender.")
  static readonly notCarrier: u32 = 3021;

  @error("transfer.toSelf", "The possessor has the bill already.")
  static readonly toSelf: u32 = 3030;

  @error("transfer.toCarrier", "A bill goes back to its carrier by surrender.")
  static readonly toCarrier: u32 = 3031;

  @error("transfer.notConsignee", "A straight bill goes to its consignee only.")
  static readonly notConsignee: u32 = 3032;
}
