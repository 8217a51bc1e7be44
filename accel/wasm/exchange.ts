/**
 * The memory that a worker shares with the thread that feeds it: a counter and room for two tasks.
 *
 *   control  int32 x 4: [0] tasks sent; the worker waits on it
 *   slot 0, 1, each: int32 count | int32 message bytes | message offsets | algorithms | keys | signatures | messages
 *
 * Task n lies in slot n mod 2. The feeder writes a slot only when the task that was in it has been answered, and counts
 * up only when the slot is written (`Atomics.add` orders the two), so neither side reads what the other writes. A task
 * costs no message and no new buffer; pages that no message ever reaches are never touched.
 */
import { PUBLIC_KEY_STRIDE, SIGNATURE_LENGTH, type SignatureBatch } from "../device.ts";
import { copyTaskInto, type Task } from "../tasks.ts";

/** What both sides need to see the same places. */
export interface ExchangeMemory {
  readonly buffer: SharedArrayBuffer;
  readonly itemsMax: number;
  readonly messageBytesMax: number;
}

const WORD = 4;
const CONTROL_BYTES = 16;
const SLOTS = 2;
const SENT = 0;
const COUNT = 0;
const MESSAGE_BYTES = 1;

interface Slot {
  readonly header: Int32Array;
  readonly arrays: Omit<SignatureBatch, "count">;
}

function slotBytes(itemsMax: number, messageBytesMax: number): number {
  const perItem = WORD + 1 + PUBLIC_KEY_STRIDE + SIGNATURE_LENGTH;
  const bytes = 2 * WORD + WORD + perItem * itemsMax + messageBytesMax;
  return (bytes + 15) & ~15;
}

function slotAt({ buffer, itemsMax, messageBytesMax }: ExchangeMemory, index: number): Slot {
  let at = CONTROL_BYTES + index * slotBytes(itemsMax, messageBytesMax);
  const bytes = (length: number): Uint8Array => {
    at += length;
    return new Uint8Array(buffer, at - length, length);
  };
  const header = new Int32Array(buffer, at, 2);
  at += 2 * WORD;
  const messageOffsets = new Uint32Array(buffer, at, itemsMax + 1);
  at += WORD * (itemsMax + 1);
  const arrays = {
    messageOffsets,
    algorithms: bytes(itemsMax),
    publicKeys: bytes(itemsMax * PUBLIC_KEY_STRIDE),
    signatures: bytes(itemsMax * SIGNATURE_LENGTH),
    messages: bytes(messageBytesMax),
  };
  return { header, arrays };
}

function controlOf({ buffer }: ExchangeMemory): Int32Array {
  return new Int32Array(buffer, 0, CONTROL_BYTES / WORD);
}

/** Returns memory for tasks of at most `itemsMax` items and `messageBytesMax` bytes of messages. */
export function createExchangeMemory(itemsMax: number, messageBytesMax: number): ExchangeMemory {
  const bytes = CONTROL_BYTES + SLOTS * slotBytes(itemsMax, messageBytesMax);
  return { buffer: new SharedArrayBuffer(bytes), itemsMax, messageBytesMax };
}

/** The side that sends. */
export class ExchangeSender {
  readonly #control: Int32Array;
  readonly #slots: readonly Slot[];
  #sent = 0;

  constructor(memory: ExchangeMemory) {
    this.#control = controlOf(memory);
    this.#slots = Array.from({ length: SLOTS }, (_, index) => slotAt(memory, index));
  }

  /** Copies the task and wakes the worker. The caller has at most one other task unanswered. */
  send(task: Task): void {
    const { header, arrays } = this.#slots[this.#sent++ % SLOTS]!;
    copyTaskInto(arrays, task);
    header[COUNT] = task.items;
    header[MESSAGE_BYTES] = task.messageBytes;
    Atomics.add(this.#control, SENT, 1);
    Atomics.notify(this.#control, SENT, 1);
  }
}

/** The side that works. */
export class ExchangeReceiver {
  readonly #control: Int32Array;
  readonly #slots: readonly Slot[];
  #received = 0;

  constructor(memory: ExchangeMemory) {
    this.#control = controlOf(memory);
    this.#slots = Array.from({ length: SLOTS }, (_, index) => slotAt(memory, index));
  }

  /** Blocks the thread until there is a task. Its arrays are valid until it is answered. */
  receive(): SignatureBatch {
    while (Atomics.load(this.#control, SENT) === this.#received) Atomics.wait(this.#control, SENT, this.#received);
    const { header, arrays } = this.#slots[this.#received++ % SLOTS]!;
    return { count: header[COUNT]!, ...arrays, messages: arrays.messages.subarray(0, header[MESSAGE_BYTES]) };
  }
}
