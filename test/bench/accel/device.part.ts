/**
 * Through the devices, as the node asks them, in wall-clock time: what the way costs a batch of 64, and what all cores
 * give together.
 *
 * The way. A batch goes in turn through the bare kernel on this thread (copied in, verified, copied out), the wasm device
 * with one worker, and the device that a node with default settings opens: checked, one verdict of 1,024 by the reference
 * on a thread of its own. Every batch of 64 is timed alone, on an idle device; a figure of a round is the median of its
 * batches. What others do on the machine is in it, because a thread that is woken waits for them; processor time, of all
 * threads, is not, and shows the samples, which one checked batch in 16 has and no median would show.
 *
 * All cores. 16 batches of 256 on 16 lanes at once, all by different keys, on a device with as many workers as cores and
 * on one with a single worker, in turns. Threads that only count say what the machine had to give meanwhile.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { pino } from "pino";
import { SignatureBatchBuilder } from "../../../accel/batch.ts";
import {
  ALGORITHMS,
  type AlgorithmName,
  type SignatureBatch,
  type SignatureDevice,
  type SignatureItem,
} from "../../../accel/device.ts";
import { SM2_DEFAULT_USER_ID, sm2UserIdPrefix } from "../../../accel/reference/sm2.ts";
import { countAccepted, createVerdicts } from "../../../accel/verdicts.ts";
import { createWasmDevice } from "../../../accel/wasm/device.ts";
import { chooseKernel } from "../../../accel/wasm/kernel-files.ts";
import { openAccelerator } from "../../../node/accelerator.ts";
import { loadConfig } from "../../../node/config/load-config.ts";
import { NodeError } from "../../../vm/errors.ts";
import { type Measurement, measurementOf, median } from "../harness.ts";
import { cpuNanoseconds } from "../machine.ts";
import type { ColdItems } from "./items.ts";

const NAMES = Object.keys(ALGORITHMS) as AlgorithmName[];
const LIMITS = { batchItemsMax: 4096, messageBytesMax: 4 * 1024 * 1024 };
const WAY_ITEMS = 64;
const WAY_GOAL = 1.2;
/** Batches of an algorithm that a round times. */
const WAY_BATCHES = 16;
/** A key of secp256k1, P-256 or SM2 gets its table at the 16th signature; 16 batches of 64 have each key once. */
const COLD_BATCHES = 12 * WAY_BATCHES;
/** Keys seen often, and the batches after which all of them have tables. */
const OFTEN_KEYS = 32;
const BATCHES_TO_TABLES = 20;
const LOAD_BATCHES = 16;
const LOAD_BATCH_ITEMS = 256;
/** A new device has its first items behind it before it is measured. */
const WARM_UP_BATCHES = 4;

const COUNT_UNIT = "counts/s";
/** Of what all cores could give: below it the machine was not free. */
const FREE_SHARE = 0.85;

/** Verifies a batch and resolves to the number of accepted items. */
interface Route {
  readonly name: string;
  readonly verify: (batch: SignatureBatch) => number | Promise<number>;
  readonly close: () => Promise<void>;
}

function pack(items: readonly SignatureItem[], size: number): SignatureBatch[] {
  return Array.from({ length: Math.floor(items.length / size) }, (_, index) => {
    const builder = new SignatureBatchBuilder(LIMITS);
    for (const { algorithm, publicKey, signature, message } of items.slice(index * size, (index + 1) * size)) {
      builder.append(algorithm, publicKey, signature, message);
    }
    return builder.take();
  });
}

function demandAll(accepted: number, batch: SignatureBatch): void {
  if (accepted !== batch.count) throw new NodeError("bench.verdict", "a good signature was refused");
}

function bareKernel(): Route {
  const { kernel } = chooseKernel();
  kernel.setSm2UserId(sm2UserIdPrefix(SM2_DEFAULT_USER_ID));
  const verify = (batch: SignatureBatch): number => {
    const range = { batch, from: 0, to: batch.count };
    const verdicts = createVerdicts(batch.count);
    if (!kernel.load(range)) throw new NodeError("bench.kernel", "the kernel has no room for a batch");
    for (const name of NAMES) kernel.verifyInto(verdicts, ALGORITHMS[name], range);
    return countAccepted(verdicts);
  };
  return { name: "bare kernel", verify, close: async () => undefined };
}

function through(name: string, device: SignatureDevice): Route {
  const verify = async (batch: SignatureBatch): Promise<number> => countAccepted(await device.submit(0, batch));
  return { name, verify, close: () => device.close() };
}

