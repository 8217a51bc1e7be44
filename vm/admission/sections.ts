/**
 * The frame of a module (core specification, 5.5): the magic number, the version, then sections, each an id, a size and its
 * contents, in a fixed order, with custom sections anywhere. The size is where reading goes on after a section that is wrong.
 */
import type { ModuleReading } from "./module-reading.ts";
import type { ByteCursor } from "./reader.ts";
import { readCode } from "./sections/code.ts";
import { readCustom } from "./sections/custom.ts";
import { readData, readDataCount } from "./sections/data.ts";
import { readElements } from "./sections/elements.ts";
import { readExports } from "./sections/exports.ts";
import { readFunctions } from "./sections/functions.ts";
import { readGlobals } from "./sections/globals.ts";
import { readImports } from "./sections/imports.ts";
import { readStart } from "./sections/start.ts";
import { readMemories, readTables } from "./sections/tables-and-memories.ts";
import { readTypes } from "./sections/types.ts";

const MAGIC = 0x6d73_6100;
const VERSION = 1;
const HEADER_BYTES = 8;
const CUSTOM_ID = 0;
const TAG_ID = 13;

type SpaceName = "types" | "functions" | "tables" | "memories" | "globals" | "elements";

interface SectionRow {
  readonly id: number;
  readonly name: string;
  readonly read: (cursor: ByteCursor, module: ModuleReading) => void;
  /** The index spaces that are incomplete when the section cannot be read. */
  readonly fills: readonly SpaceName[];
}

const ALL_SPACES: readonly SpaceName[] = ["types", "functions", "tables", "memories", "globals", "elements"];

/** The sections in the order they must have; each at most once. */
const SECTIONS: readonly SectionRow[] = [
  { id: 1, name: "type", read: readTypes, fills: ["types"] },
  { id: 2, name: "import", read: readImports, fills: ["functions", "tables", "memories", "globals"] },
  { id: 3, name: "function", read: readFunctions, fills: ["functions"] },
  { id: 4, name: "table", read: readTables, fills: ["tables"] },
  { id: 5, name: "memory", read: readMemories, fills: ["memories"] },
  { id: 6, name: "global", read: readGlobals, fills: ["globals"] },
  { id: 7, name: "export", read: readExports, fills: [] },
  { id: 8, name: "start", read: readStart, fills: [] },
  { id: 9, name: "element", read: readElements, fills: ["elements"] },
  { id: 12, name: "data count", read: readDataCount, fills: [] },
  { id: 10, name: "code", read: readCode, fills: [] },
  { id: 11, name: "data", read: readData, fills: [] },
];

/** Which sections were met, and how. */
interface Progress {
  readonly seen: Set<number>;
  /** Ids of sections whose contents could not be read to the end. */
  readonly failed: Set<number>;
  lastRank: number;
  isWhole: boolean;
}

/** The sections of a module in turn, every reason listed. Stops early only at a header or a section size that is wrong. */
export function readSections(cursor: ByteCursor, module: ModuleReading): void {
  if (!readHeader(cursor, module)) return;
  const progress: Progress = { seen: new Set(), failed: new Set(), lastRank: -1, isWhole: true };
  while (cursor.ok && progress.isWhole && cursor.remaining > 0) readSection(cursor, module, progress);
  if (!module.accepts(cursor)) progress.isWhole = false;
  checkWhole(module, progress);
}

function readHeader(cursor: ByteCursor, module: ModuleReading): boolean {
  if (cursor.remaining < HEADER_BYTES) {
    module.refuse("module.magic", 0, `${cursor.remaining} bytes`);
    return false;
  }
  const view = new DataView(cursor.bytes.buffer, cursor.bytes.byteOffset, HEADER_BYTES);
  const magic = view.getUint32(0, true);
  const version = view.getUint32(4, true);
  cursor.skip(HEADER_BYTES);
  if (magic !== MAGIC) module.refuse("module.magic", 0, `0x${magic.toString(16).padStart(8, "0")}`);
  else if (version !== VERSION) module.refuse("module.version", 4, `value ${version}`);
  return magic === MAGIC && version === VERSION;
}

function readSection(cursor: ByteCursor, module: ModuleReading, progress: Progress): void {
  const offset = cursor.position;
  const id = cursor.u8();
  const size = cursor.u32();
  if (!cursor.ok) return;
  const contents = cursor.window(size);
  if (contents === null) {
    module.refuse("section.pastEnd", offset, `section ${id}: size ${size}, left ${cursor.remaining}`);
    progress.isWhole = false;
    markIncomplete(module, ALL_SPACES);
    return;
  }
  if (id === CUSTOM_ID) readContents(contents, module, readCustom);
  else readKnown(contents, module, progress, id, offset);
}

function readKnown(contents: ByteCursor, module: ModuleReading, progress: Progress, id: number, offset: number): void {
  const rank = SECTIONS.findIndex((row) => row.id === id);
  const section = SECTIONS[rank];
  if (section === undefined) {
    if (id === TAG_ID) module.useFeature("exceptions", offset, "a tag section");
    else module.refuse("section.unknown", offset, `id ${id}`);
    return;
  }
  if (progress.seen.has(id)) {
    module.refuse("section.duplicate", offset, `${section.name} section; the second was not read`);
    markIncomplete(module, section.fills);
    return;
  }
  progress.seen.add(id);
  if (rank < progress.lastRank) {
    // What stood before it was read without it, so indices out of range there are a consequence.
    module.refuse("section.order", offset, `${section.name} section`);
    markIncomplete(module, ALL_SPACES);
  }
  progress.lastRank = Math.max(progress.lastRank, rank);
  if (readContents(contents, module, section.read)) return;
  progress.failed.add(id);
  markIncomplete(module, section.fills);
}

/** True when the contents were read to their end. */
function readContents(contents: ByteCursor, module: ModuleReading, read: SectionRow["read"]): boolean {
  read(contents, module);
  if (!module.accepts(contents)) return false;
  if (contents.remaining === 0) return true;
  module.refuse("section.sizeMismatch", contents.position, `${contents.remaining} bytes left`);
  return false;
}

function markIncomplete(module: ModuleReading, spaces: readonly SpaceName[]): void {
  for (const space of spaces) module[space].isComplete = false;
}

const EXPORT_ID = 7;
const CODE_ID = 10;
const DATA_ID = 11;

/** What can only be said at the end: what is missing, and counts that disagree. Consequences of what failed are left out. */
function checkWhole(module: ModuleReading, progress: Progress): void {
  if (!progress.isWhole) return;
  const end = module.bytes.length;
  if (!progress.seen.has(CODE_ID) && module.functions.isComplete && module.definedFunctionCount > 0) {
    module.refuse("code.countMismatch", end, `0 bodies, ${module.definedFunctionCount} functions`);
  }
  if (module.dataCount !== null && !progress.failed.has(DATA_ID) && module.dataCount !== module.dataSegmentCount) {
    module.refuse("data.countMismatch", end, `count ${module.dataCount}, segments ${module.dataSegmentCount}`);
  }
  if (!module.rules.isContract) return;
  if (module.memories.count === 0 && module.memories.isComplete) module.refuse("memory.missing", 0);
  const hasMemoryExport = module.exports.some((entry) => entry.kind === "memory" && entry.name === "memory");
  if (!hasMemoryExport && !progress.failed.has(EXPORT_ID)) module.refuse("export.memoryMissing", 0);
}
