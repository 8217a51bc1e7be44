/** The contracts that the node itself is, by name. */
import { SYSTEM_CONTRACTS } from "../format/names.ts";
import { chainContract } from "./chain-contract.ts";
import { lifecycleContract } from "./lifecycle-contract.ts";
import type { NativeContract } from "./native.ts";

export const NATIVE_CONTRACTS: ReadonlyMap<string, NativeContract> = new Map([
  [SYSTEM_CONTRACTS.chain, chainContract],
  [SYSTEM_CONTRACTS.lifecycle, lifecycleContract],
]);
