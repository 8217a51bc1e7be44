import { RESERVED_NAME_PREFIX } from "../../limits.ts";
import type { ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";
import { quoted } from "../reasons.ts";
import { hostType, isDebugOnly } from "../rules.ts";
import { type FunctionType, isSameFunctionType, typeNames } from "../value-types.ts";
import { readGlobalType } from "./globals.ts";
import { readName } from "./names.ts";
import { readMemoryType, readTableType } from "./tables-and-memories.ts";

interface ImportName {
  readonly module: string;
  readonly name: string;
  readonly offset: number;
}

/**
 * The imports. A contract imports functions of the ABI table, each once, with the table's type; the order is its own.
 */
export function readImports(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const count = cursor.u32();
  module.isWithin("imports", count, start);
  const seen = new Set<string>();
  for (let index = 0; index < count && cursor.ok; index++) readImport(cursor, module, seen);
  module.importedFunctionCount = module.functions.count;
  module.importedGlobalCount = module.globals.count;
}

function readImport(cursor: ByteCursor, module: ModuleReading, seen: Set<string>): void {
  const offset = cursor.position;
  const moduleName = readName(cursor, module);
  const name = readName(cursor, module);
  const kind = cursor.u8();
  if (!cursor.ok) return;
  readImported(cursor, module, kind, { module: moduleName, name, offset }, seen);
}

function readImported(
  cursor: ByteCursor,
  module: ModuleReading,
  kind: number,
  name: ImportName,
  seen: Set<string>,
): void {
  const label = importLabel(name);
  switch (kind) {
    case 0:
      readFunctionImport(cursor, module, name, seen);
      return;
    case 1:
      module.useFeature("importedTable", name.offset, label);
      readTableType(cursor, module);
      module.imports.push({ module: name.module, name: name.name, kind: "table" });
      return;
    case 2:
      module.useFeature("importedMemory", name.offset, label);
      readMemoryType(cursor, module);
      module.imports.push({ module: name.module, name: name.name, kind: "memory" });
      return;
    case 3:
      module.useFeature("importedGlobal", name.offset, label);
      module.globals.items.push({ ...readGlobalType(cursor, module), isImported: true });
      module.imports.push({ module: name.module, name: name.name, kind: "global" });
      return;
    case 4:
      cursor.fail("feature.exceptions", name.offset, `imported tag ${label}`);
      return;
    default:
      cursor.fail("import.kind", name.offset, `0x${kind.toString(16)} of ${label}`);
  }
}

function readFunctionImport(cursor: ByteCursor, module: ModuleReading, name: ImportName, seen: Set<string>): void {
  const typeOffset = cursor.position;
  const typeIndex = cursor.u32();
  if (!cursor.ok) return;
  module.checkIndex(module.types, typeIndex, "type.index", typeOffset);
  const type = module.types.get(typeIndex) ?? null;
  module.functions.items.push({ type, isImported: true });
  module.imports.push({ module: name.module, name: name.name, kind: "function" });
  const isReserved = name.name.startsWith(RESERVED_NAME_PREFIX);
  if (isReserved && !module.rules.allowsReservedNames) {
    module.refuse("import.reservedName", name.offset, importLabel(name));
  } else if (!isReserved && module.rules.isContract) checkHostImport(module, name, type, seen);
}

function checkHostImport(module: ModuleReading, name: ImportName, type: FunctionType | null, seen: Set<string>): void {
  const label = importLabel(name);
  // The name's length in front keeps "a" + "bc" and "ab" + "c" apart.
  const key = `${name.module.length}:${name.module}${name.name}`;
  if (seen.has(key)) module.refuse("import.duplicate", name.offset, label);
  seen.add(key);
  const wanted = hostType(name.module, name.name);
  if (wanted === undefined) module.refuse("import.unknown", name.offset, label);
  else if (type !== null && !isSameFunctionType(type, wanted)) {
    module.refuse("import.signature", name.offset, `${label}: ${signature(type)}, the host has ${signature(wanted)}`);
  }
  if (isDebugOnly(name.module, name.name) && !module.rules.allowsDebug) {
    module.refuse("import.debugOnly", name.offset, `${label}; leave it out of what is deployed`);
  }
}

function signature(type: FunctionType): string {
  return `${typeNames(type.params)} -> ${typeNames(type.results)}`;
}

/** Names come from the module: cut and quoted before they are shown. */
function importLabel(name: ImportName): string {
  return `${quoted(name.module)}.${quoted(name.name)}`;
}
