import type { Feature } from "./features.ts";

/** What is true of an admitted module. Indices are those of the binary format, imports first. */
export interface ModuleFacts {
  readonly imports: readonly ImportFact[];
  readonly exports: readonly ModuleExport[];
  /** The module's own functions, in index order: entry i is function `importedFunctionCount + i`. */
  readonly functions: readonly FunctionFact[];
  readonly importedFunctionCount: number;
  readonly globals: readonly GlobalFact[];
  readonly mutableGlobalCount: number;
  /** Pages of 64 KiB; null without a memory. `maximumPages` is null where none is declared (never in a contract). */
  readonly memory: { readonly initialPages: number; readonly maximumPages: number | null } | null;
  /** Entries of the first table; null without one. */
  readonly table: { readonly minimum: number; readonly maximum: number | null } | null;
  /** Bytes of the function bodies, and of the data segments' contents. */
  readonly codeBytes: number;
  readonly dataBytes: number;
  readonly moduleBytes: number;
  readonly customSections: readonly CustomSectionFact[];
  /** Parts of WebAssembly that it uses. */
  readonly features: ReadonlySet<Feature>;
}

export type ExternalKind = "function" | "table" | "memory" | "global";

export interface ImportFact {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternalKind;
}

export interface ModuleExport {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
}

/**
 * What the meters have to know of one function (docs/gas.md, "Static functions" and "Stack"): parameters, declared
 * locals, and the most operands that are on its stack at one time, over all its blocks; all that is in its body counts,
 * reached or not.
 */
export interface FunctionFact {
  readonly params: number;
  readonly locals: number;
  readonly operandHeightMax: number;
  /** Instructions of the body without `block loop else end nop drop`. */
  readonly instructions: number;
  /** True without `loop`, `call_indirect`, `memory.grow` and instructions whose work depends on a length. */
  readonly isStraight: boolean;
  /** True with a `call_indirect`. */
  readonly callsIndirectly: boolean;
  /** Functions that its `call` instructions name, in their order. */
  readonly callees: readonly number[];
}

export interface GlobalFact {
  readonly type: string;
  readonly isMutable: boolean;
  readonly isImported: boolean;
}

/** `offset`: of the contents, behind the name. */
export interface CustomSectionFact {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}
