/**
 * The part of the WebAssembly JavaScript interface that the vm room uses. TypeScript declares it only in its browser library,
 * whose other globals (timers, fetch, the document) must not be in reach here.
 */
declare namespace WebAssembly {
  type ImportExportKind = "function" | "table" | "memory" | "global" | "tag";
  type GlobalValueType = "i32" | "i64";
  type ExportValue = CallableFunction | Global | Memory | Table;
  type ImportValue = ExportValue | number | bigint;
  type Imports = Record<string, Record<string, ImportValue>>;

  interface ModuleImportDescriptor {
    readonly module: string;
    readonly name: string;
    readonly kind: ImportExportKind;
  }

  interface ModuleExportDescriptor {
    readonly name: string;
    readonly kind: ImportExportKind;
  }

  class Module {
    constructor(bytes: ArrayBufferView | ArrayBuffer);
    static imports(module: Module): ModuleImportDescriptor[];
    static exports(module: Module): ModuleExportDescriptor[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, ExportValue>;
  }

  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum?: number; readonly shared?: boolean });
    readonly buffer: ArrayBuffer;
    /** The pages before; throws RangeError when the engine cannot. */
    grow(pages: number): number;
  }

  class Global<T extends GlobalValueType = GlobalValueType> {
    constructor(
      descriptor: { readonly value: T; readonly mutable?: boolean },
      value: T extends "i64" ? bigint : number,
    );
    value: T extends "i64" ? bigint : number;
    valueOf(): T extends "i64" ? bigint : number;
  }

  class Table {
    constructor(descriptor: { readonly element: "anyfunc" | "externref"; readonly initial: number });
    readonly length: number;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  function validate(bytes: ArrayBufferView | ArrayBuffer): boolean;
  function compile(bytes: ArrayBufferView | ArrayBuffer): Promise<Module>;
}
