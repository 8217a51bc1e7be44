/**
 * `npm run bench -- accel-model`: what the chip gives behind a node, by batch size, hop latency, service time and lanes.
 *
 * The chip is not on the market, so its times are variables: an item on a lane from 5 us (kernels in silicon) to 200 us
 * (a lane like a small core), a hop from 1 us (shared memory) to 1 ms (a machine beside). What the node pays is not: its
 * one submitting thread is measured in this run, and then both go through the simulation (simulate.ts). Who holds the
 * throughput down is said for each figure: the card, the node's thread, or the hop, which more batches under way hide.
 *
 * Two nodes are looked at. One does all its ingest on the thread that submits, as the node does today: each item costs it
 * its decoding and the hash of its id besides. The other has that done elsewhere, and its thread only submits: what the
 * card is worth then, and how it has to be fed.
 */
import { LANE_COUNT } from "../../../accel/device.ts";
import { NodeError } from "../../../vm/errors.ts";
import { type Measurement, measurementOf, type Report, type RunOptions, type Suite } from "../harness.ts";
import { columns, format } from "../table.ts";
import { limitOf, type Outcome, type Schedule, simulate } from "./simulate.ts";
import { measureThreadCost, type ThreadCost } from "./thread-cost.ts";

const ROUNDS = 7;
const BATCH_ITEMS = [1, 4, 16, 64, 256, 1024];
const SERVICE_US = [5, 10, 20, 50, 100, 200];
const HOP_US = [1, 10, 100, 1000];
const WINDOW = 2;
const CARD_BATCH_US = 2;
const USUAL_HOP_US = 10;
const USUAL_SERVICE_US = 20;
/** Share of the full throughput at which latency is looked at: queues are short, but there are some. */
const LATENCY_LOAD = 0.7;
const ENDLESS = Number.POSITIVE_INFINITY;
const LANES = [8, 24, 48, LANE_COUNT];
const ITEMS = 100_000;
/** Rounds of a full batch on every lane, at least: the batches under way at the end are not counted. */
const FILLS = 100;

const LEGEND = [
  "batch      most items that a lane gets at once; service: what a lane of the card takes for one item",
  "hop        the way from the node to the card in one direction; window: batches of one lane under way at once",
  "limits     card: every lane is always at work, and more lanes or a faster card gives more;",
  "           node: the node's thread is always at work, and nothing that is done to the card gives more;",
  "           hop: neither is, and more batches under way, or larger ones, give more",
].join("\n");

interface Point {
  readonly name: string;
  readonly schedule: Schedule;
  readonly outcome: Outcome;
}

type Variables = Partial<Schedule> & { readonly batchItems: number };

/** Full load is cyclic (all lanes submit, then all settle), so it takes many cycles; random arrivals are not. */
function itemsOf({ itemsPerSecond, batchItems }: Schedule): number {
  return itemsPerSecond === ENDLESS ? Math.max(ITEMS, FILLS * LANE_COUNT * batchItems) : ITEMS;
}

class Curves {
  readonly points: Point[] = [];
  readonly #cost: ThreadCost;

  constructor(cost: ThreadCost) {
    this.#cost = cost;
  }

  point(name: string, variables: Variables): Point {
    const schedule: Schedule = {
      lanes: LANE_COUNT,
      window: WINDOW,
      serviceUs: USUAL_SERVICE_US,
      hopUs: USUAL_HOP_US,
      batchUs: CARD_BATCH_US,
      threadItemUs: this.#cost.itemUs,
      threadBatchUs: this.#cost.batchUs,
      itemsPerSecond: ENDLESS,
      ...variables,
    };
    const point = {
      name,
      schedule,
      outcome: simulate(schedule, itemsOf(schedule)),
    };
    this.points.push(point);
    return point;
  }

  /** The same for a thread that decodes and hashes what it submits. */
  wholeNode(name: string, variables: Variables): Point {
    return this.point(`whole node, ${name}`, {
      threadItemUs: this.#cost.itemUs + this.#cost.transactionUs,
      ...variables,
    });
  }

  /** A point that was worked out before. */
  find(name: string): Point {
    const found = this.points.find((point) => point.name === name);
    if (found === undefined) throw new NodeError("bench.point", `there is no point ${name}`);
    return found;
  }

  /** A table with one row for each batch size. */
  table(corner: string, values: readonly number[], unit: string, cell: (batchItems: number, value: number) => string) {
    const head = [corner, ...values.map((value) => `${format(value, 0)} ${unit}`)];
    const rows = BATCH_ITEMS.map((items) => [`${items}`, ...values.map((value) => cell(items, value))]);
    return columns([head, ...rows]);
  }
}

