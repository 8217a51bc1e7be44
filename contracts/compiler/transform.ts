/**
 * What the AssemblyScript compiler calls between its own steps: after parsing, the decorated classes are read,
 * checked and completed; after code generation, the ABI goes into the module, which is optimised and written.
 * language-rules.ts and declarations.ts hold the checks, entry-glue.ts the text that is added, contract-model.ts the ABI,
 * optimise.ts the optimiser.
 */
import type { Parser } from "assemblyscript";
import type binaryen from "assemblyscript/binaryen";
import { encodeAbi } from "../../runtime/format/abi.ts";
import { ABI_SECTION, type ContractAbi } from "../../runtime/format/contract-abi.ts";
import { readModel } from "./contract-model.ts";
import { addGlue } from "./entry-glue.ts";
import { type OptimisedModule, optimise, type Strength } from "./optimise.ts";
import { SourceErrors } from "./source-errors.ts";
import { callStartFromEntries } from "./start-function.ts";

export class ContractTransform {
  readonly #strength: Strength | undefined;
  #abi: ContractAbi | undefined;
  #output: OptimisedModule | undefined;

  /** @param strength of our optimiser; without one the module is left as it is, to the compiler's own. */
  constructor(strength?: Strength) {
    this.#strength = strength;
  }

  /** The ABI of the contract that was compiled; undefined when it was refused. */
  get abi(): ContractAbi | undefined {
    return this.#abi;
  }

  /** The module and its source map; undefined until the compiler has written code. */
  get output(): OptimisedModule | undefined {
    return this.#output;
  }

  afterParse(parser: Parser): void {
    const model = readModel(parser, new SourceErrors(parser));
    if (model === undefined) return;
    addGlue(parser, model);
    this.#abi = model.abi;
  }

  afterCompile(module: binaryen.Module): void {
    if (this.#abi === undefined) return;
    callStartFromEntries(module);
    module.addCustomSection(ABI_SECTION, encodeAbi(this.#abi));
    if (this.#strength !== undefined) this.#output = optimise(module, this.#strength);
  }
}
