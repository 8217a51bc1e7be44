/** A line for whoever writes the contract. It reaches a log and nothing else: no receipt, no state, no other contract. */
import { LIMITS } from "../limits.ts";
import { currentFrame, type HostState } from "./frame.ts";
import { guestView } from "./memory.ts";
import { wellFormedUtf8 } from "./text.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export function debugFunctions(host: HostState) {
  return {
    debug_log(source: number, length: number): void {
      const frame = currentFrame(host);
      const text = wellFormedUtf8(guestView(frame, source, length), LIMITS.debugLogBytes);
      host.debugLog?.(frame.environment.context.selfContract, utf8.decode(text));
    },
  };
}