function rateText({ outcome }: Point): string {
  return `${format(outcome.itemsPerSecond / 1000, 0)} k ${limitOf(outcome)}`;
}

function costText(cost: ThreadCost): string {
  const rows = cost.bySize.map(({ items, us }) => [
    `${items}`,
    format(us),
    format(us / items, 3),
    format((items / us) * 1000, 0),
    format((items / (us + items * cost.transactionUs)) * 1000, 0),
  ]);
  return [
    columns([["batch", "us a batch", "us an item", "k items/s", "k/s with decode and id"], ...rows]),
    `fitted: ${format(cost.batchUs)} us a batch + ${format(cost.itemUs, 3)} us an item; ` +
      `decoding a transaction and hashing its id: ${format(cost.transactionUs)} us.`,
  ].join("\n");
}

/** Full load, by service time. */
function throughputByService(curves: Curves): string {
  return curves.table("batch", SERVICE_US, "us/item", (batchItems, serviceUs) =>
    rateText(curves.point(`full load, batch ${batchItems}, service ${serviceUs} us`, { batchItems, serviceUs })),
  );
}

/** Full load of a node whose one thread does all the ingest, by service time. */
function throughputOfNode(curves: Curves): string {
  return curves.table("batch", SERVICE_US, "us/item", (batchItems, serviceUs) =>
    rateText(curves.wholeNode(`full load, batch ${batchItems}, service ${serviceUs} us`, { batchItems, serviceUs })),
  );
}

/** Full load, by how many lanes the card has. */
function throughputByLanes(curves: Curves): string {
  return curves.table("batch", LANES, "lanes", (batchItems, lanes) =>
    rateText(curves.point(`full load, batch ${batchItems}, ${lanes} lanes`, { batchItems, lanes })),
  );
}

/** Full load, by the way to the card. */
function throughputByHop(curves: Curves): string {
  return curves.table("batch", HOP_US, "us hop", (batchItems, hopUs) =>
    rateText(curves.point(`full load, batch ${batchItems}, hop ${hopUs} us`, { batchItems, hopUs })),
  );
}

/** How many batches under way hide the hop. */
function throughputByWindow(curves: Curves): string {
  return curves.table("batch", [1, 2, 4, 8], "under way", (batchItems, window) =>
    rateText(
      curves.point(`full load, hop 100 us, batch ${batchItems}, window ${window}`, {
        batchItems,
        window,
        hopUs: 100,
      }),
    ),
  );
}

/** A part of the full load, by the way to the card. */
function latencyByHop(curves: Curves): string {
  return curves.table("batch", HOP_US, "us hop", (batchItems, hopUs) => {
    const full = curves.find(`full load, batch ${batchItems}, hop ${hopUs} us`);
    const itemsPerSecond = LATENCY_LOAD * full.outcome.itemsPerSecond;
    const { outcome } = curves.point(`latency at 70 % load, batch ${batchItems}, hop ${hopUs} us`, {
      batchItems,
      hopUs,
      itemsPerSecond,
    });
    return `${format(outcome.p50Us, 0)} / ${format(outcome.p99Us, 0)} @ ${format(itemsPerSecond / 1000, 0)} k`;
  });
}

/** At one rate for all, what a node that is not full sees: batches are as large as the traffic makes them. */
function latencyByLoad(curves: Curves): string {
  const loads = [10_000, 100_000, 300_000, 1_000_000];
  return curves.table("batch", loads, "/s", (batchItems, itemsPerSecond) => {
    const { outcome } = curves.point(`batch ${batchItems} at ${itemsPerSecond} a second`, {
      batchItems,
      itemsPerSecond,
    });
    if (outcome.itemsPerSecond < 0.97 * itemsPerSecond) return `too much (${limitOf(outcome)})`;
    return `${format(outcome.p50Us, 0)} / ${format(outcome.p99Us, 0)}`;
  });
}

