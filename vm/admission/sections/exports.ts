import { LIMITS, METHOD_EXPORT_PREFIX, RESERVED_NAME_PREFIX } from "../../limits.ts";
import type { ExternalKind, ModuleExport } from "../facts.ts";
import type { IndexSpace, ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";
import { quoted } from "../reasons.ts";
import { typeNames } from "../value-types.ts";
import { readName } from "./names.ts";

const KINDS: readonly ExternalKind[] = ["function", "table", "memory", "global"];
const TAG_KIND = 4;

/** The exports. A contract's methods are the functions exported as `call_<method>`, of type () -> (). */
export function readExports(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const count = cursor.u32();
  module.isWithin("exports", count, start);
  const names = new Set<string>();
  for (let position = 0; position < count && cursor.ok; position++) {
    const offset = cursor.position;
    const entry = readExport(cursor, module);
    if (entry === null) return;
    module.exports.push(entry);
    if (names.has(entry.name)) module.refuse("export.duplicate", offset, quoted(entry.name));
    names.add(entry.name);
    checkExport(module, entry, offset);
  }
}

function readExport(cursor: ByteCursor, module: ModuleReading): ModuleExport | null {
  const name = readName(cursor, module);
  const kindOffset = cursor.position;
  const kindByte = cursor.u8();
  const index = cursor.u32();
  if (!cursor.ok) return null;
  const kind = KINDS[kindByte];
  if (kind !== undefined) return { name, kind, index };
  const code = kindByte === TAG_KIND ? "feature.exceptions" : "export.kind";
  cursor.fail(code, kindOffset, `0x${kindByte.toString(16)} of ${quoted(name)}`);
  return null;
}

function checkExport(module: ModuleReading, entry: ModuleExport, offset: number): void {
  module.checkIndex(spaceOf(module, entry.kind), entry.index, "export.index", offset);
  if (entry.kind === "function") module.referableFunctions.add(entry.index);
  const isReserved = entry.name.startsWith(RESERVED_NAME_PREFIX);
  if (isReserved && !module.rules.allowsReservedNames) {
    module.refuse("export.reservedName", offset, quoted(entry.name));
  }
  if (!module.rules.isContract) return;
  if (entry.kind === "global" && module.globals.get(entry.index)?.isMutable === true) {
    const isInstrumenters = isReserved && module.rules.allowsReservedNames;
    if (!isInstrumenters) module.useFeature("exportedMutableGlobal", offset, quoted(entry.name));
  }
  if (entry.name.startsWith(METHOD_EXPORT_PREFIX)) checkMethod(module, entry, offset);
}

/** Method names go into transactions, receipts and terminals: no others can be called, so no others are let in. */
const METHOD_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

function checkMethod(module: ModuleReading, entry: ModuleExport, offset: number): void {
  const method = entry.name.slice(METHOD_EXPORT_PREFIX.length);
  if (method.length > LIMITS.methodNameBytes || !METHOD_NAME.test(method)) {
    module.refuse("export.methodName", offset, quoted(entry.name));
  }
  if (entry.kind !== "function") {
    module.refuse("export.methodType", offset, `${quoted(entry.name)} is a ${entry.kind}`);
    return;
  }
  const type = module.functions.get(entry.index)?.type;
  if (type === undefined || type === null || (type.params.length === 0 && type.results.length === 0)) return;
  const found = `${typeNames(type.params)} -> ${typeNames(type.results)}`;
  module.refuse("export.methodType", offset, `${quoted(entry.name)} is ${found}`);
}

function spaceOf(module: ModuleReading, kind: ExternalKind): IndexSpace<unknown> {
  switch (kind) {
    case "function":
      return module.functions;
    case "table":
      return module.tables;
    case "memory":
      return module.memories;
    case "global":
      return module.globals;
  }
}
