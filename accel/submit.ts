import type { SignatureBatch, SignatureDevice, SubmitOptions, VerdictBitmap } from "./device.ts";

/** Wake-ups in vain after which the event loop gets a turn. */
const WAKES_MAX = 16;

/**
 * Submits the batch as soon as its lane has room, and resolves to its verdicts. Batches that wait here are not yet in
 * the lane's order; a signal that cancels them is heard when they wake. A device that wakes them and has no room, again and
 * again, does not hold up the event loop: whoever watches over it has to come to his turn.
 * @errors those of `submit` except accel.laneFull
 */
export async function submitWhenReady(
  device: Pick<SignatureDevice, "canAcceptWork" | "whenReady" | "submit">,
  lane: number,
  batch: SignatureBatch,
  options?: SubmitOptions,
): Promise<VerdictBitmap> {
  // Several callers wake for the same room, so the one who comes late waits again.
  for (let wakes = 1; !device.canAcceptWork(lane, batch.count); wakes++) {
    await device.whenReady(lane, batch.count);
    if (options?.signal?.aborted === true) break;
    if (wakes % WAKES_MAX === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return await device.submit(lane, batch, options);
}
