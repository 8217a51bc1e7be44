/**
 * The queues of a device: what is the same for every driver, whoever computes the verdicts.
 *
 * Each lane holds its open batches in the order of their submission. A driver takes them in chunks, fairly: lane after
 * lane in turn, one chunk each, and within a lane the oldest batch first. Chunks may come back in any order; a batch
 * whose last chunk is back waits until those before it in its lane are settled, and only then resolves. So the order of
 * a lane holds although many workers serve it, and a lane with thousands of items delays the others by one chunk at
 * most.
 *
 *   submit -> lane.open: [ b1 | b2 | b3 ]      settled from the left, as far as batches are complete
 *                               ^ lane.nextBatch: the first with items that nobody has taken
 *
 * A chunk that its worker could not finish is returned and is handed out again before anything else. A batch that its
 * caller cancels leaves its lane at once; what workers do for it still comes back and is dropped.
 *
 * Back-pressure counts items that are submitted and not settled. Message bytes are bounded by batch only: the arrays
 * are the caller's, and he has them in memory already.
 */
import type { DeviceCapability, DeviceStatistics, SignatureBatch, SubmitOptions, VerdictBitmap } from "./device.ts";
import { PUBLIC_KEY_STRIDE, SIGNATURE_LENGTH } from "./device.ts";
import { AccelError } from "./errors.ts";
import { DeviceCounters } from "./statistics.ts";
import { countAccepted, createVerdicts } from "./verdicts.ts";

/**
 * Items [from, to) of one batch; the driver writes their bits into `verdicts`, which is the bitmap of the whole batch.
 */
export interface Chunk {
  readonly batch: SignatureBatch;
  readonly verdicts: VerdictBitmap;
  readonly from: number;
  readonly to: number;
  readonly lane: number;
  /** Workers that died while they worked on it. */
  readonly deaths: number;
  /** The caller's, to hand on to a device behind this one. */
  readonly signal: AbortSignal | undefined;
}

/** A batch is not cut to fill fewer free places than these behind another chunk. */
const JOINED_ITEMS_MIN = 8;

/** How much one chunk may hold. */
export interface ChunkLimits {
  readonly items: number;
  readonly messageBytes: number;
  /** The chunk joins others: one that a worker died of is not given, because it travels alone. */
  readonly isJoining?: boolean;
}

/** Returns the message bytes of items [from, to) of a batch. */
export function messageBytesOf({ batch, from, to }: Pick<Chunk, "batch" | "from" | "to">): number {
  return batch.messageOffsets[to]! - batch.messageOffsets[from]!;
}

/** What a driver does with the queues. */
export interface ChunkSource {
  /** Items that no driver has taken, those of returned chunks not counted. */
  readonly waitingItems: number;
  /**
   * The next chunk within the limits; undefined when nothing waits, or when what is next does not fit. A returned chunk
   * comes first and as it was cut before, however long it is, unless it is to join others.
   */
  takeChunk(limits: ChunkLimits): Chunk | undefined;
  /** The bits of the chunk are written; `busyMs` is the time that took. */
  finishChunk(chunk: Chunk, busyMs: number): void;
  /**
   * The chunk was not finished and is handed out again; `isBlamed` when its worker died of it, as far as one can tell.
   */
  returnChunk(chunk: Chunk, isBlamed: boolean): void;
  /** The batch of the chunk rejects with `error`. */
  failBatch(chunk: Chunk, error: AccelError): void;
  /** Everything open rejects with `error`, and so does all that comes later. */
  failAll(error: AccelError): void;
}

interface OpenBatch {
  readonly lane: Lane;
  readonly batch: SignatureBatch;
  readonly verdicts: VerdictBitmap;
  readonly resolve: (verdicts: VerdictBitmap) => void;
  readonly reject: (error: AccelError) => void;
  readonly signal: AbortSignal | undefined;
  readonly submittedMs: number;
  onAbort: (() => void) | undefined;
  nextItem: number;
  unfinishedItems: number;
  settled: boolean;
}

