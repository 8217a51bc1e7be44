/** Every driver, for tests that put the same items through all of them. */
import assert from "node:assert/strict";
import { createCheckedDevice } from "../../../accel/checked/device.ts";
import type { SignatureDevice } from "../../../accel/device.ts";
import type { LimitOptions } from "../../../accel/device-options.ts";
import { createModelDevice } from "../../../accel/model/device.ts";
import { createReferenceDevice } from "../../../accel/reference/device.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { createWasmDevice } from "../../../accel/wasm/device.ts";

export interface DriverOptions extends LimitOptions {
  readonly sm2UserId?: string | undefined;
}

export interface Driver {
  readonly id: string;
  readonly create: (options: DriverOptions) => SignatureDevice;
}

function createChecked(options: DriverOptions): SignatureDevice {
  return createCheckedDevice({
    fast: createWasmDevice({ workers: 1, ...options }),
    reference: createReferenceDevice({ workers: 0, ...options }),
    sampleEvery: 10,
    onQuarantine: (quarantine) => assert.fail(JSON.stringify(quarantine)),
  });
}

function createModel({ sm2UserId, ...limits }: DriverOptions): SignatureDevice {
  return createModelDevice({ serviceUs: 10, hopUs: 100, verifier: createReferenceVerifier({ sm2UserId }), ...limits });
}

export const DRIVERS: readonly Driver[] = [
  { id: "reference, 0 workers", create: (options) => createReferenceDevice({ workers: 0, ...options }) },
  { id: "reference, 2 workers", create: (options) => createReferenceDevice({ workers: 2, ...options }) },
  { id: "wasm, 0 workers", create: (options) => createWasmDevice({ workers: 0, ...options }) },
  { id: "wasm, 2 workers", create: (options) => createWasmDevice({ workers: 2, ...options }) },
  {
    id: "wasm, integer kernels",
    create: (options) => createWasmDevice({ workers: 0, kernelVariant: "integer", ...options }),
  },
  { id: "model", create: createModel },
  { id: "wasm, checked", create: createChecked },
];
