/** A receipt in words: what a call returned, or which rule refused it. */
import { abiError, decodeEvent, decodeReturn } from "../../runtime/format/abi-codec.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import type { JsonObject, JsonValue } from "../../runtime/format/canonical-json.ts";
import type { ContractAbi } from "../../runtime/format/contract-abi.ts";
import type { Event } from "../../runtime/format/types.ts";
import { type CallResult, HOST_REFUSALS, OUTCOMES, type OutcomeName, SYSTEM_REVERTS } from "../../vm/outcome.ts";

export interface CalledError {
  /** Revert code, or number of a host refusal. */
  readonly code: number;
  /** As the ABI has it (`BR-CO-10`), else the system's (`abort`, `readOnly`), else the code in figures. */
  readonly name: string;
  /** What the contract said, with the values. */
  readonly message: string;
}

export interface CalledEvent {
  readonly contract: string;
  readonly name: string;
  /** Of the indexed fields, in their order, lower-case hex. */
  readonly topics: readonly string[];
  readonly fields: JsonObject;
}

export interface Called {
  readonly outcome: OutcomeName;
  /** What the method returned, decoded; null when it returns nothing or failed. */
  readonly result: JsonValue;
  /** Null when the outcome is ok. */
  readonly error: CalledError | null;
  readonly gasUsed: number;
  readonly events: readonly CalledEvent[];
}

/** Messages are well-formed UTF-8; a byte order mark in one is a character. */
const MESSAGE_TEXT = new TextDecoder("utf-8", { ignoreBOM: true });

type AbiOf = (contract: string) => ContractAbi | undefined;

const nameIn = (table: Readonly<Record<string, number>>, code: number): string | undefined =>
  Object.keys(table).find((name) => table[name] === code);

function outcomeName({ outcome }: CallResult): OutcomeName {
  return nameIn(OUTCOMES, outcome) as OutcomeName;
}

/** The name of a failed call's code: in the ABI of the contract, or for a failed callee in any of `others`. */
function errorName(result: CallResult, abi: ContractAbi, others: readonly ContractAbi[]): string {
  const { outcome, revertCode } = result;
  if (outcome === OUTCOMES.refusedHostCall) return nameIn(HOST_REFUSALS, revertCode) ?? String(revertCode);
  if (outcome !== OUTCOMES.revert && outcome !== OUTCOMES.calleeFailed) return outcomeName(result);
  const places = outcome === OUTCOMES.calleeFailed ? [...others, abi] : [abi];
  const known = places.map((place) => abiError(place, revertCode)).find((error) => error !== null);
  return known?.name ?? nameIn(SYSTEM_REVERTS, revertCode) ?? String(revertCode);
}

/** The result and events of a call of `method`, decoded by the ABIs of the contracts they came from. */
export function describeCall(
  result: CallResult,
  events: readonly Event[],
  request: { readonly contract: string; readonly method: string },
  contracts: { readonly abiOf: AbiOf; readonly all: readonly ContractAbi[] },
): Called {
  const abi = contracts.abiOf(request.contract)!;
  const isOk = result.outcome === OUTCOMES.ok;
  const others = contracts.all.filter((other) => other !== abi);
  const error = isOk
    ? null
    : {
        code: result.revertCode,
        name: errorName(result, abi, others),
        message: MESSAGE_TEXT.decode(result.output),
      };
  return {
    outcome: outcomeName(result),
    result: isOk ? decodeReturn(abi, request.method, result.output) : null,
    error,
    gasUsed: result.gasUsed,
    events: events.map((event) => ({
      contract: event.contract,
      name: event.name,
      topics: event.topics.map(bytesToHex),
      fields: decodeEvent(contracts.abiOf(event.contract)!, event.name, event.data),
    })),
  };
}
