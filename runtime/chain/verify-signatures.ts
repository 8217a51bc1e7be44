/** The signatures of a block that comes from elsewhere. */
import type { Hashes, SignatureVerifier } from "../../accel/device.ts";
import { Rejected } from "../../vm/errors.ts";
import { blockHash, type HashFunction } from "../format/block.ts";
import { equalBytes } from "../format/bytes.ts";
import { transactionId } from "../format/transaction.ts";
import type { Block, ChainSettings } from "../format/types.ts";

export interface SignatureContext {
  readonly settings: ChainSettings;
  readonly hash: HashFunction;
  readonly hashes: Hashes;
  readonly verifier: SignatureVerifier;
}

/**
 * The seal is the chain's sealer's, and every transaction is signed by its sender.
 * @errors block.wrongSealer, block.badSeal, block.badSignature with the transaction's position (Rejected)
 */
export function verifySignatures(block: Block, context: SignatureContext): void {
  const { settings, hash, hashes, verifier } = context;
  const { seal, header, transactions } = block;
  const { sealer } = settings;
  if (seal.algorithm !== sealer.algorithm || !equalBytes(seal.publicKey, sealer.publicKey)) {
    throw new Rejected("block.wrongSealer", "the block is sealed with another key than the chain's");
  }
  if (!verifier.verify(seal.algorithm, seal.publicKey, seal.signature, blockHash(header, hash))) {
    throw new Rejected("block.badSeal", "the seal is not a signature of the block hash");
  }
  for (const [index, transaction] of transactions.entries()) {
    const { algorithm, publicKey, signature } = transaction;
    if (verifier.verify(algorithm, publicKey, signature, transactionId(transaction, hashes))) continue;
    throw new Rejected("block.badSignature", `transaction ${index} of the block is not signed by its sender`, {
      value: String(index),
    });
  }
}
