/**
 * The changes of one update in flat arrays, and in the order of their key hashes.
 *
 * As objects with byte arrays, ten thousand changes lay in ten thousand places of the heap: to sort them and to go through
 * them again at every level of the tree was a fifth of an update. Here row i is the 32 bytes at 32 i of each array.
 */
import { NodeError } from "../../vm/errors.ts";
import { HASH_LENGTH } from "../format/block.ts";
import { compareBytes } from "../format/bytes.ts";
import { copyHashWords, HASH_WORDS, wordsOf } from "./hash-words.ts";

export interface TreeChange {
  /** H(key), 32 bytes. */
  readonly keyHash: Uint8Array;
  /** H(value), 32 bytes; null deletes. */
  readonly valueHash: Uint8Array | null;
}

/** Bytes of a key hash that the counting sort looks at; hashes that agree in them are compared. */
const DIGITS = 4;
const DIGIT_VALUES = 256;

export class ChangeRows {
  readonly count: number;
  readonly keyHashes: Uint8Array;
  /** Whatever it is where the row deletes. */
  readonly valueHashes: Uint8Array;
  /** 1 where the row deletes its key. */
  readonly deletes: Uint8Array;
  /** The same memory in words. */
  readonly keyWords: Int32Array;
  readonly valueWords: Int32Array;

  constructor(count: number) {
    this.count = count;
    this.keyHashes = new Uint8Array(count * HASH_LENGTH);
    this.valueHashes = new Uint8Array(count * HASH_LENGTH);
    this.deletes = new Uint8Array(count);
    this.keyWords = wordsOf(this.keyHashes);
    this.valueWords = wordsOf(this.valueHashes);
  }

  /** @errors tree.hashLength (of the node) */
  static of(changes: readonly TreeChange[]): ChangeRows {
    const rows = new ChangeRows(changes.length);
    for (const [i, { keyHash, valueHash }] of changes.entries()) {
      if (keyHash.length !== HASH_LENGTH || (valueHash !== null && valueHash.length !== HASH_LENGTH)) {
        throw new NodeError("tree.hashLength", "a key or value hash does not have 32 bytes");
      }
      rows.keyHashes.set(keyHash, i * HASH_LENGTH);
      if (valueHash === null) rows.deletes[i] = 1;
      else rows.valueHashes.set(valueHash, i * HASH_LENGTH);
    }
    return rows;
  }

  /** Returns the key hash of row i, on the rows' memory. */
  keyHashOf(i: number): Uint8Array {
    return this.keyHashes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH);
  }

  /** Returns the rows in ascending order of their key hashes. @errors tree.duplicateKey (of the node) */
  sorted(): ChangeRows {
    const order = orderOf(this.keyHashes, this.count);
    const rows = new ChangeRows(this.count);
    for (let i = 0; i < this.count; i++) {
      const from = order[i]! * HASH_WORDS;
      copyHashWords(this.keyWords, from, rows.keyWords, i * HASH_WORDS);
      copyHashWords(this.valueWords, from, rows.valueWords, i * HASH_WORDS);
      rows.deletes[i] = this.deletes[order[i]!]!;
    }
    return rows;
  }
}

function orderOf(keys: Uint8Array, count: number): Uint32Array {
  let order = new Uint32Array(count).map((_, i) => i);
  let other = new Uint32Array(count);
  for (let digit = DIGITS - 1; digit >= 0; digit--) {
    sortByDigit(keys, digit, order, other);
    [order, other] = [other, order];
  }
  sortEqualBeginnings(keys, order);
  return order;
}

/** `to` has the row numbers of `from` in the order of one byte of their keys, those with the same byte as they were. */
function sortByDigit(keys: Uint8Array, digit: number, from: Uint32Array, to: Uint32Array): void {
  const ends = new Uint32Array(DIGIT_VALUES + 1);
  for (let i = 0; i < from.length; i++) ends[keys[i * HASH_LENGTH + digit]! + 1]!++;
  for (let value = 1; value <= DIGIT_VALUES; value++) ends[value]! += ends[value - 1]!;
  for (let i = 0; i < from.length; i++) {
    const value = keys[from[i]! * HASH_LENGTH + digit]!;
    to[ends[value]!++] = from[i]!;
  }
}

/** Keys that agree in what the counting sort saw are compared: one in a million, or those of someone who searched for them. */
function sortEqualBeginnings(keys: Uint8Array, order: Uint32Array): void {
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && startAlike(keys, order[start]!, order[end]!)) end++;
    if (end - start > 1) order.subarray(start, end).sort((a, b) => compareKeys(keys, a, b));
    start = end;
  }
}

function startAlike(keys: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < DIGITS; i++) if (keys[a * HASH_LENGTH + i] !== keys[b * HASH_LENGTH + i]) return false;
  return true;
}

function compareKeys(keys: Uint8Array, a: number, b: number): number {
  const key = (row: number): Uint8Array => keys.subarray(row * HASH_LENGTH, (row + 1) * HASH_LENGTH);
  const difference = compareBytes(key(a), key(b));
  if (difference === 0 && a !== b) throw new NodeError("tree.duplicateKey", "one batch changes a key twice");
  return difference;
}
