/** Options that drivers have in common, and the capability they give. */
import { ALGORITHMS, type DeviceCapability, LANE_COUNT } from "./device.ts";
import { AccelError } from "./errors.ts";

export interface LimitOptions {
  /** Items of one batch. */
  readonly batchItemsMax?: number | undefined;
  /** Bytes of all messages of one batch. */
  readonly messageBytesMax?: number | undefined;
  /** Items that may wait on one lane, at least `batchItemsMax`; default four full batches, at least 4096. */
  readonly queuedItemsMax?: number | undefined;
}

/** Most worker threads of a driver: one for each lane. */
export const WORKERS_MAX = LANE_COUNT;
/** Most message bytes of one batch that any driver here takes. */
const MESSAGE_BYTES_MAX = 2 ** 30;

/** Returns the value when it is a whole number of the range. @errors accel.badOption */
export function checkRange(name: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new AccelError("accel.badOption", `${name} is ${value}, must be a whole number in ${min}..${max}`);
}

/**
 * Returns the capability of a driver with 96 lanes and all algorithms.
 * @errors accel.badOption
 */
export function capabilityOf(
  name: string,
  options: LimitOptions,
  defaults: { readonly batchItemsMax: number; readonly messageBytesMax: number },
): DeviceCapability {
  const itemsMax = checkRange("batchItemsMax", options.batchItemsMax ?? defaults.batchItemsMax, 1, 2 ** 20);
  const messageBytesMax = options.messageBytesMax ?? defaults.messageBytesMax;
  const queuedItemsMax = options.queuedItemsMax ?? Math.max(4 * defaults.batchItemsMax, itemsMax);
  return Object.freeze({
    name,
    lanes: LANE_COUNT,
    algorithms: Object.freeze(Object.values(ALGORITHMS)),
    batchItemsMax: itemsMax,
    messageBytesMax: checkRange("messageBytesMax", messageBytesMax, 1, MESSAGE_BYTES_MAX),
    queuedItemsMax: checkRange("queuedItemsMax", queuedItemsMax, itemsMax, 2 ** 24),
  });
}
