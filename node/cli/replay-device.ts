/** The accelerator of a replay: the one a node on this machine would open, by the same settings. */
import { destination, pino } from "pino";
import type { Quarantine } from "../../accel/checked/device.ts";
import type { SignatureDevice } from "../../accel/device.ts";
import { verifyItems } from "../../accel/verify-items.ts";
import type { VerifyItems } from "../../runtime/verdicts/store.ts";
import { NodeError } from "../../vm/errors.ts";
import { openAccelerator } from "../accelerator.ts";
import { loadConfig } from "../config/load-config.ts";
import { nodeEnvironment } from "./node-environment.ts";

export interface ReplayDeviceOptions {
  readonly sm2UserId: string;
  /** A device in place of the kernels, as `NodeOptions.createDevice`. */
  readonly createDevice?: () => SignatureDevice;
}

/**
 * Resolves to what `work` gives; the device is closed then. Its log goes to standard error.
 * @errors those of `work`; node.noKernels (Rejected); node.wrongVerdict (NodeError): a verdict of the device was found
 * wrong, and nobody knows of the earlier ones
 */
export async function withReplayDevice<T>(
  { sm2UserId, createDevice }: ReplayDeviceOptions,
  work: (verify: VerifyItems) => Promise<T>,
): Promise<T> {
  const { accelerator: config } = loadConfig({ environment: nodeEnvironment() });
  const found: Quarantine[] = [];
  const log = pino({ level: "error" }, destination({ dest: 2, sync: true }));
  const onQuarantine = (quarantine: Quarantine): void => void found.push(quarantine);
  const { device } = openAccelerator({ config, sm2UserId, log, createDevice, onQuarantine });
  try {
    const result = await work((items) => verifyItems(device, items));
    const wrong = found.find(({ kind }) => kind === "mismatch");
    if (wrong === undefined) return result;
    const advice = "CINNABAR_ACCELERATOR_DRIVER=reference replays without it";
    const text = `The device answered wrongly (${advice}): ${JSON.stringify(wrong.evidence)}`;
    throw new NodeError("node.wrongVerdict", text);
  } finally {
    await device.close();
  }
}
