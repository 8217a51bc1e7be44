/** The test kit for outsiders; inside the project the files are imported themselves. */

export { Trace, type TracedArgument, type TracedFrame, type TracedHostCall } from "../../vm/execute/trace.ts";
export { traceText } from "../../vm/execute/trace-text.ts";
export { compileContract } from "../compiler/compile.ts";
export { builtContract, type ContractModule, contractModule } from "./built-contract.ts";
export type { Called, CalledError, CalledEvent } from "./called.ts";
export { GasTable } from "./gas-table.ts";
export {
  type CallOptions,
  createTestChain,
  type DebugLine,
  type DeployOptions,
  type Snapshot,
  TestChain,
} from "./test-chain.ts";