/** The device of a node with default settings. */
function nodeDevice(): SignatureDevice {
  const config = loadConfig({ options: {} }).accelerator;
  return openAccelerator({ config, sm2UserId: SM2_DEFAULT_USER_ID, log: pino({ level: "silent" }) }).device;
}

async function timedUs(route: Route, batch: SignatureBatch): Promise<number> {
  const startMs = performance.now();
  const accepted = await route.verify(batch);
  const us = (performance.now() - startMs) * 1e3;
  demandAll(accepted, batch);
  return us;
}

/** Microseconds of a batch, by route: of wall-clock time the medians of rounds, of processor time the means. */
interface Times {
  readonly wall: Map<Route, number[]>;
  readonly processor: Map<Route, number[]>;
}

async function timeRound(
  routes: readonly Route[],
  batches: readonly SignatureBatch[],
  times: Times,
  isCounted: boolean,
) {
  const wall = new Map(routes.map((route) => [route, [] as number[]]));
  const processor = new Map(routes.map((route) => [route, 0]));
  for (const batch of batches) {
    for (const route of routes) {
      const start = cpuNanoseconds();
      wall.get(route)!.push(await timedUs(route, batch));
      processor.set(route, processor.get(route)! + cpuNanoseconds() - start);
    }
  }
  if (!isCounted) return;
  for (const route of routes) {
    times.wall.get(route)!.push(median(wall.get(route)!));
    times.processor.get(route)!.push(processor.get(route)! / 1e3 / batches.length);
  }
}

function emptyTimes(routes: readonly Route[]): Times {
  const lists = (): Map<Route, number[]> => new Map(routes.map((route) => [route, []]));
  return { wall: lists(), processor: lists() };
}

interface WayCase {
  readonly title: string;
  readonly batches: readonly SignatureBatch[];
  readonly times: Times;
}

function wayCases(items: ColdItems, routes: readonly Route[]): { cold: WayCase[]; often: WayCase[] } {
  const cold = NAMES.map((name) => ({
    title: `${name}, batch of ${WAY_ITEMS}, cold keys`,
    batches: pack(items[name].slice(0, name === "ed25519" ? undefined : WAY_BATCHES * WAY_ITEMS), WAY_ITEMS),
    times: emptyTimes(routes),
  }));
  const often = NAMES.map((name) => {
    const keys = items[name].slice(-OFTEN_KEYS);
    return {
      title: `${name}, batch of ${WAY_ITEMS}, keys seen often`,
      batches: pack([...keys, ...keys], WAY_ITEMS),
      times: emptyTimes(routes),
    };
  });
  return { cold, often };
}

function wayMeasurements({ title, times }: WayCase, [bare, plain, checked]: readonly Route[]): Measurement[] {
  const row = (route: Route, clock: keyof Times, goal: number | null): Measurement =>
    measurementOf({
      suite: "accel",
      name: `${title}: ${route.name} / ${bare!.name}, ${clock === "wall" ? "wall clock" : "processor time"}`,
      unit: "us",
      goal,
      better: "lower",
      ours: times[clock].get(route)!,
      baseline: times[clock].get(bare!)!,
    });
  return [
    row(plain!, "wall", WAY_GOAL),
    row(checked!, "wall", null),
    row(plain!, "processor", null),
    row(checked!, "processor", null),
  ];
}

/** What the way through a device costs. More rounds than keys stay cold in take fewer batches each. */
async function measureWay(items: ColdItems, rounds: number): Promise<Measurement[]> {
  const routes = [
    bareKernel(),
    through("wasm device", createWasmDevice({ workers: 1 })),
    through("the node's checked device", nodeDevice()),
  ];
  const { cold, often } = wayCases(items, routes);
  const perRound = Math.max(1, Math.min(WAY_BATCHES, Math.floor(COLD_BATCHES / (rounds + 1))));
  for (let round = 0; round <= rounds; round++) {
    for (const { batches, times } of cold) {
      const chosen = Array.from({ length: perRound }, (_, i) => batches[(round * perRound + i) % batches.length]!);
      await timeRound(routes, chosen, times, round > 0);
    }
  }
  for (const { batches, times } of often) {
    for (let i = 0; i < BATCHES_TO_TABLES; i++) for (const route of routes) await route.verify(batches[0]!);
    const chosen = new Array<SignatureBatch>(WAY_BATCHES).fill(batches[0]!);
    for (let round = 0; round < rounds; round++) await timeRound(routes, chosen, times, true);
  }
  for (const route of routes) await route.close();
  return [...cold, ...often].flatMap((each) => wayMeasurements(each, routes));
}

