/**
 * Compiles one contract to one module.
 *
 * Each contract is one run of the AssemblyScript compiler, inside this process. The folder of the entry file is the
 * base of all paths, so that the module's bytes do not depend on where the source lies or who compiles it.
 * `cinnabar/sdk` and the options (asconfig.json) come from this package. docs/contracts.md is the guide for people
 * who write contracts.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, normalize, resolve } from "node:path";
import { createMemoryStream, main } from "assemblyscript/asc";
import { encodeAbi } from "../../runtime/format/abi.ts";
import type { ContractAbi } from "../../runtime/format/contract-abi.ts";
import { admit, type Reason } from "../../vm/admission/admit.ts";
import { NodeError, Rejected } from "../../vm/errors.ts";
import { LIMITS } from "../../vm/limits.ts";
import { finishModule } from "./finish.ts";
import { type OptimisedModule, STRENGTHS, type Strength } from "./optimise.ts";
import { packageRoot } from "./package-root.ts";
import { SourceMap } from "./source-map.ts";
import { SourcePositions } from "./source-positions.ts";
import { ContractTransform } from "./transform.ts";

const CONFIG = "asconfig.json";
/** `DiagnosticCategory.Error` of the compiler, a const enum of its own types. */
const ERROR_CATEGORY = 3;
/** A first file of every compilation, so that the SDK is there for the transform whatever the contract imports. */
const SDK_IMPORT = { name: "cinnabar-sdk.ts", text: 'import "cinnabar/sdk";' };
/** Where the compiler looks for `cinnabar/sdk`; our reader answers with this package's own, wherever it lies. */
const SDK_FILE = /(?:^|\/)node_modules\/cinnabar\/sdk\/([^/]+)$/;

export interface CompileOptions {
  /** The contract's main file, usually `index.ts`. */
  readonly entry: string;
  /** Where NAME.wasm, its map and NAME.abi.json are written, NAME being the contract's; nothing is written without it. */
  readonly outDir?: string;
  /** True: it may log (`debugLog`), and the module is for test chains only. Default false. */
  readonly debug?: boolean;
  /**
   * The most pages of 64 KiB that its memory may have. Default: that of asconfig.json, 8. Beyond 8 every load and store
   * costs more (docs/gas.md, memoryFar); a chain admits at most 64.
   */
  readonly memoryPagesMax?: number;
}

export interface CompiledContract {
  readonly name: string;
  readonly wasm: Uint8Array;
  readonly abi: ContractAbi;
  /** A source map of `wasm`, with paths relative to the folder of the contract's main file. */
  readonly sourceMap: string;
}

export interface WrittenContract extends CompiledContract {
  readonly wasmPath: string;
  readonly abiPath: string;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return null;
  }
}

/**
 * Answers the compiler's questions for files: the configuration and the SDK are this package's, the rest the
 * contract's.
 */
async function readSource(name: string, folder: string): Promise<string | null> {
  const path = normalize(name).replaceAll("\\", "/");
  if (path === CONFIG) return readOrNull(join(packageRoot(), CONFIG));
  if (path === SDK_IMPORT.name) return SDK_IMPORT.text;
  const sdkFile = SDK_FILE.exec(path)?.[1];
  if (sdkFile !== undefined) return readOrNull(join(packageRoot(), "contracts", "sdk", sdkFile));
  return readOrNull(resolve(folder, path));
}

/**
 * The contract as the strongest optimiser makes it whose output the chain admits. One run of the compiler for each
 * strength that was tried: nearly always one.
 */
async function buildContract(entry: string, options: CompileOptions): Promise<CompiledContract> {
  const refusals: Rejected[] = [];
  for (const strength of STRENGTHS) {
    const compiled = await runCompiler(entry, strength, options);
    const { accepted, reasons } = admit(compiled.wasm, { debug: options.debug ?? false });
    if (accepted) return compiled;
    refusals.push(refusalOf(compiled, reasons));
    if (!reasons.every(isLimit)) break;
  }
  throw refusals.at(-1)!;
}

/** Whether a milder optimiser may help. */
function isLimit({ code }: Reason): boolean {
  return code.startsWith("limit.");
}

