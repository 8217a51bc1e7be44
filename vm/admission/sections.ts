/**
 * The frame of a module (core specification, 5.5): the magic number, the version, then sections, each an id, a size and
 * its contents, in a fixed order, with custom sections anywhere. The size is where reading goes on after a section that
 * is wrong.
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
const CODE_ID = 10;
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

/** What the framing found; customs are read at once, the others kept for reading in their order. */
interface Frames {
  /** The contents of the first section of each id. */
  readonly contents: Map<number, ByteCursor>;
  /** True when every byte of the module is in a section. */
  isWhole: boolean;
  lastRank: number;
}

/**
 * Every reason of the module's sections is listed. Sections are framed first and read second, in the order they should
 * have: one that stands in the wrong place is a reason, and what refers to it is still judged rightly.
 */
export function readSections(cursor: ByteCursor, module: ModuleReading): void {
  if (!readHeader(cursor, module)) return;
  const frames: Frames = { contents: new Map(), isWhole: true, lastRank: -1 };
  while (cursor.ok && frames.isWhole && cursor.remaining > 0) frameSection(cursor, module, frames);
  if (!module.accepts(cursor)) frames.isWhole = false;
  if (!frames.isWhole) markIncomplete(module, ALL_SPACES);
  const failed = new Set<string>();
  for (const section of SECTIONS) {
    const contents = frames.contents.get(section.id);
    if (contents === undefined || readContents(contents, module, section.read)) continue;
    failed.add(section.name);
    markIncomplete(module, section.fills);
  }
  if (frames.isWhole) checkWhole(module, frames, failed);
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

function frameSection(cursor: ByteCursor, module: ModuleReading, frames: Frames): void {
  const offset = cursor.position;
  const id = cursor.u8();
  const size = cursor.u32();
  if (!cursor.ok) return;
  const contents = cursor.window(size);
  if (contents === null) {
    module.refuse("section.pastEnd", offset, `section ${id}: size ${size}, left ${cursor.remaining}`);
    frames.isWhole = false;
  } else if (id === CUSTOM_ID) readContents(contents, module, readCustom);
  else if (id === TAG_ID) module.useFeature("exceptions", offset, "a tag section");
  else frameKnown(contents, module, frames, { id, offset });
}

function frameKnown(
  contents: ByteCursor,
  module: ModuleReading,
  frames: Frames,
  place: { readonly id: number; readonly offset: number },
): void {
  const rank = SECTIONS.findIndex((row) => row.id === place.id);
  const section = SECTIONS[rank];
  if (section === undefined) {
    module.refuse("section.unknown", place.offset, `id ${place.id}`);
    return;
  }
  if (frames.contents.has(place.id)) {
    module.refuse("section.duplicate", place.offset, `${section.name} section; the second was not read`);
    markIncomplete(module, section.fills);
    return;
  }
  frames.contents.set(place.id, contents);
  if (rank < frames.lastRank) module.refuse("section.order", place.offset, `${section.name} section`);
  frames.lastRank = Math.max(frames.lastRank, rank);
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

/**
 * What can only be said at the end: what is missing, and counts that disagree. Consequences of what failed are left
 * out.
 */
function checkWhole(module: ModuleReading, frames: Frames, failed: ReadonlySet<string>): void {
  const end = module.bytes.length;
  if (!frames.contents.has(CODE_ID) && module.functions.isComplete && module.definedFunctionCount > 0) {
    module.refuse("code.countMismatch", end, `0 bodies, ${module.definedFunctionCount} functions`);
  }
  if (module.dataCount !== null && !failed.has("data") && module.dataCount !== module.dataSegmentCount) {
    module.refuse("data.countMismatch", end, `count ${module.dataCount}, segments ${module.dataSegmentCount}`);
  }
  if (!module.rules.isContract) return;
  const hasMemory = module.memories.count > 0 || !module.memories.isComplete;
  const isExported = module.exports.some((entry) => entry.kind === "memory" && entry.name === "memory");
  if (!hasMemory) module.refuse("memory.missing", 0);
  else if (!isExported && !failed.has("export")) module.refuse("export.memoryMissing", 0);
}
