/**
 * The kernels of accel/kernels as WebAssembly modules in build/kernels.
 *
 * One module for each entry that is there, and a second one with relaxed SIMD where the entry's code differs with it.
 * The options are targets of the root asconfig.json.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { filesUnder } from "./fingerprint.mjs";
import { run } from "./run.mjs";

/** An entry whose text has this line has a variant with relaxed SIMD. */
const RELAXED_MARK = "// variant: relaxed-simd";
const MAIN_ENTRIES = ["hashes", "signatures"];

/** Every source that a kernel module depends on. */
export function kernelInputs(root) {
  const files = [join(root, "asconfig.json"), join(root, "node_modules", "assemblyscript", "package.json")];
  return [...files, ...filesUnder(join(root, "accel", "kernels"), (name) => name.endsWith(".ts"))];
}

function entriesOf(root) {
  const folder = join(root, "accel", "kernels");
  const probes = filesUnder(join(folder, "probe"), (name) => name.endsWith(".ts"));
  const named = MAIN_ENTRIES.map((name) => join(folder, `${name}.ts`)).filter((path) => existsSync(path));
  return [...named, ...probes].map((path) => {
    const relative = path.slice(folder.length + 1).replaceAll("\\", "/");
    const name = relative.replace(/\.ts$/, "").replace("/", "-");
    return { path, name, isRelaxed: readFileSync(path, "utf8").includes(RELAXED_MARK) };
  });
}

function compile(root, { path, outFile, target }) {
  const asc = join(root, "node_modules", "assemblyscript", "bin", "asc.js");
  const config = ["--config", join(root, "asconfig.json"), "--target", target];
  return run(process.execPath, [asc, path, "--baseDir", root, ...config, "--outFile", outFile], {
    cwd: root,
    what: `the build of the kernel ${path}`,
  });
}

/** Compiles every kernel, one after the other; modules whose entry is gone are taken away. */
export async function compileKernels(root) {
  const folder = join(root, "build", "kernels");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { path, name, isRelaxed } of entriesOf(root)) {
    await compile(root, { path, outFile: join(folder, `${name}.wasm`), target: "kernels" });
    if (!isRelaxed) continue;
    await compile(root, { path, outFile: join(folder, `${name}-relaxed.wasm`), target: "kernels-relaxed" });
  }
}
