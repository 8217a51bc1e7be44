/** The contract's own keys and values, as its frame's checkpoint has them. */
import { LIMITS } from "../limits.ts";
import { currentFrame, EMPTY_BYTES, type Frame, gasPerResultByte, type HostState } from "./frame.ts";
import { guestCopy, readGuestInto } from "./memory.ts";

const GET_BYTE_GAS = gasPerResultByte("storage_get");
const ABSENT = -1;

export function storageFunctions(host: HostState) {
  const lentKeyAt = createKeyReader();
  return {
    storage_get(key: number, keyLength: number): number {
      const frame = currentFrame(host);
      const value = frame.environment.storageGet(lentKeyAt(frame, key, keyLength));
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
      return frame.environment.storageGet(lentKeyAt(frame, key, keyLength)) === undefined ? 0 : 1;
    },

    storage_put(key: number, keyLength: number, value: number, valueLength: number): void {
      const frame = currentFrame(host);
      frame.requireWritable();
      const keyBytes = lentKeyAt(frame, key, keyLength);
      if (valueLength >>> 0 > LIMITS.storageValueBytes) frame.refuse("valueTooLong");
      frame.environment.storagePut(keyBytes, guestCopy(frame, value, valueLength));
    },

    storage_delete(key: number, keyLength: number): number {
      const frame = currentFrame(host);
      frame.requireWritable();
      return frame.environment.storageDelete(lentKeyAt(frame, key, keyLength)) ? 1 : 0;
    },
  };
}

function keySize(frame: Frame, length: number): number {
  const size = length >>> 0;
  if (size === 0) frame.refuse("emptyKey");
  if (size > LIMITS.storageKeyBytes) frame.refuse("keyTooLong");
  return size;
}

/** A copy of a key, which has at least one byte. */
export function keyAt(frame: Frame, address: number, length: number): Uint8Array {
  return guestCopy(frame, address, keySize(frame, length));
}

/**
 * Reads keys that are lent to the environment, which copies what it keeps: all keys of a length share one array, and
 * the bytes of a key stand only until the next one is read.
 */
function createKeyReader(): (frame: Frame, address: number, length: number) => Uint8Array {
  const bytes = new Uint8Array(LIMITS.storageKeyBytes);
  /** By length; index 0 is never asked for. */
  const views = Array.from({ length: LIMITS.storageKeyBytes + 1 }, (_, length) => bytes.subarray(0, length));
  return (frame, address, length) => {
    const key = views[keySize(frame, length)]!;
    readGuestInto(frame, address, key);
    return key;
  };
}
