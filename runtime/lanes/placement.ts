/**
 * The lane of a transaction: a number from 0 to 95 that hangs on its contract and on the object it is about, so that the
 * transactions of one object meet in one lane. It says where work is done and never what comes out.
 */

import type { ContractAbi } from "../format/contract-abi.ts";
import type { Transaction } from "../format/types.ts";
import { type ObjectFinder, objectFinder } from "./object-bytes.ts";

/** The cores of the acceleration chip. */
export const LANE_COUNT = 96;

const FNV_OFFSET = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/**
 * Returns the lane. @param object the bytes of the arguments that name the object; of the sender's key where the method
 * names none
 */
export function laneOf(contract: string, object: Uint8Array): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < contract.length; i += 1) hash = Math.imul(hash ^ contract.charCodeAt(i), FNV_PRIME);
  for (let i = 0; i < object.length; i += 1) hash = Math.imul(hash ^ object[i]!, FNV_PRIME);
  // The low bits of FNV-1a are its weakest: they are mixed with the high ones before the remainder is taken.
  hash ^= hash >>> 15;
  return (Math.imul(hash, 0x2c1b_3c6d) >>> 0) % LANE_COUNT;
}

/** Methods whose finders are kept; beyond it the memory begins anew. */
const FINDERS_MAX = 4096;

/** Places transactions by what the ABIs of their contracts say. */
export class Placement {
  readonly #abiOf: (contract: string) => ContractAbi | undefined;
  /** By contract, then by method. An upgrade may leave a finder of the code before it: a lane is no result. */
  readonly #finders = new Map<string, Map<string, ObjectFinder | undefined>>();
  #count = 0;

  constructor(abiOf: (contract: string) => ContractAbi | undefined) {
    this.#abiOf = abiOf;
  }

  laneOf({ contract, method, args, publicKey }: Transaction): number {
    return laneOf(contract, this.#finder(contract, method)?.(args) ?? publicKey);
  }

  #finder(contract: string, method: string): ObjectFinder | undefined {
    const methods = this.#finders.get(contract);
    if (methods?.has(method) === true) return methods.get(method);
    if (this.#count >= FINDERS_MAX) {
      this.#finders.clear();
      this.#count = 0;
    }
    const abi = this.#abiOf(contract);
    if (abi === undefined) return undefined;
    const finder = objectFinder(abi, method);
    const known = methods ?? new Map<string, ObjectFinder | undefined>();
    known.set(method, finder);
    this.#finders.set(contract, known);
    this.#count += 1;
    return finder;
  }
}
