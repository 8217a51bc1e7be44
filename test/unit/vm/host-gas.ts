import { HOST_FUNCTIONS } from "../../../vm/abi.ts";

/**
 * What the ABI table charges for a call of a host function, for so many bytes of each length it names and of its result;
 * items of a list by algorithm are not in it.
 */
export function hostGas(name: string, bytes: Readonly<Record<string, number>> = {}, resultBytes = 0): number {
  const { cost } = HOST_FUNCTIONS.find((row) => row.name === name)!;
  const lengths = Object.entries(bytes).map(([parameter, count]) => (cost.perByte?.[parameter] ?? 0) * count);
  return lengths.reduce((sum, gas) => sum + gas, cost.base + (cost.perResultByte ?? 0) * resultBytes);
}
