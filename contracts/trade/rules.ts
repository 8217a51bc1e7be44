/**
 * Who may do what with a bill, and what becomes of it. Pure: a rule ends the call or changes the bill it was given.
 *
 * Possession is with exactly one address while the bill lives. A surrender moves it to the carrier and remembers who
 * asked, so that a refusal can give it back (DCSA surrender guarantees 1 and 3).
 */
import { Address, require } from "cinnabar/sdk";
import { Failure } from "./errors";
import { Bill, Kind, Status } from "./types";

function checkPossessor(bill: Bill, by: Address): void {
  require(bill.status == Status.issued, Failure.notIssued, "the bill is not in circulation");
  require(bill.possessor == by, Failure.notPossessor, "the caller does not possess the bill");
}

export function transferPossession(bill: Bill, by: Address, to: Address): void {
  checkPossessor(bill, by);
  require(!to.isZero(), Failure.zeroAddress, "the zero address");
  require(to != by, Failure.toSelf, "the caller has the bill");
  require(to != bill.carrier, Failure.toCarrier, "the carrier gets a bill by surrender");
  const isAllowed = bill.kind != Kind.straight || to == bill.consignee;
  require(isAllowed, Failure.notConsignee, "not the consignee of this straight bill");
  bill.possessor = to;
  bill.sequence += 1;
}

export function requestSurrender(bill: Bill, by: Address): void {
  checkPossessor(bill, by);
  bill.status = Status.pendingSurrender;
  bill.requester = by;
  bill.possessor = bill.carrier;
  bill.sequence += 1;
}

export function answerSurrender(bill: Bill, by: Address, accepted: bool): void {
  require(bill.status == Status.pendingSurrender, Failure.notPending, "no surrender waits");
  require(bill.carrier == by, Failure.notCarrier, "the caller is not the carrier");
  bill.status = accepted ? Status.surrendered : Status.issued;
  bill.possessor = accepted ? null : bill.requester;
  bill.requester = null;
  bill.sequence += 1;
}
