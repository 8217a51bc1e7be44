/**
 * The VM against itself and against a second opinion: random modules and mutated ones, the reader, the instrumenter,
 * the engine's two tiers and the reference interpreter. All must say the same of every call at every limit.
 */
import { createHash } from "node:crypto";
import binaryen from "binaryen";
import { admitInstrumented } from "../../vm/admission/admit.ts";
import { instrument } from "../../vm/instrument/instrument.ts";
import { checkAdmission } from "./admission-check.ts";
import { Engine, type EngineOptions, TIERS } from "./engine.ts";
import { type Expectation, expectationOf } from "./expected.ts";
import { mutated, randomBytes } from "./mutate.ts";
import { Random } from "./random.ts";
import { randomModule } from "./random-module.ts";
import { shrink } from "./shrink.ts";

export interface Failure {
  readonly detail: string;
  readonly bytes: Uint8Array;
}

export interface Counts {
  modules: number;
  calls: number;
  /** Byte strings given to the reader, and how many of them it accepted. */
  mutants: number;
  mutantsAccepted: number;
  /** Modules that the library under the instrumenter cannot write again: see `libraryMisreads`. */
  misread: number;
  readonly endings: Record<string, number>;
  readonly failures: Failure[];
}

export interface FuzzOptions {
  readonly seed: string;
  /** Asked before each batch. */
  readonly goesOn: (counts: Counts) => boolean;
  readonly engines?: readonly EngineOptions[];
  /** Modules that mutants are made of, besides random ones. */
  readonly contracts?: readonly Uint8Array[];
}

const BATCH = 16;
const MUTANTS_PER_BATCH = 120;
/** Mutants that are admitted run as well; so many of a batch. */
const MUTANTS_RUN = 8;

/** A module ready to be run by the engines. */
interface Prepared {
  readonly bytes: Uint8Array;
  readonly instrumented: Uint8Array;
  readonly expectation: Expectation;
}

export class VmFuzz {
  readonly counts: Counts = {
    modules: 0,
    calls: 0,
    mutants: 0,
    mutantsAccepted: 0,
    misread: 0,
    endings: {},
    failures: [],
  };
  readonly #engines: readonly Engine[];
  readonly #contracts: readonly Uint8Array[];

  constructor({ engines = TIERS, contracts = [] }: Pick<FuzzOptions, "engines" | "contracts">) {
    this.#engines = engines.map((options) => new Engine(options));
    this.#contracts = contracts;
  }

  /** Runs batches until told to stop; the next is made ready while the engines work. */
  async run({ seed, goesOn }: Pick<FuzzOptions, "seed" | "goesOn">): Promise<Counts> {
    let running: Promise<void> = Promise.resolve();
    for (let batch = 0; goesOn(this.counts); batch++) {
      const prepared = this.#prepareBatch(`${seed}/${batch}`);
      await running;
      running = this.#compare(prepared);
    }
    await running;
    return this.counts;
  }

  /** The first thing wrong with these bytes; null when nothing is. */
  async problemOf(bytes: Uint8Array): Promise<string | null> {
    const verdict = checkAdmission(bytes);
    if (verdict.problem !== null || !verdict.isAccepted) return verdict.problem;
    const prepared = prepare(bytes);
    if (typeof prepared === "string") return prepared;
    const [problem] = await this.#differences([prepared]);
    return problem ?? null;
  }

  /** A smaller module with a problem; of a reader's problem the bytes as they are. */
  async smaller(bytes: Uint8Array): Promise<Uint8Array> {
    if (!checkAdmission(bytes).isAccepted) return bytes;
    return shrink(bytes, async (candidate) => (await this.problemOf(candidate)) !== null);
  }

