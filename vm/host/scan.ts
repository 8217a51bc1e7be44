/**
 * Ordered pages of a contract's own storage. One call is one page, so that what the host does between two looks at the
 * gas is bounded; each entry is paid for when it is known and before anything of the page is handed over.
 *
 *   page: u8 1 when it ended before the range did, else 0 | u32 count | each: u32 length, key, u32 length, value
 *
 * These are the codec's bytes of a bool and an array of structs of two byte strings.
 */
import { LIMITS } from "../limits.ts";
import type { StorageEntry, StorageScan } from "./environment.ts";
import { currentFrame, type Frame, gasPerResultByte, gasPerResultEntry, type HostState } from "./frame.ts";
import { guestCopy } from "./memory.ts";

const ENTRY_GAS = gasPerResultEntry("storage_scan");
const BYTE_GAS = gasPerResultByte("storage_scan");

const HEAD_BYTES = 5;
const LENGTH_BYTES = 4;

export function scanFunctions(host: HostState) {
  return {
    storage_scan(
      prefix: number,
      prefixLength: number,
      start: number,
      startLength: number,
      entriesMax: number,
      bytesMax: number,
    ): number {
      const frame = currentFrame(host);
      const prefixBytes = bytesAt(frame, prefix, prefixLength, LIMITS.storageKeyBytes);
      const startBytes = bytesAt(frame, start, startLength, LIMITS.scanStartBytes);
      const size = {
        entriesMax: pageSize(frame, entriesMax, LIMITS.scanEntries),
        bytesMax: pageSize(frame, bytesMax, LIMITS.scanBytes),
      };
      frame.register = readPage(frame, frame.environment.storageScan(prefixBytes, startBytes), size);
      return frame.register.length;
    },
  };
}

/** A copy of the bytes, which may be none. */
function bytesAt(frame: Frame, address: number, length: number, bytesMax: number): Uint8Array {
  if (length >>> 0 > bytesMax) frame.refuse("keyTooLong");
  return guestCopy(frame, address, length);
}

/** A page has room for something: one of nothing would never get on. */
function pageSize(frame: Frame, wanted: number, most: number): number {
  const size = wanted >>> 0;
  if (size === 0 || size > most) frame.refuse("badPage");
  return size;
}

interface PageSize {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

function readPage(frame: Frame, scan: StorageScan, { entriesMax, bytesMax }: PageSize): Uint8Array {
  const entries: StorageEntry[] = [];
  let byteCount = 0;
  while (entries.length < entriesMax && byteCount < bytesMax) {
    const entry = scan.next();
    if (entry === undefined) return encodePage(entries, byteCount, false);
    const size = entry.key.length + entry.value.length;
    frame.charge(ENTRY_GAS + BYTE_GAS * size);
    entries.push(entry);
    byteCount += size;
  }
  return encodePage(entries, byteCount, true);
}

function encodePage(entries: readonly StorageEntry[], byteCount: number, hasMore: boolean): Uint8Array {
  const page = new Uint8Array(HEAD_BYTES + 2 * LENGTH_BYTES * entries.length + byteCount);
  const view = new DataView(page.buffer);
  let offset = HEAD_BYTES;
  const place = (bytes: Uint8Array): void => {
    view.setUint32(offset, bytes.length, true);
    page.set(bytes, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + bytes.length;
  };
  page[0] = hasMore ? 1 : 0;
  view.setUint32(1, entries.length, true);
  for (const { key, value } of entries) {
    place(key);
    place(value);
  }
  return page;
}
