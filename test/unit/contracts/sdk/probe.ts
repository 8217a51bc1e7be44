/** The probe contract (fixtures/probe) on a test chain: compiled once for a test file. */
import { join } from "node:path";
import { compileContract } from "../../../../contracts/compiler/compile.ts";
import { packageRoot } from "../../../../contracts/compiler/package-root.ts";
import { createTestChain, type TestChain } from "../../../../contracts/testing/test-chain.ts";
import type { ContractAbi } from "../../../../runtime/format/contract-abi.ts";

export interface Probe {
  readonly chain: TestChain;
  readonly abi: ContractAbi;
}

/** A chain with the probe under `probe` and under `other`. */
export async function deployProbe(): Promise<Probe> {
  const entry = join(packageRoot(), "test", "unit", "contracts", "fixtures", "probe", "index.ts");
  const module = await compileContract({ entry });
  const chain = createTestChain();
  chain.deploy(module);
  chain.deploy(module, { name: "other" });
  return { chain, abi: module.abi };
}
