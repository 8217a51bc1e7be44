/**
 * The chain's values as the API shows them. What a contract's ABI can name is named: results, events, errors,
 * arguments; the bytes stand beside it, because an ABI is the contract's own word about itself.
 */
import type { Algorithm } from "../../accel/device.ts";
import { decodeArguments, decodeEvent, decodeReturn } from "../../runtime/format/abi-codec.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import type { JsonValue } from "../../runtime/format/canonical-json.ts";
import type { ContractAbi } from "../../runtime/format/contract-abi.ts";
import { algorithmName } from "../../runtime/format/key.ts";
import type { Event, Header, Receipt, Transaction } from "../../runtime/format/types.ts";
import { Rejected } from "../../vm/errors.ts";
import {
  HOST_REFUSALS,
  OUTCOMES,
  type OutcomeCode,
  type OutcomeName,
  REVERT_CODE_RESERVED,
  SYSTEM_REVERTS,
} from "../../vm/outcome.ts";
import type { ReceiptView } from "./schemas.ts";

/** Finds a contract's ABI; undefined when there is none. */
export type AbiSource = (contract: string) => ContractAbi | undefined;

/** A call that ended: a receipt is one, and so is the answer to a query. */
export interface EndedCall {
  readonly outcome: OutcomeCode;
  readonly revertCode: number;
  readonly output: Uint8Array;
  readonly gasUsed: number;
}

export interface CallTarget {
  readonly contract: string;
  readonly method: string;
}

export interface EndedCallView {
  readonly outcome: OutcomeName;
  readonly error: ReceiptView["error"];
  readonly message: string | null;
  readonly output: string;
  readonly result: JsonValue;
  readonly gasUsed: number;
}

/** @param target  what was called; undefined when it is not known any more, then nothing is decoded by it */
export function renderReceipt(receipt: Receipt, target: CallTarget | undefined, abis: AbiSource): ReceiptView {
  return {
    transactionId: bytesToHex(receipt.transactionId),
    ...renderEndedCall(receipt, target, abis),
    events: receipt.events.map((event) => renderEvent(event, abis(event.contract))),
  };
}

export function renderEndedCall(call: EndedCall, target: CallTarget | undefined, abis: AbiSource): EndedCallView {
  const abi = target === undefined ? undefined : abis(target.contract);
  const isOk = call.outcome === OUTCOMES.ok;
  return {
    outcome: nameOf(OUTCOMES, call.outcome) ?? "trap",
    error: errorOf(call, abi),
    message: isOk || call.output.length === 0 ? null : textOf(call.output),
    output: bytesToHex(isOk ? call.output : new Uint8Array()),
    result: isOk ? decoded(() => decodeReturn(required(abi), target?.method ?? "", call.output)) : null,
    gasUsed: call.gasUsed,
  };
}

/** The cause as people know it: the contract's own name for its code, or ours for one of ours. */
function errorOf(call: EndedCall, abi: ContractAbi | undefined): ReceiptView["error"] {
  const code = call.revertCode;
  if (call.outcome === OUTCOMES.refusedHostCall) return systemError(code, "host", nameOf(HOST_REFUSALS, code));
  if (call.outcome !== OUTCOMES.revert && call.outcome !== OUTCOMES.calleeFailed) return null;
  if (code >= REVERT_CODE_RESERVED) return systemError(code, "system", nameOf(SYSTEM_REVERTS, code));
  // The code of a failed callee is the callee's, and the receipt does not say which contract that was.
  if (call.outcome === OUTCOMES.calleeFailed) return { code, name: null, text: null };
  const known = abi?.errors.find((error) => error.code === code);
  return { code, name: known?.name ?? null, text: known?.text ?? null };
}

function systemError(code: number, family: string, name: string | undefined) {
  return { code, name: name === undefined ? null : `${family}.${name}`, text: null };
}

function renderEvent(event: Event, abi: ContractAbi | undefined): ReceiptView["events"][number] {
  return {
    contract: event.contract,
    name: event.name,
    topics: event.topics.map(bytesToHex),
    data: bytesToHex(event.data),
    fields: decoded(() => decodeEvent(required(abi), event.name, event.data)),
  };
}

/** The arguments by name; null when the contract's ABI does not know them. */
export function renderArguments(transaction: Transaction, abis: AbiSource): JsonValue {
  const { contract, method, args } = transaction;
  return decoded(() => decodeArguments(required(abis(contract)), method, args));
}

export function renderTransactionFields(transaction: Transaction) {
  return {
    chainId: transaction.chainId,
    ...renderKey(transaction),
    contract: transaction.contract,
    method: transaction.method,
    argsBytes: bytesToHex(transaction.args),
    gasLimit: transaction.gasLimit,
    expiryHeight: transaction.expiryHeight,
    salt: bytesToHex(transaction.salt),
    signature: bytesToHex(transaction.signature),
  };
}

export function renderHeader(header: Header) {
  return {
    ...header,
    previousHash: bytesToHex(header.previousHash),
    transactionsRoot: bytesToHex(header.transactionsRoot),
    receiptsRoot: bytesToHex(header.receiptsRoot),
    stateRoot: bytesToHex(header.stateRoot),
    scheduleHash: bytesToHex(header.scheduleHash),
  };
}

export function renderKey(key: { readonly algorithm: Algorithm; readonly publicKey: Uint8Array }) {
  return { algorithm: algorithmName(key.algorithm), publicKey: bytesToHex(key.publicKey) };
}

function nameOf<T extends string>(table: Readonly<Record<T, number>>, code: number): T | undefined {
  return (Object.keys(table) as T[]).find((name) => table[name] === code);
}

/** UTF-8 with U+FFFD where the bytes are none: a message is the contract's and may be anything. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function required(abi: ContractAbi | undefined): ContractAbi {
  if (abi === undefined) throw new Rejected("abi.unknownContract", "There is no ABI to decode by.");
  return abi;
}

/** The value, or null when the bytes are not what the ABI says. */
function decoded(decode: () => JsonValue): JsonValue {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Rejected) return null;
    throw error;
  }
}
