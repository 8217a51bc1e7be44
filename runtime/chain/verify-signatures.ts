/**
 * The signatures of a block that comes from elsewhere: the seal first, alone and in place, so that nobody but the sealer
 * can have a block's worth of signatures verified; then those of the transactions whose verdict is not known yet.
 */
import type { Hashes, SignatureItem, SignatureVerifier } from "../../accel/device.ts";
import { Rejected } from "../../vm/errors.ts";
import { blockHash, type HashFunction } from "../format/block.ts";
import { equalBytes } from "../format/bytes.ts";
import { DecodedTransaction } from "../format/decoded-transaction.ts";
import type { Block, ChainSettings } from "../format/types.ts";
import { transactionVerdictKey, type VerdictStore, type VerifyItems, verdictAt } from "../verdicts/store.ts";

export interface SignatureContext {
  readonly settings: ChainSettings;
  readonly hash: HashFunction;
  readonly hashes: Hashes;
  readonly verifier: SignatureVerifier;
  /** Verdicts known from before; new ones are added. */
  readonly verdicts?: VerdictStore;
}

/**
 * The seal is the chain's sealer's, and every transaction is signed by its sender.
 * @errors block.wrongSealer, block.badSeal, block.badSignature with the transaction's position (Rejected)
 */
export function verifySignatures(block: Block, context: SignatureContext): void {
  const { verifier } = context;
  verifySeal(block, context);
  const check = new TransactionCheck(block, context);
  for (const [key, { algorithm, publicKey, signature, message }] of check.unknown) {
    check.learn(key, verifier.verify(algorithm, publicKey, signature, message));
  }
  check.requireAll();
}

/** As `verifySignatures`, the transactions' as one batch through `verifyItems` when it is given. */
export async function verifySignaturesAhead(
  block: Block,
  context: SignatureContext,
  verifyItems: VerifyItems | undefined,
): Promise<void> {
  if (verifyItems === undefined) {
    verifySignatures(block, context);
    return;
  }
  verifySeal(block, context);
  const check = new TransactionCheck(block, context);
  const items = [...check.unknown];
  if (items.length > 0) {
    const verdicts = await verifyItems(items.map(([, item]) => item));
    for (const [index, [key]] of items.entries()) check.learn(key, verdictAt(verdicts, index, items.length));
  }
  check.requireAll();
}

function verifySeal({ seal, header }: Block, { settings, hash, verifier }: SignatureContext): void {
  const { sealer } = settings;
  if (seal.algorithm !== sealer.algorithm || !equalBytes(seal.publicKey, sealer.publicKey)) {
    throw new Rejected("block.wrongSealer", "the block is sealed with another key than the chain's");
  }
  if (!verifier.verify(seal.algorithm, seal.publicKey, seal.signature, blockHash(header, hash))) {
    throw new Rejected("block.badSeal", "the seal is not a signature of the block hash");
  }
}

/** The verdicts of one block's transactions: some known from before, the others asked for once each. */
class TransactionCheck {
  readonly unknown = new Map<string, SignatureItem>();
  readonly #keys: readonly string[];
  readonly #verdicts = new Map<string, boolean>();
  readonly #store: VerdictStore | undefined;

  constructor({ transactions }: Block, { hashes, verdicts }: SignatureContext) {
    this.#store = verdicts;
    this.#keys = transactions.map((transaction) => {
      const { algorithm, publicKey, signature } = transaction;
      const message = DecodedTransaction.of(transaction, hashes).id;
      const key = transactionVerdictKey(message, signature);
      const known = verdicts?.find(key);
      if (known === undefined) this.unknown.set(key, { algorithm, publicKey, signature, message });
      else this.#verdicts.set(key, known);
      return key;
    });
  }

  learn(key: string, isAccepted: boolean): void {
    this.#verdicts.set(key, isAccepted);
    this.#store?.remember(key, isAccepted);
  }

  /** @errors block.badSignature: the first transaction that is not signed by its sender */
  requireAll(): void {
    for (const [index, key] of this.#keys.entries()) {
      if (this.#verdicts.get(key) === true) continue;
      throw new Rejected("block.badSignature", `transaction ${index} of the block is not signed by its sender`, {
        value: String(index),
      });
    }
  }
}
