/**
 * Every reason for which ingest refuses a transaction. A refused transaction was never executed: it has no receipt and
 * no effect, and only its sender hears of it. The code is `ingest.` and the key of the table; codes are added, never
 * changed.
 */
import { Rejected, type RejectedDetails } from "../../vm/errors.ts";

export const INGEST_REJECTIONS = {
  undecodable: "The bytes are not a transaction in canonical form.",
  tooLarge: "The transaction is longer than the chain allows.",
  wrongChain: "The transaction is for another chain.",
  gasTooHigh: "The gas limit is above the chain's limit for one transaction.",
  gasTooLow: "The gas limit is zero.",
  expired: "The transaction's expiry height has passed.",
  expiryTooFar: "The transaction's expiry height is too far ahead.",
  duplicate: "The transaction is already waiting or in the chain.",
  unknownContract: "There is no contract of this name.",
  unknownMethod: "The contract has no such method that a transaction may call.",
  badArguments: "The arguments do not decode by the contract's ABI.",
  badSignature: "The signature is not one of the sender's key over the transaction id.",
  busy: "The node has as many transactions waiting as it may have.",
  stopping: "The node is stopping.",
} as const;

export type IngestRejection = keyof typeof INGEST_REJECTIONS;

/** @param cause  another room's refusal that is the reason for this one; its code and text join the message */
export function rejectTransaction(reason: IngestRejection, details: RejectedDetails = {}, cause?: Rejected): Rejected {
  const because = cause === undefined ? "" : ` ${cause.code}: ${cause.message}`;
  return new Rejected(`ingest.${reason}`, INGEST_REJECTIONS[reason] + because, { ...cause?.details, ...details });
}
