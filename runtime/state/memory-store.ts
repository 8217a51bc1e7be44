/** A store in memory, for tests and for a replay that checks a log without writing anything. */
import { compareBytes } from "../format/bytes.ts";
import { KeyTable } from "./key-table.ts";
import type { CheckpointBatch, CheckpointMeta, LogPosition, StateEntry, Store, TransactionLocation } from "./store.ts";

/** Not secret: nothing that an attacker times runs on this store. */
const SEED = { low: 1, high: 2 };

export class MemoryStore implements Store {
  readonly #keys = new KeyTable(SEED);
  readonly #values: (Uint8Array | undefined)[] = [];
  readonly #ids = new KeyTable(SEED);
  readonly #locations: TransactionLocation[] = [];
  readonly #positions = new Map<number, LogPosition>();
  #meta: CheckpointMeta | undefined;

  meta(): CheckpointMeta | undefined {
    return this.#meta;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const found = this.#keys.find(key, key.length);
    return found < 0 ? undefined : this.#values[found]?.slice();
  }

  *entries(): Iterable<StateEntry> {
    const values = this.#values.slice();
    const present: StateEntry[] = [];
    for (const [id, value] of values.entries()) {
      if (value !== undefined) present.push({ key: this.#keys.keyOf(id), value });
    }
    yield* present.sort((left, right) => compareBytes(left.key, right.key));
  }

  blockPosition(height: number): LogPosition | undefined {
    return this.#positions.get(height);
  }

  transactionLocation(id: Uint8Array): TransactionLocation | undefined {
    const found = this.#ids.find(id, id.length);
    return found < 0 ? undefined : this.#locations[found];
  }

  async checkpoint(batch: CheckpointBatch): Promise<void> {
    for (const { key, value } of batch.state) this.#values[this.#keys.intern(key, key.length)] = value?.slice();
    for (const { height, position } of batch.blocks) this.#positions.set(height, position);
    for (const { id, location } of batch.transactions) this.#locations[this.#ids.intern(id, id.length)] = location;
    this.#meta = batch.meta;
  }

  async close(): Promise<void> {}
}
