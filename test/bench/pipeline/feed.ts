/**
 * The way of a transaction without HTTP, as fast as it goes: bytes in, durable blocks out.
 *
 *   groups of bytes -> decode, id -> batches on the device -> what was accepted, in order -> blocks, some under way
 *
 * Verification runs ahead of execution by a bound, so that the device never waits for the thread that executes; a step that
 * is left out ends the way there.
 */
import { SignatureBatchBuilder } from "../../../accel/batch.ts";
import type { Hashes, SignatureDevice } from "../../../accel/device.ts";
import { submitWhenReady } from "../../../accel/submit.ts";
import { countAccepted } from "../../../accel/verdicts.ts";
import { DecodedTransaction } from "../../../runtime/format/decoded-transaction.ts";
import { NodeError } from "../../../vm/errors.ts";

const GROUP = 512;
/** Groups whose signatures are under way: two tasks for each of a few threads, and no more, since all of it is young heap. */
const GROUPS_AHEAD = 12;
export const BLOCK_TRANSACTIONS = 2048;
export const BLOCKS_UNDER_WAY = 3;
const TRANSACTION_BYTES_MAX = 10_000;

export interface Way {
  readonly hashes: Hashes;
  readonly isDecoding: boolean;
  /** Signatures are taken as good without one. */
  readonly device?: SignatureDevice | undefined;
  /** Resolves when the block is as far as this way goes. */
  readonly block?: ((transactions: readonly DecodedTransaction[]) => Promise<void>) | undefined;
}

export function decodeAll(bytes: readonly Uint8Array[], hashes: Hashes): DecodedTransaction[] {
  return bytes.map((each) => DecodedTransaction.decode(each, { bytesMax: TRANSACTION_BYTES_MAX }, hashes));
}

/** Signatures of groups, each a batch. */
export class Signatures {
  readonly #device: SignatureDevice;
  readonly #builder: SignatureBatchBuilder;
  #lane = 0;

  constructor(device: SignatureDevice) {
    this.#device = device;
    this.#builder = new SignatureBatchBuilder(device.capability);
  }

  /** Resolves when all are found good. @errors bench.signature (NodeError) */
  async verify(transactions: readonly DecodedTransaction[]): Promise<void> {
    for (const { algorithm, publicKey, signature, id } of transactions) {
      this.#builder.append(algorithm, publicKey, signature, id);
    }
    const batch = this.#builder.take();
    this.#lane = (this.#lane + 1) % this.#device.capability.lanes;
    const verdicts = await submitWhenReady(this.#device, this.#lane, batch);
    this.#builder.reuse(batch);
    if (countAccepted(verdicts) === transactions.length) return;
    throw new NodeError("bench.signature", "a good signature was refused");
  }
}

/** Resolves when all of it went the whole way. */
export async function feed(signed: readonly Uint8Array[], way: Way): Promise<void> {
  const signatures = way.device && new Signatures(way.device);
  const blocks = new Blocks(way.block);
  const verifying: { readonly group: readonly DecodedTransaction[]; readonly done: Promise<void> }[] = [];
  const takeOldest = async (): Promise<void> => {
    const { group, done } = verifying.shift()!;
    await done;
    await blocks.add(group);
  };
  for (let at = 0; at < signed.length; at += GROUP) {
    const bytes = signed.slice(at, at + GROUP);
    if (!way.isDecoding) continue;
    const group = decodeAll(bytes, way.hashes);
    const done = signatures?.verify(group) ?? Promise.resolve();
    done.catch(() => undefined);
    verifying.push({ group, done });
    if (verifying.length >= GROUPS_AHEAD) await takeOldest();
  }
  while (verifying.length > 0) await takeOldest();
  await blocks.finish();
}

/** Transactions gathered into blocks; who adds waits while enough are under way. */
class Blocks {
  readonly #make: Way["block"];
  readonly #underWay = new Set<Promise<void>>();
  #gathered: DecodedTransaction[] = [];

  constructor(make: Way["block"]) {
    this.#make = make;
  }

  async add(group: readonly DecodedTransaction[]): Promise<void> {
    if (this.#make === undefined) return;
    this.#gathered.push(...group);
    if (this.#gathered.length >= BLOCK_TRANSACTIONS) await this.#begin();
  }

  async finish(): Promise<void> {
    if (this.#gathered.length > 0) await this.#begin();
    await Promise.all(this.#underWay);
  }

  async #begin(): Promise<void> {
    while (this.#underWay.size >= BLOCKS_UNDER_WAY) await Promise.race(this.#underWay);
    const transactions = this.#gathered;
    this.#gathered = [];
    const done = this.#make!(transactions).then(() => {
      this.#underWay.delete(done);
    });
    this.#underWay.add(done);
  }
}
