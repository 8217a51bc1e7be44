/** A device made of `LaneQueues` and of what computes the verdicts: the methods of the interface, for every driver. */
import type { DeviceCapability, SignatureBatch, SignatureDevice, SubmitOptions } from "./device.ts";
import { AccelError } from "./errors.ts";
import { LaneQueues } from "./lane-queues.ts";
import type { ChunkRunner } from "./thread-runner.ts";

/** The methods of a device over `queues`; `close` ends what `runner` runs. */
export function createQueuedDevice<R extends ChunkRunner>(
  capability: DeviceCapability,
  createRunner: (queues: LaneQueues) => R,
): { device: SignatureDevice; queues: LaneQueues; runner: R } {
  const queues: LaneQueues = new LaneQueues(capability, () => runner.wake());
  const runner = createRunner(queues);
  const device: SignatureDevice = {
    capability,
    canAcceptWork: (lane: number, itemCount: number) => queues.canAcceptWork(lane, itemCount),
    whenReady: (lane: number, itemCount: number) => queues.whenReady(lane, itemCount),
    submit: (lane: number, batch: SignatureBatch, options?: SubmitOptions) => queues.submit(lane, batch, options),
    statistics: () => queues.statistics(),
    close: async () => {
      queues.failAll(new AccelError("accel.closed", "the device was closed"));
      await runner.close();
    },
  };
  return { device, queues, runner };
}
