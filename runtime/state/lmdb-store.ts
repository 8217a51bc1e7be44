/**
 * The store on LMDB: the only file that imports lmdb.
 *
 *   state         state key -> value                      blocks   height u64 big-endian -> segment u32 | offset u64
 *   transactions  id -> height u64 | index u32            meta     "checkpoint" -> see `encodeMeta`
 *
 * A checkpoint is one lmdb-js `batch`: one write transaction on lmdb's own thread, synced before it counts. `overlappingSync`
 * is off, because with it (the default on Linux) a promise resolves before the data is on disk and a failing sync is only
 * printed. A failed commit (lmdb 3.5.6, disk full) rejects more promises than the one it returned, and one that nobody has
 * ends the process: that of the batch of the event turn, which is switched off, and `commitError`, which is taken here.
 *
 * lmdb is never given a value that is a view of a SharedArrayBuffer: on Node 20 it stores wrong bytes for it, without an error.
 * Keys it copies itself, in JavaScript, which is right for both.
 */
import { closeSync, existsSync, mkdirSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { NodeError } from "../../vm/errors.ts";
import { ByteReader, ByteWriter } from "../format/codec.ts";
import type { CheckpointBatch, CheckpointMeta, LogPosition, StateEntry, Store, TransactionLocation } from "./store.ts";

/** Address space reserved for the map; the file grows with its contents only, and lmdb-js makes a larger map beyond it. */
const MAP_BYTES = 64 * 1024 ** 3;
/** `MDB_MAGIC` of a meta page, behind the 24 bytes of the page's head. */
const LMDB_MAGIC = 0xbeef_c0de;
const LMDB_MAGIC_OFFSET = 24;
/** 8 KiB pages halve the cost of a put against 4 KiB (performance notes, 1 M keys), and allow keys up to 4026 bytes. */
const PAGE_BYTES = 8192;
const META_FORMAT = 1;
const META_KEY = new TextEncoder().encode("checkpoint");
const HASH_LENGTH = 32;
/** Height u64, index u32: what the codec makes of them. */
const LOCATION_BYTES = 12;

type Table = Database<Uint8Array, Uint8Array>;

export class LmdbStore implements Store {
  readonly #root: RootDatabase<Uint8Array, Uint8Array>;
  readonly #state: Table;
  readonly #blocks: Table;
  readonly #transactions: Table;
  readonly #meta: Table;
  #failure: NodeError | undefined;

  /**
   * Opens the store in `directory`, making it when it is not there.
   * @errors store.openFailed (NodeError); a damaged store can be moved away, it is made again from the log
   */
  constructor(directory: string) {
    try {
      mkdirSync(directory, { recursive: true });
      checkMagic(join(directory, "data.mdb"));
      this.#root = open<Uint8Array, Uint8Array>({
        path: directory,
        mapSize: MAP_BYTES,
        pageSize: PAGE_BYTES,
        overlappingSync: false,
        eventTurnBatching: false,
        maxDbs: 4,
        encoding: "binary",
        keyEncoding: "binary",
      });
      this.#state = this.#openTable("state");
      this.#blocks = this.#openTable("blocks");
      this.#transactions = this.#openTable("transactions");
      this.#meta = this.#openTable("meta");
    } catch (error) {
      throw new NodeError("store.openFailed", `cannot open the store: ${textOf(error)}`, {
        cause: error,
      });
    }
  }

  meta(): CheckpointMeta | undefined {
    const bytes = this.#meta.get(META_KEY);
    return bytes && decodeOrStop("meta", () => decodeMeta(bytes));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return plain(this.#state.get(key));
  }

  *entries(): Iterable<StateEntry> {
    for (const { key, value } of this.#state.getRange({})) yield { key: plain(key)!, value: plain(value)! };
  }

  blockPosition(height: number): LogPosition | undefined {
    const bytes = this.#blocks.get(heightKey(height));
    return bytes && decodeOrStop("blocks", () => decodePosition(new ByteReader(bytes)));
  }

  transactionLocation(id: Uint8Array): TransactionLocation | undefined {
    const bytes = this.#transactions.get(id);
    if (bytes === undefined) return undefined;
    return decodeOrStop("transactions", () => {
      const reader = new ByteReader(bytes);
      return { height: reader.safeInteger(), index: reader.u32() };
    });
  }

  async checkpoint(batch: CheckpointBatch): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#root.batch(() => this.#putAll(batch));
      await this.#root.flushed;
    } catch (error) {
      this.#failure = await commitFailure(error);
      throw this.#failure;
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #openTable(name: string): Table {
    return this.#root.openDB<Uint8Array, Uint8Array>({ name, encoding: "binary", keyEncoding: "binary" });
  }

  #putAll(batch: CheckpointBatch): void {
    const arena = new ValueArena(batch);
    for (const { key, value } of batch.state) {
      if (value === undefined) this.#state.remove(key);
      else this.#state.put(key, arena.place(value));
    }
    for (const { height, position } of batch.blocks) {
      this.#blocks.put(heightKey(height), writePosition(new ByteWriter(12), position).finish());
    }
    for (const { id, location } of batch.transactions) this.#transactions.put(id, arena.placeLocation(location));
    this.#meta.put(META_KEY, encodeMeta(batch.meta));
  }
}

