/** Decoded blocks for questions about the newest ones: a few, and not more bytes than a node can spare. */
import type { Block, Receipt } from "../format/types.ts";

export interface CommittedBlock {
  readonly block: Block;
  readonly blockHash: Uint8Array;
  readonly receipts: readonly Receipt[];
}

const BLOCKS_MAX = 8;
/** Bytes of the records they were decoded from; decoded they take more, by a factor that is small for large ones. */
const BYTES_MAX = 64 * 1024 * 1024;

export class RecordCache {
  /** By height; the one remembered first comes first. */
  readonly #blocks = new Map<number, { readonly committed: CommittedBlock; readonly bytes: number }>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  get(height: number): CommittedBlock | undefined {
    return this.#blocks.get(height)?.committed;
  }

  /** The block is there, and older ones are not as far as it and they are too many. @param bytes of its record */
  add(committed: CommittedBlock, bytes: number): void {
    const { height } = committed.block.header;
    this.#drop(height);
    this.#blocks.set(height, { committed, bytes });
    this.#bytes += bytes;
    while (this.#blocks.size > 1 && (this.#blocks.size > BLOCKS_MAX || this.#bytes > this.#bytesMax)) {
      this.#drop(this.#blocks.keys().next().value!);
    }
  }

  #drop(height: number): void {
    this.#bytes -= this.#blocks.get(height)?.bytes ?? 0;
    this.#blocks.delete(height);
  }
}
