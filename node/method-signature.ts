/** How a method is called, for whoever called it otherwise. */
import type { AbiMethod, ContractAbi } from "../runtime/format/contract-abi.ts";
import { Rejected } from "../vm/errors.ts";

/** `put(key: u64, value: u64)` */
export function signatureOf(method: AbiMethod): string {
  return `${method.name}(${method.params.map(({ name, type }) => `${name}: ${type}`).join(", ")})`;
}

/** Names of the methods that can be called. */
export function callableMethods(abi: ContractAbi): string {
  return abi.methods
    .filter(({ kind }) => kind !== "init")
    .map(({ name }) => name)
    .join(", ");
}

/** The refusal of a call by the ABI, with what the ABI would take. */
export function withSignature(rejected: Rejected, abi: ContractAbi, name: string): Rejected {
  const method = abi.methods.find((candidate) => candidate.name === name);
  if (method !== undefined) {
    return new Rejected(rejected.code, rejected.message, { hint: signatureOf(method), ...rejected.details });
  }
  const message = `${abi.contract} has no method ${name}`;
  return new Rejected(rejected.code, message, { value: name, limit: callableMethods(abi) });
}
