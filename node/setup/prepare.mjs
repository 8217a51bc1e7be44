/**
 * What a fresh clone needs before anything of it can run: packages, compiled TypeScript, contracts and
 * kernels.
 *
 * This folder is plain JavaScript without dependencies, because it runs before anything is installed. Each step looks
 * at what is there and does nothing when it is up to date, so that every command may call `prepare` first: about 30 ms
 * then.
 */
import { existsSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { filesUnder, fingerprint, readStamp, writeStamp } from "./fingerprint.mjs";
import { compileKernels, kernelInputs } from "./kernels.mjs";
import { withLock } from "./lock.mjs";
import { say, step } from "./progress.mjs";
import { run, SetupError } from "./run.mjs";

/** The project's root folder. */
export const ROOT = resolve(dirname(realpathSync(fileURLToPath(import.meta.url))), "../..");

const NODE_MINIMUM = [20, 19];
const SOURCE_FOLDERS = ["accel", "vm", "runtime", "contracts", "node", "test"];
const TYPESCRIPT_STAMP = join(ROOT, "dist", ".stamp");
const CONTRACTS_STAMP = join(ROOT, "build", ".stamp");
const KERNELS_STAMP = join(ROOT, "build", ".stamp-kernels");

/** Throws SetupError when this Node.js is older than the project supports. */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = NODE_MINIMUM;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupError(`Cinnabar needs Node.js ${NODE_MINIMUM.join(".")} or newer; this is ${version}`);
}

function lockedPackages(path) {
  return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
}

/**
 * True when node_modules holds what package-lock.json names. npm leaves its own record of what it installed; both are
 * compared by name and version, and a package that is optional on this platform may be absent.
 */
export function isInstalled(root = ROOT) {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const installed = lockedPackages(record);
  return Object.entries(lockedPackages(join(root, "package-lock.json"))).every(([path, wanted]) => {
    if (path === "") return true;
    const there = installed[path];
    return there === undefined ? wanted.optional === true : there.version === wanted.version;
  });
}

/** The npm that runs us, when one does; else the one on the path. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js") && existsSync(script)) return { command: process.execPath, before: [script] };
  return { command: "npm", before: [] };
}

async function install() {
  const { command, before } = npmCommand();
  const args = [...before, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const options = { cwd: ROOT, shell: process.platform === "win32" && before.length === 0, what: "npm ci" };
  try {
    await step("packages (npm ci)", () => run(command, args, options));
  } catch (error) {
    const hint = "the packages could not be installed; is the npm registry reachable? Then: npm ci --ignore-scripts";
    throw new SetupError(`${error.message}: ${hint}`, error.output);
  }
}

const isSource = (name) => name.endsWith(".ts");

function typescriptFiles() {
  return SOURCE_FOLDERS.flatMap((folder) => filesUnder(join(ROOT, folder), isSource));
}

function typescriptInputs() {
  const compiler = join(ROOT, "node_modules", "typescript", "package.json");
  return [join(ROOT, "tsconfig.json"), compiler, ...typescriptFiles()];
}

/** Takes away compiled files whose source is gone: a deleted test must not run on. */
function removeOrphans() {
  const compiled = filesUnder(join(ROOT, "dist"), (name) => /\.(?:js|js\.map|d\.ts)$/.test(name));
  for (const file of compiled) {
    const source = join(ROOT, relative(join(ROOT, "dist"), file)).replace(/\.(?:js|js\.map|d\.ts)$/, ".ts");
    if (!existsSync(source)) rmSync(file);
  }
}

async function compileTypescript(stamp) {
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  rmSync(TYPESCRIPT_STAMP, { force: true });
  await step("TypeScript (tsc)", () =>
    run(process.execPath, [tsc, "-p", ROOT, "--pretty", "false"], {
      cwd: ROOT,
      what: "the TypeScript build",
    }),
  );
  removeOrphans();
  writeStamp(TYPESCRIPT_STAMP, stamp);
}

function contractInputs() {
  const versions = ["assemblyscript", "binaryen"].map((name) => join(ROOT, "node_modules", name, "package.json"));
  const sources = filesUnder(join(ROOT, "contracts"), (name) => isSource(name) && !name.endsWith(".test.ts"));
  const files = ["asconfig.json", "vm/abi.ts", "vm/limits.ts"].map((path) => join(ROOT, path));
  const folders = ["vm/admission", "runtime/format"].flatMap((path) => filesUnder(join(ROOT, path), isSource));
  return [...versions, ...files, ...folders, ...sources];
}

async function compileContracts(stamp) {
  const builder = join(ROOT, "dist", "contracts", "compiler", "build-all.js");
  rmSync(CONTRACTS_STAMP, { force: true });
  await step("contracts (asc)", () =>
    run(process.execPath, [builder], { cwd: ROOT, what: "the build of the contracts" }),
  );
  writeStamp(CONTRACTS_STAMP, stamp);
}

async function buildKernels(stamp) {
  rmSync(KERNELS_STAMP, { force: true });
  await step("kernels (asc)", () => compileKernels(ROOT));
  writeStamp(KERNELS_STAMP, stamp);
}

/** What is missing, each with the work that brings it; looked at one after the other, as each needs the one before. */
const STAGES = [
  { isDone: () => isInstalled(), work: () => install() },
  {
    isDone: () => readStamp(TYPESCRIPT_STAMP) === fingerprint(ROOT, typescriptInputs()),
    work: () => compileTypescript(fingerprint(ROOT, typescriptInputs())),
  },
  {
    isDone: () => readStamp(CONTRACTS_STAMP) === fingerprint(ROOT, contractInputs()),
    work: () => compileContracts(fingerprint(ROOT, contractInputs())),
  },
  {
    isDone: () => readStamp(KERNELS_STAMP) === fingerprint(ROOT, kernelInputs(ROOT)),
    work: () => buildKernels(fingerprint(ROOT, kernelInputs(ROOT))),
  },
];

/**
 * Packages, TypeScript, contracts and kernels are installed and built from the sources as they stand.
 * Throws SetupError when a step fails.
 */
export async function prepare() {
  checkNode();
  const isReady = () => STAGES.every((stage) => stage.isDone());
  if (isReady()) return;
  await withLock(join(ROOT, "dist", ".lock"), async () => {
    for (const stage of STAGES) if (!stage.isDone()) await stage.work();
  });
}

/** Runs `work` after `prepare`; a failed setup is said in plain words and ends the process with 70. */
export async function afterPrepare(work) {
  try {
    await prepare();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.output === "" ? error.message : `${error.output}\n\n${error.message}`);
    process.exitCode = 70;
    return;
  }
  await work();
}
