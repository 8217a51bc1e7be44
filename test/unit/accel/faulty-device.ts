/**
 * A device that works until it is told to go wrong: it lies, hangs, rejects, answers nonsense, or calls those who wait and
 * has no room for them (`noRoom`).
 */
import type { SignatureBatch, SignatureDevice, SubmitOptions, VerdictBitmap } from "../../../accel/device.ts";
import { AccelError } from "../../../accel/errors.ts";

export type Fault =
  | "none"
  | "acceptsAll"
  | "refusesAll"
  | "hangs"
  | "rejects"
  | "throws"
  | "shortAnswer"
  | "strayBits"
  | "noRoom";

export interface FaultyDevice extends SignatureDevice {
  /** From now on. */
  fault: Fault;
  readonly isClosed: boolean;
  /** Batches that were submitted. */
  readonly submitted: number;
}

function spoil(fault: Fault, verdicts: VerdictBitmap, count: number): VerdictBitmap {
  const isUnused = (byte: number, bit: number): boolean => 8 * byte + bit >= count;
  const usedBits = (byte: number): number => {
    let bits = 0;
    for (let bit = 0; bit < 8; bit++) if (!isUnused(byte, bit)) bits |= 1 << bit;
    return bits;
  };
  switch (fault) {
    case "acceptsAll":
      return verdicts.map((_, byte) => usedBits(byte));
    case "refusesAll":
      return verdicts.map(() => 0);
    case "shortAnswer":
      return verdicts.subarray(1);
    case "strayBits":
      return verdicts.map((bits, byte) => bits | (0xff & ~usedBits(byte)));
    default:
      return verdicts;
  }
}

/** Returns a device over `inner`, whose verdicts it spoils. */
export function createFaultyDevice(inner: SignatureDevice, fault: Fault = "none"): FaultyDevice {
  let isClosed = false;
  let submitted = 0;
  const device: FaultyDevice = {
    fault,
    get isClosed() {
      return isClosed;
    },
    get submitted() {
      return submitted;
    },
    capability: inner.capability,
    canAcceptWork: (lane: number, itemCount: number) =>
      device.fault !== "noRoom" && inner.canAcceptWork(lane, itemCount),
    whenReady: (lane: number, itemCount: number) => inner.whenReady(lane, itemCount),
    submit: (lane: number, batch: SignatureBatch, options?: SubmitOptions): Promise<VerdictBitmap> => {
      submitted++;
      const now = device.fault;
      if (now === "hangs") return new Promise(() => undefined);
      if (now === "rejects") return Promise.reject(new AccelError("accel.deviceFailed", "for the test"));
      if (now === "throws") throw new TypeError("for the test");
      return inner.submit(lane, batch, options).then((verdicts) => spoil(now, verdicts, batch.count));
    },
    statistics: () => inner.statistics(),
    close: async () => {
      isClosed = true;
      await inner.close();
    },
  };
  return device;
}
