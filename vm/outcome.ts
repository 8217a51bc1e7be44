/**
 * How a call ended: the closed list that goes into receipts. Numbers are consensus and are never reused.
 *
 * Nothing else about an ending is observable: no engine text, no stack trace, no exception message.
 */
export const OUTCOMES = {
  ok: 0,
  revert: 1,
  outOfGas: 2,
  stack: 3,
  trap: 4,
  refusedHostCall: 5,
  calleeFailed: 6,
} as const;

export type OutcomeName = keyof typeof OUTCOMES;
export type OutcomeCode = (typeof OUTCOMES)[OutcomeName];

/** Longest message a contract can leave in a receipt, bytes of UTF-8. */
export const REVERT_MESSAGE_BYTES_MAX = 1024;

/** Revert codes from here up are the system's; a contract's own `revert` may use 0 .. RESERVED - 1. */
export const REVERT_CODE_RESERVED = 0xffff_0000;
export const SYSTEM_REVERTS = {
  /** `abort` of the AssemblyScript runtime: an assertion, an index out of range, `throw`. */
  abort: 0xffff_0001,
  /** The arguments do not decode. */
  badArguments: 0xffff_0002,
  unknownContract: 0xffff_0003,
  unknownMethod: 0xffff_0004,
  /** A native contract refused (its message names the cause). */
  refused: 0xffff_0005,
} as const;

/** Refused host calls (outcome 5): the number is `revertCode` of the result. */
export const HOST_REFUSALS = {
  readOnly: 1,
  keyTooLong: 2,
  valueTooLong: 3,
  outsideMemory: 4,
  callDepth: 5,
  reentrancy: 6,
  eventTooLong: 7,
  outputTooLong: 8,
  badName: 9,
  eventsTooMany: 10,
  badAlgorithm: 11,
  emptyKey: 12,
  /** A list of signatures, keys or messages longer than its bound. */
  tooManyItems: 13,
  /** A list of signatures, keys or messages that ends inside an item, or has another count than it should. */
  badList: 14,
  badPage: 20,
  notACounter: 21,
  badTopics: 22,
} as const;

/**
 * The result of one call.
 * `output`: return bytes when ok; the contract's message (UTF-8, at most 1 KiB) on revert; empty otherwise.
 * `revertCode`: the contract's code on revert; a HOST_REFUSALS number on refusedHostCall; on calleeFailed that of the
 * innermost failed callee, whose message is then `output`; 0 otherwise.
 * `gasUsed`: safe integer, at most the limit; trap, out of gas, stack and refused host call use the whole limit.
 */
export interface CallResult {
  readonly outcome: OutcomeCode;
  readonly revertCode: number;
  readonly output: Uint8Array;
  readonly gasUsed: number;
}
