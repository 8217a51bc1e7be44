import type { SignatureBatch, SignatureDevice, VerdictBitmap } from "./device.ts";

/**
 * Submits the batch as soon as its lane has room, and resolves to its verdicts. Batches that wait here are not yet in
 * the lane's order.
 * @errors those of `submit` except accel.laneFull
 */
export async function submitWhenReady(
  device: SignatureDevice,
  lane: number,
  batch: SignatureBatch,
): Promise<VerdictBitmap> {
  // Several callers wake for the same room, so the one who comes late waits again.
  while (!device.canAcceptWork(lane, batch.count)) await device.whenReady(lane, batch.count);
  return await device.submit(lane, batch);
}