interface OpenChunk extends Chunk {
  readonly owner: OpenBatch;
}

interface Waiter {
  readonly itemCount: number;
  readonly resolve: () => void;
  readonly reject: (error: AccelError) => void;
}

interface Lane {
  readonly index: number;
  readonly open: OpenBatch[];
  nextBatch: number;
  queuedItems: number;
  waiters: Waiter[];
}

function createLane(index: number): Lane {
  return { index, open: [], nextBatch: 0, queuedItems: 0, waiters: [] };
}

/** True when offsets 0..count do not run backwards and end inside the messages. */
function areOffsetsOrdered(batch: SignatureBatch): boolean {
  for (let i = 0; i < batch.count; i++) {
    if (batch.messageOffsets[i]! > batch.messageOffsets[i + 1]!) return false;
  }
  return batch.messageOffsets[batch.count]! <= batch.messages.length;
}

function checkBatch(batch: SignatureBatch, capability: DeviceCapability): void {
  const { count } = batch;
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new AccelError("accel.batchShape", `${count} is no count of items`);
  }
  if (count > capability.batchItemsMax) {
    throw new AccelError("accel.batchTooLarge", `${count} items, at most ${capability.batchItemsMax} in a batch`);
  }
  const isLongEnough =
    batch.algorithms.length >= count &&
    batch.publicKeys.length >= count * PUBLIC_KEY_STRIDE &&
    batch.signatures.length >= count * SIGNATURE_LENGTH &&
    batch.messageOffsets.length > count;
  if (!isLongEnough || !areOffsetsOrdered(batch)) {
    throw new AccelError("accel.batchShape", `the arrays do not hold ${count} items`);
  }
  const messageBytes = batch.messageOffsets[count]! - batch.messageOffsets[0]!;
  if (messageBytes > capability.messageBytesMax) {
    const limit = capability.messageBytesMax;
    throw new AccelError("accel.messagesTooLong", `${messageBytes} bytes of messages, at most ${limit} in a batch`);
  }
}

/** The end of the most items from `from` on that keep the limits. */
function endWithin({ count, messageOffsets }: SignatureBatch, from: number, limits: ChunkLimits): number {
  const bytesMax = messageOffsets[from]! + limits.messageBytes;
  let to = Math.min(from + limits.items, count);
  while (to > from && messageOffsets[to]! > bytesMax) to--;
  return to;
}

function fits(chunk: Chunk, limits: ChunkLimits): boolean {
  return chunk.to - chunk.from <= limits.items && messageBytesOf(chunk) <= limits.messageBytes;
}

function cancellation({ reason }: AbortSignal): AccelError {
  return new AccelError("accel.cancelled", "the caller cancelled the batch", { cause: reason });
}

export class LaneQueues implements ChunkSource {
  readonly #capability: DeviceCapability;
  readonly #onWork: () => void;
  readonly #lanes: readonly Lane[];
  readonly #returned: OpenChunk[] = [];
  readonly #counters: DeviceCounters;
  #turn = 0;
  #failure: AccelError | undefined;
  #waitingItems = 0;

  /** @param onWork  called when chunks have appeared; may take them at once */
  constructor(capability: DeviceCapability, onWork: () => void) {
    this.#capability = capability;
    this.#onWork = onWork;
    this.#counters = new DeviceCounters(capability.lanes);
    this.#lanes = Array.from({ length: capability.lanes }, (_, index) => createLane(index));
  }

  /** See `SignatureDevice.canAcceptWork`. @errors accel.badLane */
  canAcceptWork(lane: number, itemCount: number): boolean {
    return this.#failure === undefined && this.#hasRoom(this.#laneAt(lane), itemCount);
  }