  close(): void {
    for (const engine of this.#engines) engine.close();
  }

  #prepareBatch(seed: string): Prepared[] {
    const random = new Random(seed);
    const modules = Array.from({ length: BATCH }, (_, index) => randomModule(`${seed}/${index}`));
    const mutants: Uint8Array[] = [];
    for (let index = 0; index < MUTANTS_PER_BATCH; index++) {
      const from = random.once(6) && this.#contracts.length > 0 ? this.#contracts : modules;
      const bytes = random.once(12) ? randomBytes(random) : mutated(random.pick(from), random);
      if (this.#isAdmitted(bytes) && mutants.length < MUTANTS_RUN) mutants.push(bytes);
    }
    return [...modules, ...mutants].flatMap((bytes, index) => {
      if (index < BATCH && !this.#isValid(bytes)) return [];
      const prepared = prepare(bytes);
      if (typeof prepared !== "string") return [prepared];
      if (libraryMisreads(bytes)) this.counts.misread += 1;
      else this.#fail(prepared, bytes);
      return [];
    });
  }

  #isAdmitted(bytes: Uint8Array): boolean {
    const { isAccepted, problem } = checkAdmission(bytes);
    this.counts.mutants += 1;
    if (isAccepted) this.counts.mutantsAccepted += 1;
    if (problem !== null) this.#fail(problem, bytes);
    return isAccepted && problem === null;
  }

  #isValid(bytes: Uint8Array): boolean {
    const { isAccepted, problem } = checkAdmission(bytes);
    if (problem !== null || !isAccepted) this.#fail(problem ?? "a generated module is refused", bytes);
    return isAccepted && problem === null;
  }

  #fail(detail: string, bytes: Uint8Array): void {
    this.counts.failures.push({ detail, bytes });
  }

  async #compare(batch: readonly Prepared[]): Promise<void> {
    for (const [index, problem] of (await this.#differences(batch)).entries()) {
      const { bytes, expectation } = batch[index]!;
      this.counts.modules += 1;
      this.counts.calls += expectation.calls.length;
      for (const ending of expectation.endings) {
        this.counts.endings[ending] = (this.counts.endings[ending] ?? 0) + 1;
      }
      if (problem !== null) this.#fail(problem, bytes);
    }
  }

  /** For each module the first call on which somebody differs, or null. */
  async #differences(batch: readonly Prepared[]): Promise<(string | null)[]> {
    const cases = batch.map(({ instrumented, expectation }) => ({
      code: Buffer.from(instrumented).toString("base64"),
      calls: expectation.calls,
      getters: expectation.getters,
    }));
    const answers = await Promise.all(this.#engines.map((engine) => engine.run(cases)));
    return batch.map(({ expectation }, index) => {
      for (const [who, lines] of answers.entries()) {
        const difference = firstDifference(expectation, lines[index]!);
        if (difference !== null) return `${this.#engines[who]!.name}: ${difference}`;
      }
      return null;
    });
  }
}

/** Instrumented and interpreted; or what is wrong with the instrumenter. */
function prepare(bytes: Uint8Array): Prepared | string {
  try {
    const instrumented = instrument(bytes);
    if (!Buffer.from(instrument(bytes)).equals(instrumented)) return "instrumenting twice gives two results";
    const second = admitInstrumented(instrumented);
    if (!second.accepted) return `the instrumented module is refused: ${JSON.stringify(second.reasons[0])}`;
    return { bytes, instrumented, expectation: expectationOf(bytes) };
  } catch (error) {
    return `thrown: ${error instanceof Error ? error.stack : String(error)}`;
  }
}

/**
 * True when the library under the instrumenter cannot even write what it read. Known of one shape that no compiler
 * makes: an operand that waits under a block, loop or if that never ends, taken as the condition of an `if` that a branch
 * names. Such a module is refused when the instrumented form is admitted, by every node alike.
 */
function libraryMisreads(bytes: Uint8Array): boolean {
  const module = binaryen.readBinary(bytes);
  try {
    return !WebAssembly.validate(module.emitBinary());
  } finally {
    module.dispose();
  }
}

function firstDifference({ calls, lines }: Expectation, found: readonly string[]): string | null {
  for (const [index, wanted] of lines.entries()) {
    const line = found[index];
    if (line === wanted) continue;
    if (line === undefined) return found[0] ?? "no answer";
    const { name, args, gas, stack } = calls[index]!;
    return `${name}(${args.join()}) gas ${gas} stack ${stack}\n  wanted ${wanted}\n  found  ${line}`;
  }
  return found.length === lines.length ? null : "too many answers";
}

/** A name for the file of a case: the same bytes, the same name. */
export function caseName(bytes: Uint8Array): string {
  return `${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.wasm`;
}
