/**
 * The kernels of accel/kernels as WebAssembly modules in build/kernels.
 *
 * One module for each entry that is there, and a second one with relaxed SIMD where the entry's code differs with it.
 * The options are targets of the root asconfig.json. A module is compiled when a file changed that it is made of.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesUnder, fingerprint, readStamp, writeStamp } from "./fingerprint.mjs";
import { run } from "./run.mjs";

/** An entry whose text has this line has a variant with relaxed SIMD. */
const RELAXED_MARK = "// variant: relaxed-simd";
const MAIN_ENTRIES = ["hashes", "signatures"];

/** Modules that are compiled at the same time; each takes a processor and some hundred megabytes. */
const COMPILERS = 2;

function compilerInputs(root) {
  return [join(root, "asconfig.json"), join(root, "node_modules", "assemblyscript", "package.json")];
}

/** Every source that a kernel module depends on. */
export function kernelInputs(root) {
  return [...compilerInputs(root), ...filesUnder(join(root, "accel", "kernels"), (name) => name.endsWith(".ts"))];
}

/** The entry and all that it imports, sorted. */
export function sourcesOf(entry) {
  const found = new Set([entry]);
  for (const file of found) {
    if (!existsSync(file)) continue;
    for (const [, path] of readFileSync(file, "utf8").matchAll(/\bfrom\s+"(\.[^"]+)"/g)) {
      found.add(`${join(dirname(file), path)}.ts`);
    }
  }
  return [...found].sort();
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

/** Every module that there should be, with the stamp of what it is made of. */
function modulesOf(root, folder) {
  return entriesOf(root).flatMap(({ path, name, isRelaxed }) => {
    const stamp = fingerprint(root, [...compilerInputs(root), ...sourcesOf(path)]);
    const plain = { path, outFile: join(folder, `${name}.wasm`), target: "kernels", stamp };
    if (!isRelaxed) return [plain];
    return [plain, { path, outFile: join(folder, `${name}-relaxed.wasm`), target: "kernels-relaxed", stamp }];
  });
}

function stampOf({ outFile }) {
  return outFile.replace(/\.wasm$/, ".stamp");
}

/** Takes away what is no module any more, and the modules that have to be made again. */
function removeOutdated(folder, modules) {
  const upToDate = modules.filter(
    (module) => existsSync(module.outFile) && readStamp(stampOf(module)) === module.stamp,
  );
  const kept = new Set(upToDate.flatMap((module) => [module.outFile, stampOf(module)]));
  for (const file of filesUnder(folder, () => true)) if (!kept.has(file)) rmSync(file);
  return modules.filter((module) => !upToDate.includes(module));
}

/** Compiles every kernel whose sources changed; modules whose entry is gone are taken away. */
export async function compileKernels(root) {
  const folder = join(root, "build", "kernels");
  mkdirSync(folder, { recursive: true });
  const missing = removeOutdated(folder, modulesOf(root, folder));
  const compileNext = async () => {
    for (let module = missing.shift(); module !== undefined; module = missing.shift()) {
      await compile(root, module);
      writeStamp(stampOf(module), module.stamp);
    }
  };
  // All have ended before a failure is told: nothing is written behind the back of the next build.
  const outcomes = await Promise.allSettled(Array.from({ length: COMPILERS }, compileNext));
  const failed = outcomes.find(({ status }) => status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