  /**
   * See `SignatureDevice.whenReady`. Several callers may be woken for the same room: ask `canAcceptWork` again.
   * @errors accel.badLane, accel.batchTooLarge (there will never be room), accel.closed, accel.deviceFailed
   */
  async whenReady(lane: number, itemCount: number): Promise<void> {
    const target = this.#laneAt(lane);
    if (this.#failure !== undefined) throw this.#failure;
    if (itemCount > this.#capability.batchItemsMax) {
      throw new AccelError("accel.batchTooLarge", `at most ${this.#capability.batchItemsMax} items in a batch`);
    }
    if (this.#hasRoom(target, itemCount)) return;
    await new Promise<void>((resolve, reject) => {
      target.waiters.push({ itemCount, resolve, reject });
    });
  }

  /** See `SignatureDevice.submit`. An empty batch has nothing to wait for and resolves at once. */
  async submit(lane: number, batch: SignatureBatch, options: SubmitOptions = {}): Promise<VerdictBitmap> {
    const target = this.#laneAt(lane);
    if (this.#failure !== undefined) throw this.#failure;
    checkBatch(batch, this.#capability);
    if (options.signal?.aborted === true) throw cancellation(options.signal);
    if (batch.count === 0) return createVerdicts(0);
    if (!this.#hasRoom(target, batch.count)) {
      throw new AccelError("accel.laneFull", `lane ${lane} has no room for ${batch.count} items; wait for whenReady`);
    }
    return await this.#enqueue(target, batch, options.signal);
  }

  get waitingItems(): number {
    return this.#waitingItems;
  }

  takeChunk(limits: ChunkLimits): OpenChunk | undefined {
    const [returned] = this.#returned;
    if (returned === undefined) return this.#nextFreshChunk(limits);
    if (limits.isJoining === true && (returned.deaths > 0 || !fits(returned, limits))) return undefined;
    return this.#returned.shift();
  }

  finishChunk(chunk: Chunk, busyMs: number): void {
    const { owner } = chunk as OpenChunk;
    this.#counters.addBusy(chunk.lane, busyMs);
    owner.unfinishedItems -= chunk.to - chunk.from;
    this.#settleComplete(owner.lane);
  }

  returnChunk(chunk: Chunk, isBlamed: boolean): void {
    const open = chunk as OpenChunk;
    if (open.owner.settled) return;
    this.#returned.push({ ...open, deaths: open.deaths + (isBlamed ? 1 : 0) });
    this.#onWork();
  }

  failBatch(chunk: Chunk, error: AccelError): void {
    const { owner } = chunk as OpenChunk;
    if (owner.settled) return;
    this.#counters.countFailed();
    this.#removeBatch(owner, error);
  }

  failAll(error: AccelError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#dropReturned(() => true);
    for (const lane of this.#lanes) this.#failLane(lane, error);
  }

  statistics(): DeviceStatistics {
    return this.#counters.snapshot();
  }

  #laneAt(lane: number): Lane {
    const found = this.#lanes[lane];
    if (found === undefined) {
      throw new AccelError("accel.badLane", `lane ${lane} is not one of 0..${this.#lanes.length - 1}`);
    }
    return found;
  }

  #hasRoom(lane: Lane, itemCount: number): boolean {
    const { batchItemsMax, queuedItemsMax } = this.#capability;
    return itemCount <= batchItemsMax && lane.queuedItems + itemCount <= queuedItemsMax;
  }

  #enqueue(lane: Lane, batch: SignatureBatch, signal: AbortSignal | undefined): Promise<VerdictBitmap> {
    const settled = new Promise<VerdictBitmap>((resolve, reject) => {
      const verdicts = createVerdicts(batch.count);
      const submittedMs = performance.now();
      const progress = { onAbort: undefined, nextItem: 0, unfinishedItems: batch.count, settled: false };
      const owner: OpenBatch = { lane, batch, verdicts, resolve, reject, signal, submittedMs, ...progress };
      if (signal !== undefined) this.#watchAbort(owner, signal);
      lane.open.push(owner);
    });
    lane.queuedItems += batch.count;
    this.#waitingItems += batch.count;
    this.#counters.countOpened(batch.count);
    this.#onWork();
    return settled;
  }

  #watchAbort(owner: OpenBatch, signal: AbortSignal): void {
    owner.onAbort = () => {
      this.#counters.countCancelled();
      this.#removeBatch(owner, cancellation(signal));
    };
    signal.addEventListener("abort", owner.onAbort, { once: true });
  }

  /** Takes an open batch out of the middle of its lane; those behind it move up. */
  #removeBatch(owner: OpenBatch, error: AccelError): void {
    const { lane } = owner;
    const place = lane.open.indexOf(owner);
    lane.open.splice(place, 1);
    if (place < lane.nextBatch) lane.nextBatch--;
    this.#dropReturned((returned) => returned.owner === owner);
    this.#release(owner);
    owner.reject(error);
    this.#settleComplete(lane);
    this.#wakeWaiters(lane);
  }