/** Items per second of wall-clock time with all batches at once. */
async function loadRate(device: SignatureDevice, batches: readonly SignatureBatch[]): Promise<number> {
  const startMs = performance.now();
  const verdicts = await Promise.all(batches.map((batch, lane) => device.submit(lane, batch)));
  const seconds = (performance.now() - startMs) / 1e3;
  for (const [i, each] of verdicts.entries()) demandAll(countAccepted(each), batches[i]!);
  return batches.reduce((sum, { count }) => sum + count, 0) / seconds;
}

/** The batches of one round: other keys of ed25519 each time; all keys of the other algorithms, some times over. */
function loadOf(items: readonly SignatureItem[], round: number): SignatureBatch[] {
  const batches = pack(items, LOAD_BATCH_ITEMS);
  return Array.from({ length: LOAD_BATCHES }, (_, i) => batches[(round * LOAD_BATCHES + i) % batches.length]!);
}

/** New devices each round, because keys become known in them; the first turns of a new device are not measured. */
async function loadRound(items: ColdItems, round: number, workers: readonly number[]): Promise<number[][]> {
  const devices = workers.map((count) => createWasmDevice({ workers: count }));
  const rates: number[][] = [];
  for (const name of NAMES) {
    const load = loadOf(items[name], round);
    const warmUp = loadOf(items[name], round + 1).slice(0, WARM_UP_BATCHES);
    const found: number[] = [];
    for (const device of devices) await loadRate(device, warmUp);
    for (const device of devices) found.push(await loadRate(device, load));
    rates.push(found);
  }
  for (const device of devices) await device.close();
  return rates;
}

/** Counts per second of `threads` threads that do nothing else: what the machine gives, whoever else is on it. */
async function countRate(threads: number): Promise<number> {
  const workers = Array.from({ length: threads }, () => new Worker(new URL("count.js", import.meta.url)));
  const rates = await Promise.all(workers.map((worker) => once(worker, "message") as Promise<[number]>));
  return rates.reduce((sum, [rate]) => sum + rate, 0);
}

/** All cores against one worker, and against what the machine gives as many threads that share nothing. */
async function measureAllCores(items: ColdItems, rounds: number): Promise<Measurement[]> {
  const cores = availableParallelism();
  const found: number[][][] = [];
  for (let round = 0; round < rounds; round++) {
    const counting = [await countRate(cores), await countRate(1)];
    found.push([...(await loadRound(items, round, [cores, 1])), counting]);
  }
  const row = (name: string, unit: string, place: number): Measurement =>
    measurementOf({
      suite: "accel",
      name,
      unit,
      goal: null,
      better: "higher",
      ours: found.map((round) => round[place]![0]!),
      baseline: found.map((round) => round[place]![1]!),
    });
  const verified = NAMES.map((name, place) =>
    row(`${name}, cold keys: all ${cores} cores together, ${cores} workers / one worker, wall clock`, "items/s", place),
  );
  const given = row(`${cores} threads that only count / one, wall clock`, COUNT_UNIT, NAMES.length);
  return [...verified, given];
}

/** What checking costs under full load, where the cheapest algorithm shows it most. */
async function measureChecks({ ed25519 }: ColdItems, rounds: number): Promise<Measurement> {
  const checked = nodeDevice();
  const plain = createWasmDevice({ workers: Math.max(1, availableParallelism() - 1) });
  const rates = { checked: [] as number[], plain: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const load = loadOf(ed25519, round);
    const [ours, baseline] = [await loadRate(checked, load), await loadRate(plain, load)];
    if (round === 0) continue;
    rates.checked.push(ours);
    rates.plain.push(baseline);
  }
  await Promise.all([checked.close(), plain.close()]);
  return measurementOf({
    suite: "accel",
    name: "ed25519, full load: the node's checked device / the same workers unchecked, wall clock",
    unit: "items/s",
    goal: null,
    better: "higher",
    ours: rates.checked,
    baseline: rates.plain,
  });
}

/** Said when the machine did not give what its number of cores promises: what wall-clock rows are worth then. */
export function noteOnMachine(measurements: readonly Measurement[]): string[] {
  const cores = availableParallelism();
  const given = measurements.find(({ unit }) => unit === COUNT_UNIT)?.ratio ?? cores;
  if (given > FREE_SHARE * cores) return [];
  return [
    `${cores} threads that only count made ${given.toFixed(2)} times the work of one: others were at work on this ` +
      "machine, and rows in wall-clock time show them too.",
  ];
}

/** Everything that goes through a device. */
export async function measureDevices(items: ColdItems, rounds: number): Promise<Measurement[]> {
  return [
    ...(await measureWay(items, rounds)),
    ...(await measureAllCores(items, rounds)),
    await measureChecks(items, rounds),
  ];
}
