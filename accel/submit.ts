import type { SignatureBatch, SignatureDevice, SubmitOptions, VerdictBitmap } from "./device.ts";

/**
 * Submits the batch as soon as its lane has room, and resolves to its verdicts. Batches that wait here are not yet in
 * the lane's order; a signal that cancels them is heard when there is room.
 * @errors those of `submit` except accel.laneFull
 */
export async function submitWhenReady(
  device: SignatureDevice,
  lane: number,
  batch: SignatureBatch,
  options?: SubmitOptions,
): Promise<VerdictBitmap> {
  // Several callers wake for the same room, so the one who comes late waits again.
  while (!device.canAcceptWork(lane, batch.count)) await device.whenReady(lane, batch.count);
  return await device.submit(lane, batch, options);
}
