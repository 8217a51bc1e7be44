/** The receipts of one block, encoded one behind the other: an array for each costs more than to write into it. */
import { ByteWriter } from "../format/codec.ts";
import { writeReceipt } from "../format/receipt.ts";
import type { Receipt } from "../format/types.ts";

/** Where the next piece of memory is begun: no copy of what is written so far gets larger than this and one receipt. */
const PIECE_BYTES = 1024 * 1024;
/** Room for some three hundred short receipts. */
const INITIAL_BYTES = 16_384;

export class ReceiptList {
  readonly #writer = new ByteWriter(INITIAL_BYTES);
  /** Where each receipt in the writer ends. */
  #ends: number[] = [];
  readonly #done: Uint8Array[] = [];

  add(receipt: Receipt): void {
    writeReceipt(this.#writer, receipt);
    this.#ends.push(this.#writer.length);
    if (this.#writer.length >= PIECE_BYTES) this.#endPiece();
  }

  /** Returns the encoded receipts in their order, as views of larger arrays. */
  encoded(): readonly Uint8Array[] {
    this.#endPiece();
    return this.#done;
  }

  #endPiece(): void {
    const bytes = this.#writer.finish();
    let start = 0;
    for (const end of this.#ends) {
      this.#done.push(bytes.subarray(start, end));
      start = end;
    }
    this.#ends = [];
    this.#writer.reset();
  }
}
