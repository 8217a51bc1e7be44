/**
 * The ABI table bound to its implementations: what an instance is given as imports.
 *
 * All host functions check in the same order: the gas was charged by the module itself; then whether the frame may
 * write; then each argument in the order of the parameters, its length before its place in memory before its content;
 * then the work.
 */
import { HOST_FUNCTIONS } from "../abi.ts";
import { NodeError } from "../errors.ts";
import { callFunctions } from "./call.ts";
import { contextFunctions } from "./context.ts";
import { counterFunctions } from "./counter.ts";
import { cryptoFunctions } from "./crypto.ts";
import { debugFunctions } from "./debug.ts";
import { eventFunctions } from "./event.ts";
import type { HostState } from "./frame.ts";
import { inputOutputFunctions } from "./input-output.ts";
import { scanFunctions } from "./scan.ts";
import { signatureListFunctions } from "./signature-list.ts";
import { storageFunctions } from "./storage.ts";

export type HostImplementation = (...args: never[]) => number | bigint | undefined;

/** The implementations by name; every row of the ABI table must have one, and each must have a row. */
export function hostImplementations(host: HostState): ReadonlyMap<string, HostImplementation> {
  const groups = [
    inputOutputFunctions(host),
    storageFunctions(host),
    scanFunctions(host),
    counterFunctions(host),
    eventFunctions(host),
    contextFunctions(host),
    debugFunctions(host),
    callFunctions(host),
    cryptoFunctions(host),
    signatureListFunctions(host),
  ];
  return new Map(groups.flatMap((group) => Object.entries(group) as [string, HostImplementation][]));
}

/** The import object of every instance of one machine. */
export function createImports(host: HostState): WebAssembly.Imports {
  const implementations = hostImplementations(host);
  const imports: Record<string, Record<string, HostImplementation>> = {};
  for (const row of HOST_FUNCTIONS) {
    const implementation = implementations.get(row.name);
    if (implementation === undefined) throw new NodeError("host.unbound", `no implementation of ${row.name}`);
    imports[row.module] ??= {};
    imports[row.module]![row.name] = implementation;
  }
  return imports as WebAssembly.Imports;
}
