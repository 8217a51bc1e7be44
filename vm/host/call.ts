/**
 * Calls of other contracts. The callee runs in a frame and checkpoint of its own, behind the environment; what it
 * used of its gas is charged here, whether or not it succeeded. A caller always keeps a share back, so that it can
 * act on a failure.
 */
import { NodeError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { type CallResult, HOST_REFUSALS, OUTCOMES } from "../outcome.ts";
import { currentFrame, type Frame, type HostState } from "./frame.ts";
import { guestCopy } from "./memory.ts";
import { contractNameRule, methodNameRule, NameReader } from "./text.ts";

/** Outcome (u8) and revert code (u32, little-endian) in front of the output. */
const OUTCOME_BYTES = 5;

export function callFunctions(host: HostState) {
  const contractNames = new NameReader(contractNameRule(LIMITS.contractNameBytes));
  const methodNames = new NameReader(methodNameRule(LIMITS.methodNameBytes));
  return {
    call(
      contract: number,
      contractLength: number,
      method: number,
      methodLength: number,
      args: number,
      argsLength: number,
      gasLimit: bigint,
    ): number {
      const frame = currentFrame(host);
      const name = contractNames.read(frame, contract, contractLength);
      const methodName = methodNames.read(frame, method, methodLength);
      const result = callOut(frame, name, methodName, guestCopy(frame, args, argsLength), gasLimit);
      if (result.outcome !== OUTCOMES.ok) frame.end(OUTCOMES.calleeFailed, result.revertCode, result.output);
      frame.register = result.output;
      return result.output.length;
    },

    try_call(
      contract: number,
      contractLength: number,
      method: number,
      methodLength: number,
      args: number,
      argsLength: number,
      gasLimit: bigint,
    ): number {
      const frame = currentFrame(host);
      const name = contractNames.read(frame, contract, contractLength);
      const methodName = methodNames.read(frame, method, methodLength);
      const result = callOut(frame, name, methodName, guestCopy(frame, args, argsLength), gasLimit);
      frame.register = withOutcome(result);
      return frame.register.length;
    },
  };
}

/** Runs the callee and charges what it used. A refusal of the runtime (depth, re-entry) ends this frame. */
function callOut(frame: Frame, contract: string, method: string, args: Uint8Array, gasLimit: bigint): CallResult {
  const granted = calleeGas(frame.guest.gasLeft(), gasLimit);
  const result = frame.environment.call({ contract, method, args, gasLimit: granted });
  if (!Number.isSafeInteger(result.gasUsed) || result.gasUsed < 0 || result.gasUsed > granted) {
    throw new NodeError("host.calleeGas", "a callee used gas it did not have");
  }
  frame.charge(result.gasUsed);
  // A frame that ran always used gas, so a refusal that cost nothing is the runtime's: there was no frame.
  if (result.outcome === OUTCOMES.refusedHostCall && result.gasUsed === 0) refuseLike(frame, result.revertCode);
  return result;
}

function refuseLike(frame: Frame, refusal: number): void {
  if (refusal === HOST_REFUSALS.callDepth) frame.refuse("callDepth");
  if (refusal === HOST_REFUSALS.reentrancy) frame.refuse("reentrancy");
}

/** min(limit, left - floor(left / 64)); `limit` is an unsigned i64 that arrives signed. */
function calleeGas(left: number, limit: bigint): number {
  const most = left - Math.floor(left / LIMITS.callGasDivisor);
  const wanted = BigInt.asUintN(64, limit);
  return wanted < BigInt(most) ? Number(wanted) : most;
}

function withOutcome(result: CallResult): Uint8Array {
  const bytes = new Uint8Array(OUTCOME_BYTES + result.output.length);
  bytes[0] = result.outcome;
  new DataView(bytes.buffer).setUint32(1, result.revertCode, true);
  bytes.set(result.output, OUTCOME_BYTES);
  return bytes;
}
