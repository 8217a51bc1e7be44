/**
 * Values of slots in shared memory: what the thread that owns the state lets other threads see of it.
 *
 * One thread writes, others read while it does. Each slot has a version, which is odd while its value is being replaced and
 * grows with every change, so what was read is what stands there as long as the version is the same. A reader that meets a
 * change half done may see bytes of both values; it must not believe anything that it has computed from a slot before the
 * owner has compared the version (`SharedValues.isCurrent`), and the owner's answer is exact, because only it changes versions.
 *
 *   versions   Int32 of each slot: 0 never shown, odd being written, even shown
 *   lengths    Int32: bytes of the value, ABSENT, or UNKNOWN (not shown: the reader cannot go on)
 *   places     Uint32: where the value begins in the heap, in units of 8 bytes
 *
 * Memory is reserved at once and used from the front, so what is not needed costs address space only. A value that finds no
 * room is not shown.
 */

/** Places are counted in units of this many bytes, so that 32 bits reach far enough. */
const UNIT_BYTES = 8;
/** Sizes of places: powers of two from 16 bytes to 64 KiB, so that a value that grows a little stays where it is. */
const SIZE_BITS_MIN = 4;
const SIZE_BITS_MAX = 16;
/** Readers take a slot at or above it for one that is not shown. */
export const SHARED_SLOTS_MAX = 1 << 22;

export const ABSENT = -1;
export const UNKNOWN = -2;

export interface SharedValueArrays {
  readonly versions: Int32Array;
  readonly lengths: Int32Array;
  readonly places: Uint32Array;
  readonly heap: Uint8Array;
}

type Value = Uint8Array | undefined;

/** The owner's side. */
export class SharedValues {
  readonly arrays: SharedValueArrays;
  /** What was shown last of each slot, by identity. */
  #shown: Value[] = [];
  readonly #sizeBits: Uint8Array;
  readonly #free: number[][] = Array.from({ length: SIZE_BITS_MAX + 1 }, () => []);
  #used = 0;

  /** @param heapBytes room for values  @param slotsMax slots that can be shown */
  constructor(heapBytes: number, slotsMax: number = SHARED_SLOTS_MAX) {
    this.arrays = {
      versions: new Int32Array(new SharedArrayBuffer(slotsMax * 4)),
      lengths: new Int32Array(new SharedArrayBuffer(slotsMax * 4)),
      places: new Uint32Array(new SharedArrayBuffer(slotsMax * 4)),
      heap: new Uint8Array(new SharedArrayBuffer(heapBytes)),
    };
    this.#sizeBits = new Uint8Array(slotsMax);
  }

  /** Bytes of places that have been handed out, free ones too. */
  get heapBytes(): number {
    return this.#used;
  }

