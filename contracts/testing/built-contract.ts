/** The contracts of this package as `npm run build` left them, and modules of others with the ABI they carry. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAbi } from "../../runtime/format/abi.ts";
import { ABI_SECTION, type ContractAbi } from "../../runtime/format/contract-abi.ts";
import { customSection } from "../../vm/admission/custom-section.ts";
import { Rejected } from "../../vm/errors.ts";
import { packageRoot } from "../compiler/package-root.ts";

/** A module and the description it carries; what the compiler returns fits as well. */
export interface ContractModule {
  readonly wasm: Uint8Array;
  readonly abi: ContractAbi;
}

/** @errors testing.noAbi, those of parseAbi */
export function contractModule(wasm: Uint8Array): ContractModule {
  const section = customSection(wasm, ABI_SECTION);
  if (section === undefined) throw new Rejected("testing.noAbi", `the module has no section ${ABI_SECTION}`);
  return { wasm, abi: parseAbi(section) };
}

/** build/NAME.wasm of this package. @errors testing.notBuilt */
export function builtContract(name: string): ContractModule {
  const file = join(packageRoot(), "build", `${name}.wasm`);
  if (!existsSync(file)) {
    throw new Rejected("testing.notBuilt", `contract ${name} is not built`, { hint: "npm run build" });
  }
  return contractModule(new Uint8Array(readFileSync(file)));
}
