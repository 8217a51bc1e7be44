/** Electronic bills of lading: one possessor at any time, from issue to surrender. README.md has the states. */
import { Address, caller, emit, Hash, require, revert, StorageMap } from "cinnabar/sdk";
import { Failure } from "./errors";
import { answerSurrender, requestSurrender, transferPossession } from "./rules";
import { Bill, BillIssued, Kind, PossessionTransferred, Status, SurrenderAnswered, SurrenderRequested } from "./types";

/** As long as `transportDocumentReference` of DCSA. */
const REFERENCE_LENGTH_MAX = 20;

@contract("trade", 1)
export class Trade {
  bills: StorageMap<string, Bill>;

  /** The caller is the carrier; the shipper possesses the new bill. */
  @call
  @object("reference")
  issue(reference: string, kind: u8, shipper: Address, consignee: Address | null, documentHash: Hash): void {
    const length = reference.length;
    require(length > 0 && length <= REFERENCE_LENGTH_MAX, Failure.badReference, "a reference has 1 to 20 characters");
    require(kind <= Kind.bearer, Failure.badKind, "kind is 0, 1 or 2");
    require(kind != Kind.straight || consignee !== null, Failure.noConsignee, "a straight bill names its consignee");
    require(!shipper.isZero(), Failure.zeroAddress, "the shipper is the zero address");
    require(!documentHash.isZero(), Failure.noDocument, "the document hash is zero");
    if (this.bills.has(reference)) revert(Failure.exists, `bill ${reference} exists`);
    const carrier = caller();
    require(shipper != carrier, Failure.toCarrier, "the carrier does not ship to itself");
    const fixed = kind == Kind.straight ? consignee : null;
    this.bills.set(
      reference,
      new Bill(reference, kind, Status.issued, carrier, shipper, fixed, shipper, null, documentHash, 1),
    );
    emit(new BillIssued(reference, kind, carrier, shipper, documentHash));
  }

  @call
  @object("reference")
  transfer(reference: string, to: Address): void {
    const bill = this.existing(reference);
    const from = caller();
    transferPossession(bill, from, to);
    this.bills.set(reference, bill);
    emit(new PossessionTransferred(reference, from, to, bill.sequence));
  }

  /** The possessor gives the bill back to the carrier, who answers. */
  @call
  @object("reference")
  surrender(reference: string): void {
    const bill = this.existing(reference);
    const requester = caller();
    requestSurrender(bill, requester);
    this.bills.set(reference, bill);
    emit(new SurrenderRequested(reference, requester, bill.sequence));
  }

  /** The carrier delivers the goods: the end of the bill. */
  @call
  @object("reference")
  acceptSurrender(reference: string): void {
    this.answer(reference, true);
  }

  /** The carrier refuses; possession returns to who asked. */
  @call
  @object("reference")
  rejectSurrender(reference: string): void {
    this.answer(reference, false);
  }

  /** 0 unknown, 1 issued, 2 pending surrender, 3 surrendered. */
  @view
  status(reference: string): u8 {
    const bill = this.bills.find(reference);
    return bill === null ? 0 : bill.status;
  }

  @view
  get(reference: string): Bill | null {
    return this.bills.find(reference);
  }

  /** Who possesses the bill; null once it is surrendered. */
  @view
  possessor(reference: string): Address | null {
    return this.existing(reference).possessor;
  }

  private existing(reference: string): Bill {
    const bill = this.bills.find(reference);
    if (bill === null) revert(Failure.unknownBill, `there is no bill ${reference}`);
    return bill!;
  }

  private answer(reference: string, accepted: bool): void {
    const bill = this.existing(reference);
    answerSurrender(bill, caller(), accepted);
    this.bills.set(reference, bill);
    emit(new SurrenderAnswered(reference, accepted, bill.sequence));
  }
}
