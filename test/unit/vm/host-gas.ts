import { HOST_FUNCTIONS } from "../../../vm/abi.ts";

/**
 * What the ABI table charges for a call of a host function, for so many bytes of each length it names, and so many bytes and
 * entries that it finds.
 */
export function hostGas(
  name: string,
  bytes: Readonly<Record<string, number>> = {},
  resultBytes = 0,
  resultEntries = 0,
): number {
  const { cost } = HOST_FUNCTIONS.find((row) => row.name === name)!;
  const lengths = Object.entries(bytes).map(([parameter, count]) => (cost.perByte?.[parameter] ?? 0) * count);
  const found = (cost.perResultByte ?? 0) * resultBytes + (cost.perResultEntry ?? 0) * resultEntries;
  return lengths.reduce((sum, gas) => sum + gas, cost.base + found);
}
