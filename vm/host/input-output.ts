/** Arguments in, return bytes out, the result register, and the two ways in which a contract gives up. */
import { LIMITS } from "../limits.ts";
import { OUTCOMES, REVERT_CODE_RESERVED, SYSTEM_REVERTS } from "../outcome.ts";
import { currentFrame, EMPTY_BYTES, type Frame, gasPerResultByte, type HostState } from "./frame.ts";
import { guestCopy, guestView, writeGuest } from "./memory.ts";
import { utf8OfUtf16, wellFormedUtf8 } from "./text.ts";

const INPUT_BYTE_GAS = gasPerResultByte("input_read");
const RESULT_BYTE_GAS = gasPerResultByte("result_read");

export function inputOutputFunctions(host: HostState) {
  return {
    input_size(): number {
      return currentFrame(host).input.length;
    },

    input_read(target: number): void {
      const frame = currentFrame(host);
      frame.charge(INPUT_BYTE_GAS * frame.input.length);
      writeGuest(frame, target, frame.input);
    },

    output_write(source: number, length: number): void {
      const frame = currentFrame(host);
      if (length >>> 0 > LIMITS.outputBytes) frame.refuse("outputTooLong");
      frame.output = guestCopy(frame, source, length);
    },

    result_read(target: number): void {
      const frame = currentFrame(host);
      frame.charge(RESULT_BYTE_GAS * frame.register.length);
      writeGuest(frame, target, frame.register);
    },

    revert(code: number, message: number, length: number): void {
      const frame = currentFrame(host);
      const text = wellFormedUtf8(guestView(frame, message, length), LIMITS.revertMessageBytes);
      frame.end(OUTCOMES.revert, revertCode(code >>> 0), text);
    },

    abort(message: number, _fileName: number, _line: number, _column: number): void {
      const frame = currentFrame(host);
      frame.end(OUTCOMES.revert, SYSTEM_REVERTS.abort, abortText(frame, message >>> 0));
    },
  };
}

/** A contract's own code stands; of the system's it may only say that its arguments do not decode. */
function revertCode(code: number): number {
  const isItsOwn = code < REVERT_CODE_RESERVED || code === SYSTEM_REVERTS.badArguments;
  return isItsOwn ? code : SYSTEM_REVERTS.abort;
}

const LENGTH_BYTES = 4;

/**
 * The message of an AssemblyScript string: UTF-16 at the address, its length in bytes in front of it. Address 0 is
 * null.
 */
function abortText(frame: Frame, message: number): Uint8Array {
  if (message === 0) return EMPTY_BYTES;
  if (message < LENGTH_BYTES) frame.refuse("outsideMemory");
  const header = guestView(frame, message - LENGTH_BYTES, LENGTH_BYTES);
  const length = (header[0]! | (header[1]! << 8) | (header[2]! << 16) | (header[3]! << 24)) >>> 0;
  const text = guestView(frame, message, length);
  // A unit of UTF-16 becomes at least one byte, so that one unit more than the bytes there is room for decides all.
  return utf8OfUtf16(text.subarray(0, 2 * (LIMITS.revertMessageBytes + 1)), LIMITS.revertMessageBytes);
}
