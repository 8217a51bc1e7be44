/** `npm run fuzz -- lanes`: world after world of random blocks, until the time is over or a block comes out differently. */
import type { LaneStatistics } from "../../../runtime/lanes/lanes.ts";
import { Random } from "../random.ts";
import type { Fault } from "./faults.ts";
import { type Shape, Surroundings, shapeOf, World } from "./world.ts";

/** Blocks of a world: so many that its threads have paid for their start. */
const WORLD_BLOCKS = 400;

export interface LaneCounts {
  worlds: number;
  /** Blocks that were built and imported, each in two ledgers beside the sequential one. */
  blocks: number;
  transactions: number;
  /** Times that executed blocks were undone. */
  undone: number;
  taken: number;
  conflicts: number;
  /** Attempts that the owner did not wait for, or that there were none of. */
  withoutAttempt: number;
  broken: number;
  restarts: number;
  /** Threads that were ended from outside. */
  killed: number;
  /** Worlds whose threads died so often that the node would have stopped. */
  stopped: number;
  /** Copies of the table that gave slots other numbers. */
  rebuilds: number;
  readonly shapes: Record<string, number>;
  faults: Readonly<Record<Fault, number>>;
  failure: string | null;
}

function countsOf(surroundings: Surroundings): LaneCounts {
  return {
    worlds: 0,
    blocks: 0,
    transactions: 0,
    undone: 0,
    taken: 0,
    conflicts: 0,
    withoutAttempt: 0,
    broken: 0,
    restarts: 0,
    killed: 0,
    stopped: 0,
    rebuilds: 0,
    shapes: {},
    faults: surroundings.dials.counts(),
    failure: null,
  };
}

function addStatistics(counts: LaneCounts, { taken, conflicts, withoutAttempt, restarts }: LaneStatistics): void {
  counts.taken += taken;
  counts.conflicts += conflicts.value + conflicts.counter;
  counts.broken += withoutAttempt.broken + conflicts.broken;
  counts.restarts += restarts;
  for (const [reason, count] of Object.entries(withoutAttempt)) if (reason !== "broken") counts.withoutAttempt += count;
}

function addWorld(counts: LaneCounts, world: World): void {
  counts.worlds += 1;
  counts.blocks += world.blocks;
  counts.transactions += world.transactions;
  counts.undone += world.undone;
  counts.killed += world.killed;
  counts.rebuilds += world.rebuilds;
  for (const statistics of world.statistics) addStatistics(counts, statistics);
  if (world.faults.length > 0) counts.stopped += 1;
  const { policy, workers, faultiness, hasDesk } = world.shape;
  const names = [`${policy.laneCount} lanes`, `${workers} threads`, policy.offer, faultiness, `desk ${hasDesk}`];
  for (const name of names) counts.shapes[name] = (counts.shapes[name] ?? 0) + world.blocks;
}

export interface LaneSearch {
  readonly seed: string;
  /** The world to begin with, from 0. */
  readonly from?: number;
  readonly worldBlocks?: number;
  /** Changes what is drawn for a world. */
  readonly shape?: (drawn: Shape) => Shape;
}

/** Runs worlds until `goesOn` says no, which is asked after each step; the first difference ends it. */
export async function searchLanes(
  { seed, from = 0, worldBlocks = WORLD_BLOCKS, shape = (drawn) => drawn }: LaneSearch,
  goesOn: (counts: LaneCounts, blocksOfWorld: number) => boolean,
): Promise<LaneCounts> {
  const surroundings = new Surroundings();
  const counts = countsOf(surroundings);
  for (let number = from; counts.failure === null && goesOn(counts, 0); number += 1) {
    const name = `${seed} world ${number}`;
    const random = new Random(name);
    const world = new World(surroundings, shape(shapeOf(random)), name, random);
    try {
      await world.begin();
      while (world.blocks < worldBlocks && world.faults.length === 0 && goesOn(counts, world.blocks))
        await world.step();
    } catch (error) {
      const detail = error instanceof Error ? error.stack : String(error);
      counts.failure = `${detail}\n  world ${number}: ${JSON.stringify(world.shape)}`;
    }
    await world.close();
    addWorld(counts, world);
    if (world.faults.length > 0 && !world.isDeadly) counts.failure ??= `world ${number}: ${world.faults[0]!.message}`;
  }
  counts.faults = surroundings.dials.counts();
  return counts;
}
