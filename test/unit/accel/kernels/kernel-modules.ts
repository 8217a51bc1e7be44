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

/** NAME, and NAME-relaxed where this engine has relaxed SIMD. */
export function variantsOf(name: string): readonly string[] {
  return [name, `${name}-relaxed`].filter((each) => WebAssembly.validate(bytesOf(each)));
}
