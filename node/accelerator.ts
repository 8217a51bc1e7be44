/**
 * The accelerator of a node, by its configuration: kernels on threads, checked by the reference, or the reference alone.
 *
 * `auto` takes the kernels where they work and says in the log when they do not; `wasm` wants them and refuses to start
 * without. A device of one's own (a card) takes the place of the kernels and is checked in the same way. A quarantine is
 * logged as an error, shows in status and metrics, and ends with the process: someone has to look first.
 */
import { availableParallelism } from "node:os";
import type { Logger } from "pino";
import {
  type CheckedDevice,
  type CheckedDeviceStatistics,
  createCheckedDevice,
  type Quarantine,
} from "../accel/checked/device.ts";
import type { DeviceStatistics, SignatureDevice } from "../accel/device.ts";
import { AccelError } from "../accel/errors.ts";
import { createReferenceDevice } from "../accel/reference/device.ts";
import { createWasmDevice, type WasmDeviceStatistics } from "../accel/wasm/device.ts";
import { Rejected } from "../vm/errors.ts";
import type { NodeConfig } from "./config/schema.ts";

export interface AcceleratorOptions {
  readonly config: NodeConfig["accelerator"];
  readonly sm2UserId: string;
  readonly log: Logger;
  /** A device of one's own in place of the kernels. */
  readonly createDevice?: (() => SignatureDevice) | undefined;
  /** Where the compiled kernels lie; default build/kernels. */
  readonly kernelFolder?: string | undefined;
  /** Told once when the device is given up: what it answered before is in doubt. */
  readonly onQuarantine?: ((quarantine: Quarantine) => void) | undefined;
}

/** How the accelerator is, for status and metrics. */
export interface AcceleratorReport {
  readonly name: string;
  readonly lanes: number;
  readonly state: "ok" | "quarantined";
  /** Why it is quarantined; empty while it is not. */
  readonly reason: string;
  /** Which kernels run, null where none do; algorithms that they decide. */
  readonly kernels: string | null;
  readonly kernelAlgorithms: readonly string[];
  readonly items: number;
  readonly queuedItems: number;
  readonly checkedItems: number;
  readonly mismatches: number;
  /** Items decided by the reference in place of the device or its kernels. */
  readonly fallbackItems: number;
  readonly workerRestarts: number;
  readonly busyMs: number;
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
}

export interface Accelerator {
  readonly device: SignatureDevice;
  report(): AcceleratorReport;
}

/**
 * Returns the accelerator, ready for work; closing its device ends it.
 * @errors node.noKernels: `wasm` was asked for and the kernels are not there or do not work
 */
export function openAccelerator(options: AcceleratorOptions): Accelerator {
  const { config, sm2UserId } = options;
  const workers = config.workers ?? Math.max(1, availableParallelism() - 1);
  const fast = createFast(options, workers);
  if (fast === undefined) return reported(createReferenceDevice({ workers, sm2UserId }));
  return reported(createChecked(options, fast, workers));
}

/** The device that is checked; undefined when the reference alone is wanted, or all there is. */
function createFast(options: AcceleratorOptions, workers: number): SignatureDevice | undefined {
  const { config, sm2UserId, log, createDevice, kernelFolder } = options;
  if (createDevice !== undefined) return createDevice();
  if (config.driver === "reference") return undefined;
  try {
    return createWasmDevice({ workers, sm2UserId, deadlineMs: Math.ceil(config.hangMs / 3), kernelFolder });
  } catch (cause) {
    if (!(cause instanceof AccelError) || cause.code !== "accel.noKernels") throw cause;
    if (config.driver === "auto") {
      log.warn({ err: cause }, "no kernels: signatures are verified by the reference, which is slow");
      return undefined;
    }
    throw new Rejected("node.noKernels", "The compiled kernels are not there or do not work on this machine.", {
      hint: "Run npm run build, or set accelerator.driver to auto or reference.",
    });
  }
}

/** One reference thread checks; as many as the device had take over after a quarantine. */
function createChecked(options: AcceleratorOptions, fast: SignatureDevice, workers: number): CheckedDevice {
  const { config, sm2UserId, log, onQuarantine } = options;
  const createReference = (threads: number) => createReferenceDevice({ workers: threads, sm2UserId, isWarm: true });
  return createCheckedDevice({
    fast,
    reference: createReference(Math.min(1, workers)),
    createFallback: workers > 1 ? () => createReference(workers) : undefined,
    sampleEvery: config.sampleEvery,
    hangMs: config.hangMs,
    onQuarantine: (quarantine) => {
      logQuarantine(log, quarantine);
      onQuarantine?.(quarantine);
    },
  });
}

function logQuarantine(log: Logger, { kind, device, message, evidence, cause }: Quarantine): void {
  log.error({ kind, device, evidence, err: cause }, `accelerator quarantined, the reference decides: ${message}`);
}

type AnyStatistics = DeviceStatistics & Partial<WasmDeviceStatistics> & Partial<CheckedDeviceStatistics>;

function reported(device: SignatureDevice): Accelerator {
  return { device, report: () => reportOf(device) };
}

/** The last bound stands for everything above it: JSON has no infinity. */
function finite(valueMs: number, { latencyMs }: DeviceStatistics): number {
  return Number.isFinite(valueMs) ? valueMs : latencyMs.bounds.at(-1)!;
}

function reportOf(device: SignatureDevice): AcceleratorReport {
  const statistics: AnyStatistics = device.statistics();
  const inner: AnyStatistics = statistics.fast ?? statistics;
  const { quarantine = null } = statistics;
  const { name, lanes } = device.capability;
  const innerFallbackItems = statistics.fast === undefined ? 0 : (inner.fallbackItems ?? 0);
  return {
    name,
    lanes,
    state: quarantine === null ? "ok" : "quarantined",
    reason: quarantine === null ? "" : `${quarantine.kind}: ${quarantine.message}`,
    kernels: inner.kernelVariant ?? null,
    kernelAlgorithms: inner.kernelAlgorithms ?? [],
    items: statistics.items,
    queuedItems: statistics.queuedItems,
    checkedItems: statistics.checkedItems ?? 0,
    mismatches: statistics.mismatches ?? 0,
    fallbackItems: (statistics.fallbackItems ?? 0) + innerFallbackItems,
    workerRestarts: inner.workerRestarts ?? 0,
    busyMs: statistics.busyMs,
    latencyP50Ms: finite(statistics.latencyP50Ms, statistics),
    latencyP99Ms: finite(statistics.latencyP99Ms, statistics),
  };
}
