/**
 * A block's lists and writes as bytes: the second part of its record in the log (chain/block-record.ts), behind header and seal.
 *
 *   transactions: count u32, each: bytes | receipts: count u32, each: bytes | writes: count u32, each: key bytes, value optional
 *
 * None of it depends on the roots, so it is encoded once: it goes to the thread that computes them, and from there into the log.
 */
import { NodeError } from "../../vm/errors.ts";
import { WRITER_BYTES_MAX } from "../format/codec.ts";
import type { StateChange } from "../state/slot-table.ts";

const U32_BYTES = 4;

export interface BlockLists {
  /** Encoded, in order. */
  readonly transactionBytes: readonly Uint8Array[];
  readonly receiptBytes: readonly Uint8Array[];
  /** In byte order of the keys. */
  readonly writes: readonly StateChange[];
}

/** @errors roots.bodyTooLong (NodeError): no block that the chain's settings allow comes to that */
export function encodeBlockBody({ transactionBytes, receiptBytes, writes }: BlockLists): Uint8Array {
  const length = listBytes(transactionBytes) + listBytes(receiptBytes) + writeListBytes(writes);
  if (length > WRITER_BYTES_MAX) throw new NodeError("roots.bodyTooLong", `${length} bytes of one block`);
  const body = new Body(new Uint8Array(length));
  body.writeList(transactionBytes);
  body.writeList(receiptBytes);
  body.writeWrites(writes);
  return body.bytes;
}

/** Returns what was encoded, as views of the bytes. @param bytes of `encodeBlockBody` */
export function decodeBlockBody(bytes: Uint8Array): BlockLists {
  const body = new Body(bytes);
  const lists = { transactionBytes: body.readList(), receiptBytes: body.readList(), writes: body.readWrites() };
  body.requireEnd();
  return lists;
}

/** Entries of a state, for another thread; views as above. */
export function encodeWrites(writes: readonly StateChange[]): Uint8Array {
  const body = new Body(new Uint8Array(writeListBytes(writes)));
  body.writeWrites(writes);
  return body.bytes;
}

/** @param bytes of `encodeWrites` */
export function decodeWrites(bytes: Uint8Array): readonly StateChange[] {
  const body = new Body(bytes);
  const writes = body.readWrites();
  body.requireEnd();
  return writes;
}

function listBytes(list: readonly Uint8Array[]): number {
  let bytes = U32_BYTES;
  for (const each of list) bytes += U32_BYTES + each.length;
  return bytes;
}

function writeListBytes(writes: readonly StateChange[]): number {
  let bytes = U32_BYTES;
  for (const { key, value } of writes) {
    bytes += U32_BYTES + key.length + 1 + (value === undefined ? 0 : U32_BYTES + value.length);
  }
  return bytes;
}

/** Written and read by ourselves, so nothing is checked but that it comes out even. */
class Body {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  writeList(list: readonly Uint8Array[]): void {
    this.#writeNumber(list.length);
    for (const each of list) this.#writeBytes(each);
  }

  writeWrites(writes: readonly StateChange[]): void {
    this.#writeNumber(writes.length);
    for (const { key, value } of writes) {
      this.#writeBytes(key);
      this.bytes[this.#at] = value === undefined ? 0 : 1;
      this.#at += 1;
      if (value !== undefined) this.#writeBytes(value);
    }
  }

  readList(): Uint8Array[] {
    const list: Uint8Array[] = [];
    for (let left = this.#readNumber(); left > 0; left -= 1) list.push(this.#readBytes());
    return list;
  }

  readWrites(): StateChange[] {
    const writes: StateChange[] = [];
    for (let left = this.#readNumber(); left > 0; left -= 1) {
      const key = this.#readBytes();
      const isThere = this.bytes[this.#at] === 1;
      this.#at += 1;
      writes.push({ key, value: isThere ? this.#readBytes() : undefined });
    }
    return writes;
  }

  requireEnd(): void {
    if (this.#at !== this.bytes.length) throw new NodeError("roots.body", "a block's lists do not end with its bytes");
  }

  #writeNumber(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += U32_BYTES;
  }

  #writeBytes(bytes: Uint8Array): void {
    this.#writeNumber(bytes.length);
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #readNumber(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += U32_BYTES;
    return value;
  }

  #readBytes(): Uint8Array {
    const length = this.#readNumber();
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }
}
