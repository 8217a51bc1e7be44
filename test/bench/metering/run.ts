/**
 * The process that measures: `node run.js MANIFEST ROUNDS WARM_UP_MS`, on any Node, in any tier. Prints a RunReport as JSON.
 *
 * All variants of a case live in one process and take turns. Each is called first until the engine has had the time to
 * compile it for good; then, in every round, each runs for a few milliseconds. A variant that hands the host other
 * bytes than the unmetered module ends the run, before and after measuring.
 */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { NodeError } from "../../../vm/errors.ts";
import { cpuNanoseconds, machineName } from "../machine.ts";
import { EXPORT_PREFIX } from "./exported-globals.ts";
import { createReset } from "./globals-reset.ts";
import { type BuiltCase, type CaseTimes, type RunReport, recordOf, VARIANTS, type Variant } from "./manifest.ts";
import { GAS_FUNCTION, GAS_MODULE } from "./naive-names.ts";
import { type Guest, Player } from "./tape.ts";

const SETTLE_MS = 30;
const SLICE_MS = 4;
const GAS_LOW = 0xffffffff;
const GAS_HIGH = 0x1fffff;
const STACK_BYTES = 262_144;

type Exports = WebAssembly.Instance["exports"];

interface Pace {
  readonly rounds: number;
  readonly warmUpMs: number;
}

interface Runner {
  /** `calls` calls one after the other; nanoseconds for all. */
  readonly time: (calls: number) => number;
  /** What one call hands to the host, as a hash. */
  readonly handedOver: () => string;
}

function runnerOf(built: BuiltCase, variant: Variant): Runner {
  const guest: Guest = { memory: null };
  const player = new Player(built.tape, guest);
  const module = new WebAssembly.Module(readFileSync(built.files[variant]));
  const gas = createHostGas();
  const imports = { ...player.imports(module), [GAS_MODULE]: { [GAS_FUNCTION]: gas.charge } };
  const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
  guest.memory = (exports.memory ?? exports.__cinnabar_memory) as WebAssembly.Memory;
  const setBack = exports.__cinnabar_reset === undefined ? globalsReset(exports) : metersReset(exports);
  const reset = (): void => {
    setBack();
    gas.refill();
  };
  return runnerFrom(exports[built.entry] as () => void, reset, player, built.callsPerReset);
}

function runnerFrom(call: () => void, reset: () => void, player: Player, callsPerReset: number): Runner {
  return {
    time: (calls) => {
      const start = cpuNanoseconds();
      for (let i = 0; i < calls; i++) {
        if (i % callsPerReset === 0) reset();
        player.rewind();
        call();
      }
      return cpuNanoseconds() - start;
    },
    handedOver: () => {
      reset();
      player.rewind();
      player.watch();
      call();
      return player.seen();
    },
  };
}

/** The counter of the scheme that asks the host. */
function createHostGas(): { charge: (gas: number) => void; refill: () => void } {
  let left = 2 ** 52;
  return {
    charge: (gas) => {
      left -= gas;
      if (left < 0) throw new NodeError("bench.gas", "out of gas");
    },
    refill: () => {
      left = 2 ** 52;
    },
  };
}

function metersReset(exports: Exports): () => void {
  const reset = exports.__cinnabar_reset as (low: number, high: number, stack: number) => void;
  return () => reset(GAS_LOW, GAS_HIGH, STACK_BYTES);
}

function globalsReset(exports: Exports): () => void {
  const own = Object.entries(exports).filter(([name]) => name.startsWith(EXPORT_PREFIX));
  return createReset(own.map(([, value]) => value as WebAssembly.Global));
}

/** Calls that take about a slice. */
function callsPerSlice(runner: Runner, every: number): number {
  let calls = every;
  let spent = runner.time(calls);
  while (spent < SLICE_MS * 1e6) {
    calls = Math.max(calls + every, Math.ceil((calls * SLICE_MS * 1e6) / Math.max(spent, 1)));
    spent = runner.time(calls);
  }
  return Math.ceil(calls / every) * every;
}

async function warmUp(runner: Runner, every: number, milliseconds: number): Promise<void> {
  for (let spent = 0; spent < milliseconds * 1e6; ) spent += runner.time(every * 4);
  await pause(SETTLE_MS);
}

function checkSame(built: BuiltCase, runners: readonly Runner[]): void {
  const [want, ...others] = runners.map((runner) => runner.handedOver());
  others.forEach((found, index) => {
    if (found === want) return;
    throw new NodeError("bench.differs", `${built.name}: ${VARIANTS[index + 1]} computes something else`);
  });
}

async function measure(built: BuiltCase, { rounds, warmUpMs }: Pace): Promise<CaseTimes> {
  const every = built.callsPerReset;
  const runners = VARIANTS.map((variant) => runnerOf(built, variant));
  checkSame(built, runners);
  for (const runner of runners) await warmUp(runner, every, warmUpMs);
  const calls = runners.map((runner) => callsPerSlice(runner, every));
  const found = runners.map(() => [] as number[]);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, runner] of runners.entries()) {
      const nanoseconds = runner.time(calls[index]!) / calls[index]!;
      if (round > 0) found[index]!.push(nanoseconds);
    }
  }
  checkSame(built, runners);
  return { name: built.name, nanoseconds: recordOf((variant) => found[VARIANTS.indexOf(variant)]!) };
}

async function main(): Promise<void> {
  const built = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as BuiltCase[];
  const cases: CaseTimes[] = [];
  const pace = { rounds: Number(process.argv[3]), warmUpMs: Number(process.argv[4]) };
  for (const each of built) cases.push(await measure(each, pace));
  const report: RunReport = { machine: machineName(), cases };
  process.stdout.write(JSON.stringify(report));
}

await main();
