/**
 * Which kernels this machine uses. `npm run build` makes two of one source: integer SIMD, which every supported engine
 * has, and relaxed SIMD, which is faster where the engine knows it and the processor multiplies and adds in one step.
 * The relaxed module is taken when it proves itself for all that it has; else the integer module.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AccelError } from "../errors.ts";
import { SignatureKernel } from "./kernel.ts";
import { selfCheck } from "./known-answers.ts";

export type KernelVariant = "relaxed" | "integer";

/** A compiled module that passed its self-check on this machine; modules go to workers as they are. */
export interface ChosenKernel {
  readonly variant: KernelVariant;
  readonly module: WebAssembly.Module;
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

/** True when the module works for all that it has, or, where `isPartEnough`, for a part of it. */
function provesItself(module: WebAssembly.Module, isPartEnough: boolean): boolean {
  const kernel = new SignatureKernel(module);
  const { algorithms, isBroken } = selfCheck(kernel);
  return !isBroken && algorithms.length > 0 && (isPartEnough || algorithms.length === kernel.algorithms.length);
}

function isUsableRelaxed(module: WebAssembly.Module): boolean {
  return new SignatureKernel(module).isFused && provesItself(module, false);
}

/**
 * Returns the fastest kernels that work here.
 * @param folder   where the modules lie; default build/kernels of the project
 * @param variant  this one and no other
 * @errors accel.noKernels
 */
export function chooseKernel(folder?: string, variant?: KernelVariant): ChosenKernel {
  const where = folder ?? defaultFolder();
  const isWanted = (candidate: KernelVariant): boolean => variant === undefined || variant === candidate;
  const relaxed = isWanted("relaxed") ? compile(where, "relaxed") : undefined;
  if (relaxed !== undefined && isUsableRelaxed(relaxed)) return { variant: "relaxed", module: relaxed };
  const integer = isWanted("integer") ? compile(where, "integer") : undefined;
  if (integer !== undefined && provesItself(integer, true)) return { variant: "integer", module: integer };
  throw new AccelError("accel.noKernels", `no usable kernels in ${where}; run npm run build`);
}