/** How fast a lane has to be for the thread to be the limit, and how many lanes one thread can keep at work. */
function crossing(cost: ThreadCost): string {
  const rows = BATCH_ITEMS.map((items) => {
    const threadUs = cost.itemUs + cost.batchUs / items;
    const nodeUs = threadUs + cost.transactionUs;
    const serviceUs = (us: number): string => format(Math.max(0, LANE_COUNT * us - CARD_BATCH_US / items), 1);
    const lanes = (us: number): string => format((USUAL_SERVICE_US + CARD_BATCH_US / items) / us, 1);
    return [`${items}`, serviceUs(threadUs), serviceUs(nodeUs), lanes(threadUs), lanes(nodeUs)];
  });
  const head = ["batch", "lane us, submits", "lane us, whole node", "lanes fed, submits", "lanes fed, whole node"];
  return columns([head, ...rows]);
}

/** The answer in a few sentences. */
function conclusion(cost: ThreadCost, curves: Curves): string {
  const { outcome } = curves.find(`full load, batch 256, service ${USUAL_SERVICE_US} us`);
  const nodeUs = cost.itemUs + cost.batchUs / 256 + cost.transactionUs;
  const threads = (outcome.itemsPerSecond * nodeUs) / 1e6;
  const cardRate = `${format(outcome.itemsPerSecond / 1000, 0)} k items/s`;
  return [
    "The node is the limit, not the card: one thread that decodes, hashes and submits feeds " +
      `${format(1e3 / nodeUs, 0)} k items/s, and a card of ${LANE_COUNT} lanes at ${USUAL_SERVICE_US} us an item ` +
      `takes ${cardRate}, that of ${format(threads, 1)} such threads.`,
    `Behind one such thread ${format(USUAL_SERVICE_US / nodeUs, 0)} lanes of ${USUAL_SERVICE_US} us are enough, or ` +
      `${LANE_COUNT} lanes of ${format(LANE_COUNT * nodeUs, 0)} us.`,
    "Batches below 16 waste the thread on overhead; batches above 64 gain nothing but hide a longer hop: a lane is " +
      "always at work when (window - 1) x batch x service time is two hops or more.",
    "What the node does behind the verdict (execution, tree, log) is not in these figures and comes on top.",
  ].join("\n");
}

function measurements(points: readonly Point[]): Measurement[] {
  return points.flatMap(({ name, outcome }) => {
    const one = (unit: string, better: "higher" | "lower", value: number): Measurement =>
      measurementOf({
        suite: "accel-model",
        name: `${name} (${limitOf(outcome)})`,
        unit,
        goal: null,
        better,
        ours: [value],
        baseline: [],
      });
    return [
      one("items/s", "higher", outcome.itemsPerSecond),
      one("us p50", "lower", outcome.p50Us),
      one("us p99", "lower", outcome.p99Us),
    ];
  });
}

async function measure(options: RunOptions): Promise<Report> {
  const cost = await measureThreadCost(options.rounds ?? ROUNDS, options.progress);
  options.progress("accel-model: simulating");
  const curves = new Curves(cost);
  const usual = `service ${USUAL_SERVICE_US} us an item and ${CARD_BATCH_US} us a batch, hop ${USUAL_HOP_US} us`;
  const sections: readonly (readonly [string, string])[] = [
    ["How to read it:", LEGEND],
    ["The node's one thread, measured here (processor time):", costText(cost)],
    [
      "Throughput at full load of a node whose one thread also decodes and hashes, as today (thousand items a " +
        `second, and what limits it; hop ${USUAL_HOP_US} us, ${WINDOW} batches of a lane under way):`,
      throughputOfNode(curves),
    ],
    ["The same where the thread only submits:", throughputByService(curves)],
    [`Where it only submits, by hop (service ${USUAL_SERVICE_US} us):`, throughputByHop(curves)],
    ["by batches of a lane under way (hop 100 us):", throughputByWindow(curves)],
    [`by lanes of the card (service ${USUAL_SERVICE_US} us, hop ${USUAL_HOP_US} us):`, throughputByLanes(curves)],
    [
      "Latency p50 / p99 in us, by hop, at 70 % of the full load of each place, which stands behind:",
      latencyByHop(curves),
    ],
    [`Latency p50 / p99 in us by arrivals, where the thread only submits (${usual}):`, latencyByLoad(curves)],
    [
      "Where the node is the limit. A lane faster than this, in us an item, waits for the thread " +
        `(${LANE_COUNT} lanes); and so many lanes of ${USUAL_SERVICE_US} us the thread keeps at work:`,
      crossing(cost),
    ],
    ["In short:", conclusion(cost, curves)],
  ];
  return {
    measurements: measurements(curves.points),
    text: sections.map((section) => section.join("\n")).join("\n\n"),
  };
}

export const accelModel: Suite = { name: "accel-model", measure };
