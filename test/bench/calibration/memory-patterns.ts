/**
 * The worst uses of memory: steps of a walk that wait for one another, random places, the edges of lines and pages, bulk
 * instructions of every length. In a memory as large as the cheap one may be, and in the largest there is.
 */
import { type Pattern, RANDOM, random } from "./opcode-patterns.ts";
import { FAR_PAGES, NEAR_PAGES } from "./program.ts";

const PAGE_BYTES = 65_536;
const MEBIBYTE = 2 ** 20;
const BULK_LENGTHS = [0, 1, 8, 64, 1024, 65_536, 2 * MEBIBYTE - 64] as const;
/** Longer than this, two rounds are enough to be timed. */
const SHORT_BULK = 1024;

interface Memory {
  readonly cost: "memory" | "memoryFar";
  readonly pages: number;
}

const shifted = (index: number): string => `(i32.shl (local.get $a) (i32.const ${index % 8}))`;

/** The address of a random word. */
const word = ({ pages }: Memory, index: number): string =>
  `(i32.and ${shifted(index)} (i32.const ${pages * PAGE_BYTES - 8}))`;

/** A random place with the last page left out, so that offsets stay inside. */
const place = ({ pages }: Memory, index: number): string =>
  `(i32.and ${shifted(index)} (i32.const ${(pages - 1) * PAGE_BYTES - 4096}))`;

function walks(memory: Memory): Pattern[] {
  const { cost, pages } = memory;
  const fitting = [0.25, 0.5, 1, 2, 4].filter((mebibytes) => mebibytes * MEBIBYTE <= pages * PAGE_BYTES);
  return fitting.map((mebibytes) => ({
    cost,
    name: `load, a walk through ${mebibytes} MiB of ${pages} pages`,
    text: () => "(local.set $p (i32.load (local.get $p)))",
    options: { walkBytes: mebibytes * MEBIBYTE, pages },
  }));
}

function loadsAndStores(memory: Memory): Pattern[] {
  const { cost, pages } = memory;
  const texts: Readonly<Record<string, Pattern["text"]>> = {
    "load, random places, side by side": (i) =>
      `${random(i)} (local.set $b (i32.xor (local.get $b) (i32.load ${word(memory, i)})))`,
    "i64.load over the edge of a line, random places": (i) =>
      `${random(i)} (local.set $x (i64.xor (local.get $x) (i64.load offset=61 ${place(memory, i)})))`,
    "i64.load over the edge of a page": (i) =>
      `${random(i)} (local.set $x (i64.xor (local.get $x) (i64.load offset=4093 ${place(memory, i)})))`,
    "store, random places": (i) => `${random(i)} (i32.store offset=4 ${word(memory, i)} (local.get $b))`,
    "i64.store over the edge of a page, random places": (i) =>
      `${random(i)} (i64.store offset=4093 ${place(memory, i)} (local.get $x))`,
    "store and load of the same place, chained": () =>
      "(i32.store offset=68 (i32.const 0) (i32.add (i32.load offset=68 (i32.const 0)) (local.get $d)))",
    "load of what two stores wrote": () =>
      `(i32.store offset=68 (i32.const 0) (local.get $b)) (i32.store offset=72 (i32.const 0) (local.get $b))
        (local.set $b (i32.wrap_i64 (i64.load offset=68 (i32.const 0))))`,
  };
  return Object.entries(texts).map(([name, text]) => ({
    cost,
    name: `${name}, ${pages} pages`,
    text,
    options: { pages },
  }));
}

function bulk(memory: Memory, length: number): Pattern[] {
  const { pages } = memory;
  const options = length > SHORT_BULK ? { pages, rounds: 2 } : { pages };
  const half = (pages * PAGE_BYTES) / 2;
  const named = (cost: string, what: string, repetitions: number, text: Pattern["text"]): Pattern => ({
    ...{ cost, name: `memory.${what}, ${pages} pages`, text, repetitions, options },
  });
  const straight = [
    named("bulk", `copy of ${length}`, 2, () => `(memory.copy ${at(half)} ${at(64)} ${at(length)})`),
    named("fill", `fill of ${length}`, 2, () => `(memory.fill ${at(half)} (local.get $a) ${at(length)})`),
  ];
  if (length > SHORT_BULK || length === 0) return straight;
  const random = (i: number): string => place(memory, i);
  return [
    ...straight,
    named("bulk", `copy of ${length}, random places`, 8, (i) => {
      return `${RANDOM} (memory.copy ${random(i)} ${random(i + 3)} ${at(length)})`;
    }),
    named("fill", `fill of ${length}, random places`, 8, (i) => {
      return `${RANDOM} (memory.fill ${random(i)} (local.get $b) ${at(length)})`;
    }),
  ];
}

const at = (value: number): string => `(i32.const ${value})`;

function patternsOf(memory: Memory): Pattern[] {
  const lengths = BULK_LENGTHS.filter((length) => length + 64 <= (memory.pages * PAGE_BYTES) / 2);
  return [...walks(memory), ...loadsAndStores(memory), ...lengths.flatMap((length) => bulk(memory, length))];
}

export const MEMORY_PATTERNS: readonly Pattern[] = [
  { cost: "memory", name: "memory.size", text: () => "(local.set $a (i32.add (local.get $a) (memory.size)))" },
  ...patternsOf({ cost: "memory", pages: NEAR_PAGES }),
  ...patternsOf({ cost: "memoryFar", pages: FAR_PAGES }),
];
