/** The vm room for outsiders. Inside the project, import the file itself. */
export { type Admission, type AdmissionOptions, admit, type ModuleFacts, type Reason } from "./admission/admit.ts";
export { NodeError, Rejected } from "./errors.ts";
export {
  createMachine,
  type LoadedContract,
  type LoadResult,
  type Machine,
  type MachineOptions,
} from "./execute/machine.ts";
export { type PreparedContract, prepareContract } from "./execute/prepare.ts";
export { Trace, type TracedArgument, type TracedFrame, type TracedHostCall, tracedMachine } from "./execute/trace.ts";
export { traceText } from "./execute/trace-text.ts";
export { type GasSchedule, SCHEDULE_1, scheduleHash, scheduleText } from "./gas/schedule.ts";
export type {
  CallContext,
  CallRequest,
  CounterAnswer,
  CounterChange,
  HostEnvironment,
  StorageEntry,
  StorageScan,
} from "./host/environment.ts";
export type { DebugLog } from "./host/frame.ts";
export { INSTRUMENTER_VERSION, type InstrumentOptions, instrument } from "./instrument/instrument.ts";
export { LIMITS } from "./limits.ts";
export {
  type CallResult,
  HOST_REFUSALS,
  OUTCOMES,
  type OutcomeCode,
  type OutcomeName,
  SYSTEM_REVERTS,
} from "./outcome.ts";
