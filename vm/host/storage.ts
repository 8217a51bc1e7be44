/** The contract's own keys and values, as its frame's checkpoint has them. */
import { LIMITS } from "../limits.ts";
import { currentFrame, EMPTY_BYTES, type Frame, gasPerResultByte, type HostState } from "./frame.ts";
import { guestCopy } from "./memory.ts";

const GET_BYTE_GAS = gasPerResultByte("storage_get");
const ABSENT = -1;

export function storageFunctions(host: HostState) {
  return {
    storage_get(key: number, keyLength: number): number {
      const frame = currentFrame(host);
      const value = frame.environment.storageGet(keyAt(frame, key, keyLength));
      if (value === undefined) {
        frame.register = EMPTY_BYTES;
        return ABSENT;
      }
      frame.charge(GET_BYTE_GAS * value.length);
      frame.register = value;
      return value.length;
    },

    storage_has(key: number, keyLength: number): number {
      const frame = currentFrame(host);
      return frame.environment.storageGet(keyAt(frame, key, keyLength)) === undefined ? 0 : 1;
    },

    storage_put(key: number, keyLength: number, value: number, valueLength: number): void {
      const frame = currentFrame(host);
      frame.requireWritable();
      const keyBytes = keyAt(frame, key, keyLength);
      if (valueLength >>> 0 > LIMITS.storageValueBytes) frame.refuse("valueTooLong");
      frame.environment.storagePut(keyBytes, guestCopy(frame, value, valueLength));
    },

    storage_delete(key: number, keyLength: number): number {
      const frame = currentFrame(host);
      frame.requireWritable();
      return frame.environment.storageDelete(keyAt(frame, key, keyLength)) ? 1 : 0;
    },
  };
}

/** A copy of a key, which has at least one byte. */
export function keyAt(frame: Frame, address: number, length: number): Uint8Array {
  const size = length >>> 0;
  if (size === 0) frame.refuse("emptyKey");
  if (size > LIMITS.storageKeyBytes) frame.refuse("keyTooLong");
  return guestCopy(frame, address, size);
}
