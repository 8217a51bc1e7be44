/** The electronic bill of lading: what is kept of it and told about it. */
import { Address, Hash } from "cinnabar/sdk";

/** `Bill.kind`. */
export class Kind {
  /** Not to order: the consignee is fixed. */
  static readonly straight: u8 = 0;
  static readonly toOrder: u8 = 1;
  static readonly bearer: u8 = 2;
}

/** `Bill.status`; the names of DCSA are ISSUED, PENDING_SURRENDER_FOR_DELIVERY and SURRENDERED_FOR_DELIVERY. */
export class Status {
  static readonly issued: u8 = 1;
  static readonly pendingSurrender: u8 = 2;
  static readonly surrendered: u8 = 3;
}

@struct
export class Bill {
  constructor(
    public reference: string,
    public kind: u8,
    public status: u8,
    public carrier: Address,
    public shipper: Address,
    /** Of a straight bill; null otherwise. */
    public consignee: Address | null,
    /** Exactly one while the bill lives; null once it is surrendered. */
    public possessor: Address | null,
    /** Who asked for the surrender that waits, else null. */
    public requester: Address | null,
    public documentHash: Hash,
    /** How often the bill changed; the first state is 1. */
    public sequence: u32,
  ) {}
}

@event
@indexed("reference", "carrier", "shipper")
export class BillIssued {
  constructor(
    public reference: string,
    public kind: u8,
    public carrier: Address,
    public shipper: Address,
    public documentHash: Hash,
  ) {}
}

@event
@indexed("reference", "from", "to")
export class PossessionTransferred {
  constructor(
    public reference: string,
    public from: Address,
    public to: Address,
    public sequence: u32,
  ) {}
}

@event
@indexed("reference", "requester")
export class SurrenderRequested {
  constructor(
    public reference: string,
    public requester: Address,
    public sequence: u32,
  ) {}
}

@event
@indexed("reference")
export class SurrenderAnswered {
  constructor(
    public reference: string,
    public accepted: bool,
    public sequence: u32,
  ) {}
}
