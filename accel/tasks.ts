/**
 * What a worker gets at once: chunks of one or more batches, one behind the other in flat arrays.
 *
 * Small batches of many lanes are joined, because a hop to a worker costs the same for one item as for hundreds and a
 * batch equation gets cheaper by the item the more items it has. A chunk that a worker has died of is not joined with
 * others: if it kills again, it is known whose fault that is.
 */
import { PUBLIC_KEY_STRIDE, SIGNATURE_LENGTH, type SignatureBatch, type VerdictBitmap } from "./device.ts";
import { type Chunk, type ChunkLimits, type ChunkSource, messageBytesOf } from "./lane-queues.ts";
import { copyVerdictsInto } from "./verdicts.ts";

export interface Task {
  readonly chunks: readonly Chunk[];
  readonly items: number;
  readonly messageBytes: number;
}

function taskOf(chunks: readonly Chunk[]): Task {
  const sum = (value: (chunk: Chunk) => number): number => chunks.reduce((total, chunk) => total + value(chunk), 0);
  return { chunks, items: sum(({ from, to }) => to - from), messageBytes: sum(messageBytesOf) };
}

/** Takes the next chunks within the limits together; undefined when nothing waits. */
export function takeTask(source: ChunkSource, limits: ChunkLimits): Task | undefined {
  const first = source.takeChunk(limits);
  if (first === undefined) return undefined;
  const chunks = [first];
  if (first.deaths > 0) return taskOf(chunks);
  let items = limits.items - (first.to - first.from);
  let messageBytes = limits.messageBytes - messageBytesOf(first);
  while (items > 0) {
    const next = source.takeChunk({ items, messageBytes, isJoining: true });
    if (next === undefined) break;
    chunks.push(next);
    items -= next.to - next.from;
    messageBytes -= messageBytesOf(next);
  }
  return taskOf(chunks);
}

/** The arrays of a batch without its count; long enough for what is copied into them. */
export type BatchArrays = Omit<SignatureBatch, "count">;

/** The items of the task stand in `target`, from item 0 and message byte 0 on. */
export function copyTaskInto(target: BatchArrays, { chunks }: Task): void {
  let item = 0;
  let messageByte = 0;
  target.messageOffsets[0] = 0;
  for (const chunk of chunks) {
    copyChunkInto(target, chunk, item, messageByte);
    item += chunk.to - chunk.from;
    messageByte += messageBytesOf(chunk);
  }
}

function copyChunkInto(target: BatchArrays, { batch, from, to }: Chunk, item: number, messageByte: number): void {
  const { algorithms, publicKeys, signatures, messages, messageOffsets } = batch;
  const firstByte = messageOffsets[from]!;
  target.algorithms.set(algorithms.subarray(from, to), item);
  target.publicKeys.set(
    publicKeys.subarray(from * PUBLIC_KEY_STRIDE, to * PUBLIC_KEY_STRIDE),
    item * PUBLIC_KEY_STRIDE,
  );
  target.signatures.set(signatures.subarray(from * SIGNATURE_LENGTH, to * SIGNATURE_LENGTH), item * SIGNATURE_LENGTH);
  target.messages.set(messages.subarray(firstByte, messageOffsets[to]), messageByte);
  const shift = messageByte - firstByte;
  for (let i = from; i < to; i++) target.messageOffsets[item + i - from + 1] = messageOffsets[i + 1]! + shift;
}

/** Returns the task as a batch of its own in fresh arrays, whose buffers may be transferred. */
export function batchOfTask(task: Task): SignatureBatch {
  const { items, messageBytes } = task;
  const arrays: BatchArrays = {
    algorithms: new Uint8Array(items),
    publicKeys: new Uint8Array(items * PUBLIC_KEY_STRIDE),
    signatures: new Uint8Array(items * SIGNATURE_LENGTH),
    messages: new Uint8Array(messageBytes),
    messageOffsets: new Uint32Array(items + 1),
  };
  copyTaskInto(arrays, task);
  return { count: items, ...arrays };
}

/** The chunks of the task are finished with the bits of `verdicts`; each bears its share of the time. */
export function finishTask(source: ChunkSource, task: Task, verdicts: VerdictBitmap, busyMs: number): void {
  let at = 0;
  for (const chunk of task.chunks) {
    const items = chunk.to - chunk.from;
    copyVerdictsInto({ verdicts: chunk.verdicts, at: chunk.from }, { verdicts, at }, items);
    source.finishChunk(chunk, (busyMs * items) / task.items);
    at += items;
  }
}
