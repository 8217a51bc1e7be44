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
 * The sizes of one function's frame: parameters, declared locals, and the most operands that are on its stack at one
 * time, over all its blocks. The stack charge of a call is made from their sum.
 */
export interface FunctionFact {
  readonly params: number;
  readonly locals: number;
  readonly operandHeightMax: number;
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