/**
 * The values of one checkpoint in one piece of memory. lmdb-js takes the address of each value's ArrayBuffer: for a short array
 * of the engine's own heap that makes a buffer outside of it, which costs a microsecond, stays as long as the value does,
 * and weighs on every collection. This copy costs a twentieth, and is not shared memory, whatever the values were.
 */
class ValueArena {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor({ state, transactions }: CheckpointBatch) {
    let length = transactions.length * LOCATION_BYTES;
    for (const { value } of state) length += value?.length ?? 0;
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Returns the value's bytes in the arena. */
  place(value: Uint8Array): Uint8Array {
    this.#bytes.set(value, this.#at);
    return this.#take(value.length);
  }

  placeLocation({ height, index }: TransactionLocation): Uint8Array {
    this.#view.setBigUint64(this.#at, BigInt(height), true);
    this.#view.setUint32(this.#at + 8, index, true);
    return this.#take(LOCATION_BYTES);
  }

  #take(length: number): Uint8Array {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** lmdb 3.5.6 ends the process with a segmentation fault when the file is not a store, so that is found out before. */
function checkMagic(path: string): void {
  if (!existsSync(path)) return;
  const head = new Uint8Array(LMDB_MAGIC_OFFSET + 4);
  const descriptor = openSync(path, "r");
  const count = readSync(descriptor, head);
  closeSync(descriptor);
  if (count === 0 || new DataView(head.buffer).getUint32(LMDB_MAGIC_OFFSET, true) === LMDB_MAGIC) return;
  throw new NodeError("store.notLmdb", "data.mdb is not an LMDB file");
}

/** `format u8 | height u64 | block hash 32 | state root 32 | segment u32 | offset u64 | entry count u64` */
function encodeMeta(meta: CheckpointMeta): Uint8Array {
  const writer = new ByteWriter(96).u8(META_FORMAT).safeInteger(meta.height);
  writer.fixed(meta.blockHash, HASH_LENGTH).fixed(meta.stateRoot, HASH_LENGTH);
  return writePosition(writer, meta.position).safeInteger(meta.entryCount).finish();
}

function decodeMeta(bytes: Uint8Array): CheckpointMeta {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== META_FORMAT) reader.refuse("format", `format ${format} of the store is not known`, 0);
  const meta: CheckpointMeta = {
    height: reader.safeInteger(),
    blockHash: reader.fixed(HASH_LENGTH),
    stateRoot: reader.fixed(HASH_LENGTH),
    position: decodePosition(reader),
    entryCount: reader.safeInteger(),
  };
  reader.end();
  return meta;
}

function writePosition(writer: ByteWriter, position: LogPosition): ByteWriter {
  return writer.u32(position.segment).safeInteger(position.offset);
}

function decodePosition(reader: ByteReader): LogPosition {
  return { segment: reader.u32(), offset: reader.safeInteger() };
}

/** Big-endian, so that the byte order of the keys is the order of the heights. */
function heightKey(height: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(height));
  return key;
}

function decodeOrStop<T>(table: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new NodeError("store.corrupt", `table ${table} of the store holds bytes it never wrote`, { cause: error });
  }
}

/** A plain Uint8Array with the bytes of lmdb's Buffer, which may be part of a pool. */
function plain(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : new Uint8Array(bytes);
}

async function commitFailure(error: unknown): Promise<NodeError> {
  const inner = hasCommitError(error) ? await error.commitError.catch((cause: unknown) => cause) : error;
  return new NodeError(
    "store.writeFailed",
    `the store could not write a checkpoint (is the disk full?): ${textOf(inner)}`,
    {
      cause: inner,
    },
  );
}

function hasCommitError(error: unknown): error is Error & { readonly commitError: Promise<unknown> } {
  return error instanceof Error && "commitError" in error && error.commitError instanceof Promise;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