async function runCompiler(
  entry: string,
  strength: Strength,
  { memoryPagesMax }: CompileOptions,
): Promise<CompiledContract> {
  const transform = new ContractTransform(strength);
  const stderr = createMemoryStream();
  let errorCount = 0;
  // The transform writes the module; the places of instructions in the source are kept for its map.
  const files = [SDK_IMPORT.name, basename(entry), "--baseDir", dirname(entry), "--config", CONFIG];
  // The compiler colours its text by the environment (a terminal, the variable CI); whoever prints it decides that.
  const memory = memoryPagesMax === undefined ? [] : ["--maximumMemory", String(memoryPagesMax)];
  const argv = [...files, ...memory, "--sourceMap", "--noEmit", "--noColors"];
  const { error } = await main(argv, {
    stdout: createMemoryStream(),
    stderr,
    transforms: [transform as never],
    readFile: readSource,
    writeFile: () => undefined,
    listFiles: () => [],
    reportDiagnostic: ({ category }) => {
      if (category === ERROR_CATEGORY) errorCount++;
    },
  });
  if (error !== null) throw compileError(stderr.toString(), errorCount, error);
  const { abi, output } = transform;
  if (abi === undefined || output === undefined) {
    throw new NodeError("compiler.noOutput", "the AssemblyScript compiler ended without a module");
  }
  return { name: abi.contract, ...finishModule(output), abi };
}

/** A contract that the chain would refuse is refused here, with the chain's own reasons. */
function refusalOf({ wasm, sourceMap }: OptimisedModule, reasons: readonly Reason[]): Rejected {
  const map = SourceMap.parse(sourceMap);
  const positions = map === undefined ? undefined : new SourcePositions(wasm, map);
  const list = reasons.map(({ code, offset, detail }) => {
    const position = positions?.at(offset);
    const place = position === undefined ? "" : ` (${position.source}:${position.line}:${position.column})`;
    return `${code} at byte ${offset}${place}: ${detail}`;
  });
  return new Rejected("contract.refused", `the module would not be admitted:\n${list.join("\n")}`);
}

/** The compiler's own text names the lines; what failed without a diagnostic is our mistake, not the contract's. */
function compileError(text: string, errorCount: number, error: Error): Rejected | NodeError {
  if (errorCount === 0) return new NodeError("compiler.failed", error.message, { cause: error });
  return new Rejected("contract.compile", text.trim());
}

function checkMemoryPages(pages: number | undefined): void {
  if (pages === undefined || (Number.isInteger(pages) && pages >= 1 && pages <= LIMITS.memoryMaximumPages)) return;
  throw new Rejected("contract.memoryPages", "a contract's memory may not have so many pages", {
    value: String(pages),
    limit: `1 to ${LIMITS.memoryMaximumPages}`,
    hint: "a page has 64 KiB; leave it out for 8 pages",
  });
}

/**
 * Returns the module and the ABI of the contract whose main file is `options.entry`, and writes them when `outDir` is
 * given.
 * @errors contract.compile with the compiler's messages and their lines, contract.refused, contract.noEntry,
 *   contract.memoryPages (not a whole number of 1 to the most a chain admits)
 */
export function compileContract(options: CompileOptions & { readonly outDir: string }): Promise<WrittenContract>;
export function compileContract(options: CompileOptions): Promise<CompiledContract>;
export async function compileContract(options: CompileOptions): Promise<CompiledContract | WrittenContract> {
  const entry = resolve(options.entry);
  if ((await readOrNull(entry)) === null) {
    throw new Rejected("contract.noEntry", "there is no such contract file", { value: options.entry });
  }
  checkMemoryPages(options.memoryPagesMax);
  const compiled = await buildContract(entry, options);
  if (options.outDir === undefined) return compiled;
  const wasmPath = join(options.outDir, `${compiled.name}.wasm`);
  const abiPath = join(options.outDir, `${compiled.name}.abi.json`);
  await mkdir(options.outDir, { recursive: true });
  await writeFile(wasmPath, compiled.wasm);
  await writeFile(`${wasmPath}.map`, compiled.sourceMap);
  await writeFile(abiPath, encodeAbi(compiled.abi));
  return { ...compiled, wasmPath, abiPath };
}
