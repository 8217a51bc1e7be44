/** Compiles contracts given as text, each in a folder of its own that is removed again. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CompiledContract, compileContract } from "../../../contracts/compiler/compile.ts";
import { Rejected } from "../../../vm/errors.ts";

/** @param files by name; `index.ts` is the contract's main file. */
export async function compileFiles(files: Readonly<Record<string, string>>): Promise<CompiledContract> {
  const folder = mkdtempSync(join(tmpdir(), "cinnabar-contract-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await compileContract({ entry: join(folder, "index.ts") });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The compiler's message for files it refuses; undefined when it takes them. */
export async function refusalOf(files: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    await compileFiles(files);
    return undefined;
  } catch (error) {
    if (error instanceof Rejected && error.code === "contract.compile") return error.message;
    throw error;
  }
}
