/**
 * Verdicts that are known already, so that no signature is verified twice in one process.
 *
 * A key stands for everything that decides the verdict, and makes no two of them equal:
 *
 *   of a transaction   id ‖ signature. The id is the SHA-256 of the unsigned bytes, among them the algorithm and the
 *                      public key, and the signature is over the id. So the key names algorithm, key, message and
 *                      signature. The signature must be part of it: the id alone says nothing about it, and a forged
 *                      one would inherit the verdict of the sender's own. A second valid signature of the same content
 *                      (an ECDSA or SM2 key can make as many as it likes) is another key and is verified anew.
 *   of any other item  SHA-256(algorithm ‖ lengths of the public key and of the signature ‖ public key ‖
 *                      signature ‖ message), 32 bytes; numbers in four bytes each, so that none is cut.
 *
 * The two have different lengths, so one store may hold both. A store belongs to one chain: the user id of its settings
 * decides SM2 verdicts and is in no key.
 *
 * Accepted and rejected verdicts have bounds of their own, and each forgets its oldest. A rejected verdict costs who
 * sends it nothing, because any 64 bytes will do; if it took the room of an accepted one, a stranger could have every
 * honest verdict forgotten for the price of sending bytes. An accepted one costs its sender a signature made, and the
 * node a verification that it had to do anyway. What was forgotten is verified once more: that costs time, never truth.
 */
import type { Hashes, SignatureItem, VerdictBitmap } from "../../accel/device.ts";
import { NodeError } from "../../vm/errors.ts";

/**
 * Twice what may wait in the pool of a node with default settings, so that a verdict lives from ingest to its block.
 * An entry is about 400 bytes: 8 MiB.
 */
const ACCEPTED_MAX = 16_384;
/** Only the repetition of a bad signature is saved by these: a client that sends again, a contract that asks again. */
const REJECTED_MAX = 2048;
const HEAD_BYTES = 12;

export interface VerdictStoreOptions {
  readonly acceptedMax?: number;
  readonly rejectedMax?: number;
}

export interface VerdictStoreStatistics {
  readonly hits: number;
  readonly misses: number;
  /** Verdicts that made room for newer ones. */
  readonly forgotten: number;
  readonly accepted: number;
  readonly rejected: number;
}

export class VerdictStore {
  readonly #acceptedMax: number;
  readonly #rejectedMax: number;
  /** Keys in the order in which they came: the first is the oldest. */
  readonly #accepted = new Set<string>();
  readonly #rejected = new Set<string>();
  #hits = 0;
  #misses = 0;
  #forgotten = 0;

  constructor({ acceptedMax = ACCEPTED_MAX, rejectedMax = REJECTED_MAX }: VerdictStoreOptions = {}) {
    this.#acceptedMax = acceptedMax;
    this.#rejectedMax = rejectedMax;
  }

  /** The verdict of a key; undefined when it is not known. */
  find(key: string): boolean | undefined {
    const verdict = this.#accepted.has(key) ? true : this.#rejected.has(key) ? false : undefined;
    if (verdict === undefined) this.#misses += 1;
    else this.#hits += 1;
    return verdict;
  }

  /** The verdict is known from now on, and the oldest of its kind forgotten when there are too many. */
  remember(key: string, isAccepted: boolean): void {
    if (isAccepted) this.#add(this.#accepted, key, this.#acceptedMax);
    else this.#add(this.#rejected, key, this.#rejectedMax);
  }

  /** Nothing is known any more: whoever gave the verdicts was found wrong. */
  clear(): void {
    this.#accepted.clear();
    this.#rejected.clear();
  }

  statistics(): VerdictStoreStatistics {
    return {
      hits: this.#hits,
      misses: this.#misses,
      forgotten: this.#forgotten,
      accepted: this.#accepted.size,
      rejected: this.#rejected.size,
    };
  }

  #add(keys: Set<string>, key: string, most: number): void {
    keys.add(key);
    if (keys.size <= most) return;
    for (const oldest of keys) {
      keys.delete(oldest);
      break;
    }
    this.#forgotten += 1;
  }
}

/** The key of a transaction's verdict. @param id  32 bytes */
export function transactionVerdictKey(id: Uint8Array, signature: Uint8Array): string {
  return textOf(id) + textOf(signature);
}

/** The key of any other item's verdict. */
export function itemVerdictKey(item: SignatureItem, hashes: Pick<Hashes, "sha256">): string {
  const { algorithm, publicKey, signature, message } = item;
  const bytes = new Uint8Array(HEAD_BYTES + publicKey.length + signature.length + message.length);
  const head = new DataView(bytes.buffer);
  head.setUint32(0, algorithm);
  head.setUint32(4, publicKey.length);
  head.setUint32(8, signature.length);
  bytes.set(publicKey, HEAD_BYTES);
  bytes.set(signature, HEAD_BYTES + publicKey.length);
  bytes.set(message, HEAD_BYTES + publicKey.length + signature.length);
  return textOf(hashes.sha256(bytes));
}

/** One character a byte. */
function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Resolves to one verdict for each item, that of the chain's verifier. The items' bytes are not written to meanwhile. */
export type VerifyItems = (items: readonly SignatureItem[]) => Promise<VerdictBitmap>;

/** The verdict of item `index` of `count`. @errors chain.verdicts (NodeError): a bitmap of another length */
export function verdictAt(verdicts: VerdictBitmap, index: number, count: number): boolean {
  if (verdicts.length !== (count + 7) >> 3) throw new NodeError("chain.verdicts", "verdicts for other items");
  return ((verdicts[index >> 3]! >> (index & 7)) & 1) === 1;
}
