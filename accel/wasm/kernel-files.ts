/**
 * Which kernels this machine uses. `npm run build` makes two of one source: integer SIMD, which every supported engine
 * has, and relaxed SIMD, which is faster where the engine knows it and the processor multiplies and adds in one step.
 * The relaxed module is taken when it proves itself for all that it has; else the integer module.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AccelError } from "../errors.ts";
import { SignatureKernel } from "./kernel.ts";
import { type SelfCheck, selfCheck } from "./known-answers.ts";

export type KernelVariant = "relaxed" | "integer";

/** A compiled module that passed its self-check on this machine; modules go to workers as they are. */
export interface ChosenKernel {
  readonly variant: KernelVariant;
  readonly module: WebAssembly.Module;
  /** The instance that was checked, and what it may be used for: for the calling thread. */
  readonly kernel: SignatureKernel;
  readonly check: SelfCheck;
}

const FILES: Readonly<Record<KernelVariant, string>> = {
  relaxed: "signatures-relaxed.wasm",
  integer: "signatures.wasm",
};

/** build/kernels, from dist/accel/wasm. */
function defaultFolder(): string {
  return fileURLToPath(new URL("../../../build/kernels/", import.meta.url));
}

/** The compiled module; undefined when there is no such file or the engine does not know what is in it. */
function compile(folder: string, variant: KernelVariant): WebAssembly.Module | undefined {
  const path = `${folder.replace(/\/$/, "")}/${FILES[variant]}`;
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
}

/** The kernels of that variant when they work for all that they have, the integer ones also when for a part of it. */
function proven(folder: string, variant: KernelVariant): ChosenKernel | undefined {
  const module = compile(folder, variant);
  if (module === undefined) return undefined;
  const kernel = new SignatureKernel(module);
  if (variant === "relaxed" && !kernel.isFused) return undefined;
  const check = selfCheck(kernel);
  const isWhole = check.algorithms.length === kernel.algorithms.length && check.canRecover === kernel.canRecover;
  const isEnough = isWhole || variant === "integer";
  return check.algorithms.length > 0 && isEnough ? { variant, module, kernel, check } : undefined;
}

/**
 * Returns the fastest kernels that work here.
 * @param folder   where the modules lie; default build/kernels of the project
 * @param variant  this one and no other
 * @errors accel.noKernels
 */
export function chooseKernel(folder?: string, variant?: KernelVariant): ChosenKernel {
  const where = folder ?? defaultFolder();
  for (const candidate of ["relaxed", "integer"] as const) {
    if (variant !== undefined && variant !== candidate) continue;
    const chosen = proven(where, candidate);
    if (chosen !== undefined) return chosen;
  }
  throw new AccelError("accel.noKernels", `no usable kernels in ${where}; run npm run build`);
}
