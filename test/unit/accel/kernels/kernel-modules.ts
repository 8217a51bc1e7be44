/** The modules of build/kernels for tests and measurements: on the calling thread, without a driver around them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// dist/test/unit/accel/kernels -> build/kernels
const FOLDER = new URL("../../../../../build/kernels/", import.meta.url);

function bytesOf(name: string): Uint8Array<ArrayBuffer> {
  return readFileSync(fileURLToPath(new URL(`${name}.wasm`, FOLDER))) as Uint8Array<ArrayBuffer>;
}

/** A fresh instance of build/kernels/NAME.wasm. */
export function instantiateKernel<T>(name: string): T {
  return new WebAssembly.Instance(new WebAssembly.Module(bytesOf(name))).exports as unknown as T;
}

/** Whether the node would take the relaxed kernels here: the engine has them and the machine fuses. */
function canFuse(): boolean {
  if (!WebAssembly.validate(bytesOf("signatures-relaxed"))) return false;
  const { isFused } = instantiateKernel<{ isFused(): number }>("signatures-relaxed");
  return isFused() === 1;
}

/** NAME, and NAME-relaxed where the node would take it. */
export function variantsOf(name: string): readonly string[] {
  return canFuse() ? [name, `${name}-relaxed`] : [name];
}
