/**
 * Many signatures in one call: lists of them, and BLS aggregates. The bytes are read in the contract's memory itself;
 * they belong to the driver until it answers.
 *
 * A list is counted and its form checked before anything is verified: what the items cost depends on their algorithms,
 * and is charged in one sum that no verification precedes.
 *
 *   item of signature_verify_many   algorithm u8 ‖ key (32 or 33 bytes, by algorithm) ‖ signature (64)
 *                                   ‖ length of the message u32 LE ‖ message
 *   item of a list of messages      length u32 LE ‖ message
 *
 * Items follow each other without padding and fill the list: so a list of items has exactly one form.
 */
import {
  type Algorithm,
  BLS_KEY_LENGTH,
  BLS_SIGNATURE_LENGTH,
  PUBLIC_KEY_LENGTH,
  type SignatureItem,
  type VerdictBitmap,
} from "../../accel/device.ts";
import { HOST_FUNCTIONS } from "../abi.ts";
import { NodeError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { currentFrame, type Frame, type HostState } from "./frame.ts";
import { guestView } from "./memory.ts";

const LENGTH_BYTES = 4;
const ITEM_GAS: Readonly<Record<number, number>> =
  HOST_FUNCTIONS.find((row) => row.name === "signature_verify_many")?.cost.perItem ?? {};

export function signatureListFunctions(host: HostState) {
  return {
    signature_verify_many(items: number, itemsLength: number): number {
      const frame = currentFrame(host);
      const list = readItems(new ListReader(frame, guestView(frame, items, itemsLength)));
      frame.charge(list.reduce((gas, { algorithm }) => gas + ITEM_GAS[algorithm]!, 0));
      const verdicts = host.verifier.verifyMany(list);
      frame.register = verdicts;
      return countAccepted(verdicts, list.length);
    },

    bls_fast_aggregate_verify(
      publicKeys: number,
      publicKeysLength: number,
      signature: number,
      message: number,
      messageLength: number,
    ): number {
      const frame = currentFrame(host);
      const keys = keysAt(frame, publicKeys, publicKeysLength, LIMITS.blsKeys);
      const signatureBytes = guestView(frame, signature, BLS_SIGNATURE_LENGTH);
      const messageBytes = guestView(frame, message, messageLength);
      return host.verifier.blsFastAggregateVerify(keys, messageBytes, signatureBytes) ? 1 : 0;
    },

    bls_aggregate_verify(
      publicKeys: number,
      publicKeysLength: number,
      signature: number,
      messages: number,
      messagesLength: number,
    ): number {
      const frame = currentFrame(host);
      const keys = keysAt(frame, publicKeys, publicKeysLength, LIMITS.blsMessages);
      const signatureBytes = guestView(frame, signature, BLS_SIGNATURE_LENGTH);
      const list = readMessages(new ListReader(frame, guestView(frame, messages, messagesLength)), keys.length);
      return host.verifier.blsAggregateVerify(keys, list, signatureBytes) ? 1 : 0;
    },

    bls_pop_verify(publicKey: number, proof: number): number {
      const frame = currentFrame(host);
      const key = guestView(frame, publicKey, BLS_KEY_LENGTH);
      return host.verifier.blsPopVerify(key, guestView(frame, proof, BLS_SIGNATURE_LENGTH)) ? 1 : 0;
    },
  };
}

/** The bytes of a packed list from its start to its end; one that ends inside an item ends the frame. */
class ListReader {
  readonly frame: Frame;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(frame: Frame, bytes: Uint8Array) {
    this.frame = frame;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const start = this.#offset;
    if (length > this.#bytes.length - start) this.frame.refuse("badList");
    this.#offset = start + length;
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Bytes behind their length. */
  takeCounted(): Uint8Array {
    const at = this.#offset;
    this.take(LENGTH_BYTES);
    return this.take(this.#view.getUint32(at, true));
  }
}

function readItems(list: ListReader): readonly SignatureItem[] {
  const items: SignatureItem[] = [];
  while (!list.isAtEnd) {
    if (items.length === LIMITS.verifyManyItems) list.frame.refuse("tooManyItems");
    const algorithm = list.take(1)[0]!;
    const keyLength = PUBLIC_KEY_LENGTH[algorithm as Algorithm];
    if (keyLength === undefined) list.frame.refuse("badAlgorithm");
    const publicKey = list.take(keyLength);
    const signature = list.take(LIMITS.signatureBytes);
    items.push({ algorithm, publicKey, signature, message: list.takeCounted() });
  }
  return items;
}

/** Exactly `count` messages. */
function readMessages(list: ListReader, count: number): readonly Uint8Array[] {
  const messages = Array.from({ length: count }, () => list.takeCounted());
  if (!list.isAtEnd) list.frame.refuse("badList");
  return messages;
}

/** Keys without anything between them, at most `most`. */
function keysAt(frame: Frame, address: number, length: number, most: number): readonly Uint8Array[] {
  const size = length >>> 0;
  if (size > most * BLS_KEY_LENGTH) frame.refuse("tooManyItems");
  if (size % BLS_KEY_LENGTH !== 0) frame.refuse("badList");
  const bytes = guestView(frame, address, size);
  const keyAt = (index: number): Uint8Array => bytes.subarray(index * BLS_KEY_LENGTH, (index + 1) * BLS_KEY_LENGTH);
  return Array.from({ length: size / BLS_KEY_LENGTH }, (_, index) => keyAt(index));
}

/**
 * How many of `count` items are accepted. A bitmap of another length, or with a bit beyond the last item, is a fault of
 * the driver: the contract would see it.
 */
function countAccepted(verdicts: VerdictBitmap, count: number): number {
  let accepted = 0;
  for (let bit = 0; bit < 8 * verdicts.length; bit++) {
    if (((verdicts[bit >> 3]! >> (bit & 7)) & 1) === 0) continue;
    if (bit >= count) throw new NodeError("host.verdicts", "a verdict without an item");
    accepted++;
  }
  if (verdicts.length !== (count + 7) >> 3) throw new NodeError("host.verdicts", "verdicts for another list");
  return accepted;
}
