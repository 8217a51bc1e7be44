/**
 * What it takes to make a contract ready, for the worst modules that admission lets through: reading, instrumenting,
 * reading again, and compiling in each tier of each Node version. Processor time a KiB of the original bytes; the goal
 * is at most 10 ms in the slowest tier, and twice the bytes at most twice the time.
 */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { join } from "node:path";
import { admit, admitInstrumented } from "../../../vm/admission/admit.ts";
import { NodeError } from "../../../vm/errors.ts";
import { instrument } from "../../../vm/instrument/instrument.ts";
import { AT_CAPS } from "../../corpus/at-caps.ts";
import { FIRST_TIER, optimisingTier } from "../../fuzz/engine.ts";
import { type Measurement, measurementOf, type RunOptions, type Suite } from "../harness.ts";
import { machineName } from "../machine.ts";
import { type NodeBinary, nodeBinaries } from "../nodes.ts";

const SUITE = "admission";
const ROUNDS = 3;
const KIB = 1_024;
const SIZE = 32 * KIB;
const LARGE = 4 * SIZE;
/** Milliseconds a KiB. */
const GOAL = 10;
/** Above twice the time for twice the bytes, what a machine's noise may do. */
const LINEAR = 1.3;
const CHILD = join(import.meta.dirname, "compile-child.js");

interface Sample {
  readonly id: string;
  readonly size: number;
  readonly code: Uint8Array;
  readonly instrumented: Uint8Array;
}

class Compiler {
  readonly name: string;
  readonly #child: ChildProcess;

  constructor(node: NodeBinary, tier: "first tier" | "optimising tier") {
    this.name = `Node ${node.major}, ${tier}`;
    const v8 = execFileSync(node.path, ["-p", "process.versions.v8"], { encoding: "utf8" });
    const flags = [...(tier === "first tier" ? FIRST_TIER : optimisingTier(v8)), "--no-wasm-lazy-compilation"];
    this.#child = fork(CHILD, [], { execPath: node.path, execArgv: flags, serialization: "json" });
  }

  /** Milliseconds of processor time. */
  compile(code: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new NodeError("bench.compile", `${this.name} died while it compiled`));
      this.#child.once("exit", onExit);
      this.#child.once("message", ({ cpuMs }: { readonly cpuMs: number }) => {
        this.#child.off("exit", onExit);
        resolve(cpuMs);
      });
      this.#child.send({ code: Buffer.from(code).toString("base64") });
    });
  }

  close(): void {
    this.#child.disconnect();
  }
}

function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function sampleOf(id: string, code: Uint8Array, size: number): Sample {
  const admission = admit(code);
  if (!admission.accepted) throw new NodeError("bench.refused", `"${id}" is not admitted`);
  return { id, size, code, instrumented: instrument(code) };
}

/** Reading, instrumenting and reading again. */
function readyMs({ code }: Sample): number {
  return cpuMs(() => {
    admit(code);
    admitInstrumented(instrument(code));
  });
}

/** Figures by row; the rows come in the order they were first met. */
class Table {
  readonly #rows = new Map<string, number[]>();

  add(row: string, figure: number): void {
    const figures = this.#rows.get(row) ?? [];
    figures.push(figure);
    this.#rows.set(row, figures);
  }

  of(row: string): readonly number[] {
    return this.#rows.get(row) ?? [];
  }

  get rows(): readonly string[] {
    return [...this.#rows.keys()];
  }
}

async function measureRound(samples: readonly Sample[], compilers: readonly Compiler[], table: Table): Promise<void> {
  for (const sample of samples) {
    const kib = sample.code.length / KIB;
    const ready = readyMs(sample) / kib;
    const where = `${sample.id}, ${kib.toFixed(0)} KiB`;
    table.add(`${where}: read, instrumented, read`, ready);
    for (const compiler of compilers) {
      const compile = (await compiler.compile(sample.instrumented)) / kib;
      table.add(`${where}: all, ${compiler.name}`, ready + compile);
    }
  }
}

/** Each module at two sizes, where it can be had at both. */
function samplesOf({ only }: RunOptions): { small: Sample[]; large: Sample[] } {
  const chosen = AT_CAPS.filter(({ id }) => only === null || id.includes(only));
  const small = chosen.map(({ id, bytes }) => sampleOf(id, bytes(SIZE), SIZE));
  const large = chosen
    .map(({ id, bytes }) => sampleOf(id, bytes(LARGE), LARGE))
    .filter(({ code }) => code.length > LARGE / 2);
  return { small, large };
}

async function measure(options: RunOptions): Promise<{ measurements: Measurement[] }> {
  const { small, large } = samplesOf(options);
  const tiers = ["first tier", "optimising tier"] as const;
  const compilers = nodeBinaries(options.node).flatMap((node) => tiers.map((tier) => new Compiler(node, tier)));
  const rounds = options.rounds ?? ROUNDS;
  const [smallTable, largeTable] = [new Table(), new Table()];
  try {
    // The first round warms up: the reader and the instrumenter are code of this process.
    for (let round = 0; round <= rounds; round++) {
      options.progress(`${SUITE}: round ${round} of ${rounds}`);
      await measureRound(small, compilers, round === 0 ? new Table() : smallTable);
      await measureRound(large, compilers, round === 0 ? new Table() : largeTable);
    }
  } finally {
    for (const compiler of compilers) compiler.close();
  }
  return { measurements: [...goalRows(smallTable), ...linearRows(small, large, smallTable, largeTable)] };
}

const MACHINE = machineName();

function goalRows(table: Table): Measurement[] {
  return table.rows.map((name) =>
    measurementOf({
      suite: SUITE,
      name,
      unit: "ms/KiB",
      better: "lower",
      goal: name.includes(": all") ? 1 : null,
      ours: table.of(name),
      baseline: name.includes(": all") ? [GOAL] : [],
      machine: MACHINE,
    }),
  );
}

/** The large module against the small one of its kind, a KiB each. */
function linearRows(
  small: readonly Sample[],
  large: readonly Sample[],
  smallTable: Table,
  largeTable: Table,
): Measurement[] {
  return largeTable.rows.map((name) => {
    const sample = large.find(({ id }) => name.startsWith(`${id}, `))!;
    const twin = small.find(({ id }) => id === sample.id)!;
    const kib = (each: Sample): string => `${(each.code.length / KIB).toFixed(0)} KiB`;
    const twinName = name.replace(`, ${kib(sample)}:`, `, ${kib(twin)}:`);
    return measurementOf({
      suite: SUITE,
      name: `linear, ${name}`,
      unit: "ms/KiB",
      better: "lower",
      goal: LINEAR,
      ours: largeTable.of(name),
      baseline: smallTable.of(twinName),
      machine: MACHINE,
    });
  });
}

export const admission: Suite = { name: SUITE, measure };
