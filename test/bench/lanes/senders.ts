/** Who signs the measured transactions: ed25519 and SM2 in turn, the same keys on every run. */
import { createPrivateKey, type KeyObject, sign as platformSign } from "node:crypto";
import { ALGORITHMS, type Algorithm, SIGNATURE_LENGTH } from "../../../accel/device.ts";
import { publicKeyOf, sign } from "../../../accel/reference/sign.ts";
import { DecodedTransaction } from "../../../runtime/format/decoded-transaction.ts";
import { encodeTransaction, transactionId } from "../../../runtime/format/transaction.ts";
import type { Transaction } from "../../../runtime/format/types.ts";
import { Random } from "../../fuzz/random.ts";
import { randomBytes } from "../../fuzz/weierstrass-items.ts";
import { hashes, SETTINGS } from "../../unit/runtime/test-chain.ts";

/** PKCS 8 of an Ed25519 key without its 32 secret bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SECRET_BYTES = 32;
const NO_SIGNATURE = new Uint8Array(SIGNATURE_LENGTH);

/** A call, before it is a transaction. */
export interface CallOf {
  readonly contract: string;
  readonly method: string;
  readonly args: Uint8Array;
  /** Which of the senders signs it. */
  readonly sender: number;
}

interface Sender {
  readonly algorithm: Algorithm;
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

function senderOf(random: Random, number: number): Sender {
  const secret = randomBytes(random, SECRET_BYTES);
  const algorithm = number % 2 === 0 ? ALGORITHMS.ed25519 : ALGORITHMS.sm2;
  const publicKey = publicKeyOf(algorithm, secret);
  if (algorithm === ALGORITHMS.sm2)
    return { algorithm, publicKey, sign: (message) => sign(algorithm, secret, message) };
  const key: KeyObject = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, secret]), format: "der", type: "pkcs8" });
  // The platform's Ed25519 signs as the reference does (RFC 8032 leaves no choice), thirty times as fast.
  return { algorithm, publicKey, sign: (message) => new Uint8Array(platformSign(null, message, key)) };
}

export class Senders {
  readonly #senders: readonly Sender[];
  readonly #isSigning: boolean;
  #salt = 0;

  /** @param isSigning false: signatures are zeros, for those who do not look at them */
  constructor(count: number, isSigning: boolean) {
    const random = new Random("bench lanes");
    this.#senders = Array.from({ length: count }, (_, number) => senderOf(random, number));
    this.#isSigning = isSigning;
  }

  get count(): number {
    return this.#senders.length;
  }

  /** Returns the transaction as the door makes it, no two alike. */
  transaction({ contract, method, args, sender }: CallOf, gasLimit: number): DecodedTransaction {
    const { algorithm, publicKey, sign: signed } = this.#senders[sender % this.count]!;
    const salt = new Uint8Array(16);
    this.#salt += 1;
    new DataView(salt.buffer).setUint32(0, this.#salt);
    const { chainId, expiryHeightsMax: expiryHeight, transactionBytesMax: bytesMax } = SETTINGS;
    const draft: Transaction = {
      chainId,
      algorithm,
      publicKey,
      contract,
      method,
      args,
      gasLimit,
      expiryHeight,
      salt,
      signature: NO_SIGNATURE,
    };
    const signature = this.#isSigning ? signed(transactionId(draft, hashes)) : NO_SIGNATURE;
    return DecodedTransaction.decode(encodeTransaction({ ...draft, signature }), { bytesMax }, hashes);
  }
}