  #nextFreshChunk(limits: ChunkLimits): OpenChunk | undefined {
    const laneCount = this.#lanes.length;
    if (this.#waitingItems === 0) return undefined;
    for (let step = 0; step < laneCount; step++) {
      const index = (this.#turn + step) % laneCount;
      const chunk = this.#chunkOfLane(this.#lanes[index]!, limits);
      if (chunk === undefined) continue;
      this.#turn = (index + 1) % laneCount;
      return chunk;
    }
    return undefined;
  }

  #chunkOfLane(lane: Lane, limits: ChunkLimits): OpenChunk | undefined {
    const owner = lane.open[lane.nextBatch];
    if (owner === undefined) return undefined;
    const from = owner.nextItem;
    const to = endWithin(owner.batch, from, limits);
    const isCutShort = to < owner.batch.count && to - from < JOINED_ITEMS_MIN;
    if (to === from || (limits.isJoining === true && isCutShort)) return undefined;
    owner.nextItem = to;
    this.#waitingItems -= to - from;
    if (to === owner.batch.count) lane.nextBatch++;
    const { batch, verdicts, signal } = owner;
    return { owner, batch, verdicts, from, to, lane: lane.index, deaths: 0, signal };
  }

  /** Resolves the batches at the head of the lane as far as they are complete. */
  #settleComplete(lane: Lane): void {
    let isRoomNew = false;
    for (let head = lane.open[0]; head !== undefined && head.unfinishedItems === 0; head = lane.open[0]) {
      lane.open.shift();
      lane.nextBatch--;
      this.#release(head);
      this.#counters.countResolved(
        head.batch.count,
        countAccepted(head.verdicts),
        performance.now() - head.submittedMs,
      );
      head.resolve(head.verdicts);
      isRoomNew = true;
    }
    if (isRoomNew) this.#wakeWaiters(lane);
  }

  #release(owner: OpenBatch): void {
    owner.settled = true;
    owner.lane.queuedItems -= owner.batch.count;
    this.#waitingItems -= owner.batch.count - owner.nextItem;
    owner.nextItem = owner.batch.count;
    this.#counters.countClosed(owner.batch.count);
    if (owner.onAbort !== undefined) owner.signal?.removeEventListener("abort", owner.onAbort);
  }

  /**
   * Wakes every waiter whose items fit by themselves, though not all may fit together: waking fewer could leave one
   * asleep for ever, when those woken before it never submit.
   */
  #wakeWaiters(lane: Lane): void {
    const waiters = lane.waiters;
    lane.waiters = waiters.filter((waiter) => !this.#hasRoom(lane, waiter.itemCount));
    for (const waiter of waiters) {
      if (this.#hasRoom(lane, waiter.itemCount)) waiter.resolve();
    }
  }

  #failLane(lane: Lane, error: AccelError): void {
    for (const owner of lane.open.splice(0)) {
      this.#counters.countFailed();
      this.#release(owner);
      owner.reject(error);
    }
    lane.nextBatch = 0;
    for (const waiter of lane.waiters.splice(0)) waiter.reject(error);
  }

  #dropReturned(isDropped: (chunk: OpenChunk) => boolean): void {
    const kept = this.#returned.filter((chunk) => !isDropped(chunk));
    this.#returned.splice(0, this.#returned.length, ...kept);
  }
}
