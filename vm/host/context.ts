/** What a contract may know of where it runs. */
import { NodeError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { currentFrame, type Frame, type HostState } from "./frame.ts";
import { writeGuest } from "./memory.ts";

export function contextFunctions(host: HostState) {
  return {
    sender(target: number): void {
      const frame = currentFrame(host);
      writeHash(frame, target, frame.environment.context.sender);
    },

    caller(target: number): void {
      const frame = currentFrame(host);
      writeHash(frame, target, frame.environment.context.caller);
    },

    self(target: number): void {
      const frame = currentFrame(host);
      writeHash(frame, target, frame.environment.context.self);
    },

    transaction_id(target: number): void {
      const frame = currentFrame(host);
      writeHash(frame, target, frame.environment.context.transactionId);
    },

    caller_contract(): number {
      const frame = currentFrame(host);
      return intoRegister(frame, frame.environment.context.callerContract);
    },

    chain_id(): number {
      const frame = currentFrame(host);
      return intoRegister(frame, frame.environment.context.chainId);
    },

    block_height(): bigint {
      return BigInt(currentFrame(host).environment.context.height);
    },

    block_time(): bigint {
      return BigInt(currentFrame(host).environment.context.timeSeconds);
    },

    gas_left(): bigint {
      return BigInt(currentFrame(host).guest.gasLeft());
    },
  };
}

function writeHash(frame: Frame, target: number, bytes: Uint8Array): void {
  if (bytes.length !== LIMITS.hashBytes) throw new NodeError("host.context", "a context value is not 32 bytes long");
  writeGuest(frame, target, bytes);
}

const utf8 = new TextEncoder();

function intoRegister(frame: Frame, text: string): number {
  frame.register = utf8.encode(text);
  return frame.register.length;
}