  /** Readers see this value (kept, not copied, to know it again) from now on. */
  show(slot: number, value: Value): void {
    const { versions, lengths, heap } = this.arrays;
    if (slot >= versions.length) return;
    const version = versions[slot]!;
    if (version !== 0 && this.#shown[slot] === value) return;
    while (this.#shown.length <= slot) this.#shown.push(undefined);
    Atomics.store(versions, slot, version + 1);
    lengths[slot] = this.#placeFor(slot, value);
    if (value !== undefined && lengths[slot] !== UNKNOWN) heap.set(value, this.arrays.places[slot]! * UNIT_BYTES);
    Atomics.store(versions, slot, nextVersion(version));
    this.#shown[slot] = value;
  }

  /** As `show`, when nothing is shown of the slot: whoever writes over committed values shows what is newer itself. */
  showFirst(slot: number, value: Value): void {
    const { versions, lengths } = this.arrays;
    if (slot >= versions.length) return;
    if (versions[slot] === 0 || (lengths[slot] === UNKNOWN && this.#shown[slot] === undefined)) this.show(slot, value);
  }

  /** True when readers may know the slot. */
  wasShown(slot: number): boolean {
    return slot < this.#shown.length;
  }

  /** True when a reader that met this version has read exactly `value`, the slot's value now. */
  isCurrent(slot: number, version: number, value: Value): boolean {
    return this.arrays.versions[slot] === version && this.#shown[slot] === value;
  }

  /** Nothing is shown any more: slots have got other numbers. Versions go on, so that old ones stay wrong. */
  clear(): void {
    const { versions, lengths } = this.arrays;
    for (let slot = 0; slot < this.#shown.length; slot += 1) {
      if (versions[slot] === 0) continue;
      Atomics.store(versions, slot, versions[slot]! + 1);
      lengths[slot] = UNKNOWN;
      this.#release(slot);
      Atomics.store(versions, slot, nextVersion(versions[slot]! - 1));
    }
    this.#shown = [];
  }

  /** Finds a place and returns the value's length, ABSENT or UNKNOWN. */
  #placeFor(slot: number, value: Value): number {
    if (value === undefined) return ABSENT;
    const bits = sizeBitsOf(value.length);
    const has = this.#sizeBits[slot]!;
    // A place of twice the size is kept: values that swing around a power of two do not move.
    if (has !== bits && has !== bits + 1) {
      this.#release(slot);
      const place = this.#take(bits);
      if (place < 0) return UNKNOWN;
      this.arrays.places[slot] = place;
      this.#sizeBits[slot] = bits;
    }
    return value.length;
  }

  #take(bits: number): number {
    if (bits > SIZE_BITS_MAX) return -1;
    const reused = this.#free[bits]!.pop();
    if (reused !== undefined) return reused;
    const place = this.#used;
    if (place + (1 << bits) > this.arrays.heap.length) return -1;
    this.#used = place + (1 << bits);
    return place / UNIT_BYTES;
  }

  #release(slot: number): void {
    const bits = this.#sizeBits[slot]!;
    if (bits !== 0) this.#free[bits]!.push(this.arrays.places[slot]!);
    this.#sizeBits[slot] = 0;
  }
}

/** The next even number, 0 left out: after 2^31 changes of one slot they begin again. */
function nextVersion(version: number): number {
  return (version + 2) | 0 || 2;
}

function sizeBitsOf(length: number): number {
  return length <= 1 << SIZE_BITS_MIN ? SIZE_BITS_MIN : 32 - Math.clz32(length - 1);
}

/** What `SharedReader.read` returns for a slot whose value is not shown, or is being written for too long. */
export const NOT_SHOWN = Symbol("not shown");

/** Tries before a slot under constant change counts as not shown. */
const READ_TRIES = 4;
/** Bytes of values kept by a reader before it begins anew. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024;

/** A reader's side; keeps what it has read, so that an unchanged value is the same object again. */
export class SharedReader {
  readonly #arrays: SharedValueArrays;
  #values: Value[] = [];
  #versions: number[] = [];
  #keptBytes = 0;
  /** Version of the slot that `read` was last asked for. */
  version = 0;

  constructor(arrays: SharedValueArrays) {
    this.#arrays = arrays;
  }

  /** Returns the slot's value, undefined when there is none, and leaves its version in `version`. */
  read(slot: number): Value | typeof NOT_SHOWN {
    const { versions } = this.#arrays;
    if (slot >= versions.length) return NOT_SHOWN;
    for (let attempt = 0; attempt < READ_TRIES; attempt += 1) {
      const version = Atomics.load(versions, slot);
      if (version === 0) return NOT_SHOWN;
      if ((version & 1) !== 0) continue;
      this.version = version;
      if (this.#versions[slot] === version) return this.#values[slot];
      const value = this.#copy(slot);
      if (Atomics.load(versions, slot) !== version) continue;
      if (value !== NOT_SHOWN) this.#keep(slot, version, value);
      return value;
    }
    return NOT_SHOWN;
  }

  #copy(slot: number): Value | typeof NOT_SHOWN {
    const { lengths, places, heap } = this.#arrays;
    const length = lengths[slot]!;
    if (length === ABSENT) return undefined;
    if (length < 0) return NOT_SHOWN;
    const place = places[slot]! * UNIT_BYTES;
    return heap.slice(place, place + length);
  }

  #keep(slot: number, version: number, value: Value): void {
    while (this.#versions.length <= slot) {
      this.#versions.push(0);
      this.#values.push(undefined);
    }
    this.#keptBytes += (value?.length ?? 0) - (this.#values[slot]?.length ?? 0);
    this.#versions[slot] = version;
    this.#values[slot] = value;
    if (this.#keptBytes > KEPT_BYTES_MAX) this.forget();
  }

  /** Nothing that was read is kept. */
  forget(): void {
    this.#values = [];
    this.#versions = [];
    this.#keptBytes = 0;
  }
}
