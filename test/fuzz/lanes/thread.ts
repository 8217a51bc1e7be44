/** The thread of a lane as node/lanes/worker.ts starts it, on a machine that fails as its dials say. */
import { parentPort, threadId, workerData } from "node:worker_threads";
import { createHashes } from "../../../accel/hashes.ts";
import type { ExchangeMemory } from "../../../runtime/lanes/exchange.ts";
import { serveLane } from "../../../runtime/lanes/serve.ts";
import { createMachine, type Machine } from "../../../vm/execute/machine.ts";
import { Random } from "../random.ts";
import { ALWAYS, type Fault, FaultDials, type FaultyThread, tableVerifier } from "./faults.ts";

const STALL_MS_MAX = 3;
const GARBAGE_WORDS_MAX = 300;

const { lane, dials: memory, seed, verdicts } = workerData as FaultyThread;
const dials = new FaultDials(memory);
const random = new Random(`${seed} thread ${threadId}`);
const sleepers = new Int32Array(new SharedArrayBuffer(4));

function happens(fault: Fault): boolean {
  const rate = dials.rate(fault);
  if (rate === 0 || random.below(ALWAYS) >= rate) return false;
  dials.count(fault);
  return true;
}

function scribble(words: Int32Array, from: number, count: number): void {
  const bits = random.pick([2, 8, 32]);
  for (let at = from; at < Math.min(words.length, from + count); at += 1) {
    words[at] = random.once(4) ? -1 : random.bits() >>> (32 - bits);
  }
}

/** Most attempts stand at the beginning of an output. */
function spoilAttempts({ outputs, places }: ExchangeMemory): void {
  if (random.once(4)) scribble(places, random.below(places.length), random.between(1, 64));
  else scribble(random.pick(outputs), random.below(random.pick([50, 2000])), random.between(1, GARBAGE_WORDS_MAX));
}

function spoilControl({ control, states }: ExchangeMemory): void {
  if (random.once(2)) scribble(states, random.below(states.length), random.between(1, 64));
  else scribble(control, 1, 1);
}

function misbehave(): void {
  if (happens("stall")) Atomics.wait(sleepers, 0, 0, random.between(0, STALL_MS_MAX));
  if (happens("garbage")) spoilAttempts(lane.exchange);
  if (happens("garbageControl")) spoilControl(lane.exchange);
  if (happens("end")) process.exit(3);
  if (happens("hang")) Atomics.wait(sleepers, 0, 0);
  if (happens("again")) throw new TypeError("thrown away");
}

function faulty(inner: Machine): Machine {
  return {
    scheduleHash: inner.scheduleHash,
    instrumenterVersion: inner.instrumenterVersion,
    allowsDebug: inner.allowsDebug,
    load: (code) => inner.load(code),
    loaded: (codeHash) => inner.loaded(codeHash),
    prepared: (codeHash) => inner.prepared(codeHash),
    adopt: (prepared) => inner.adopt(prepared),
    run(...call) {
      misbehave();
      return inner.run(...call);
    },
  };
}

if (happens("start")) process.exit(2);
if (happens("stall")) Atomics.wait(sleepers, 0, 0, 20 * STALL_MS_MAX);
const hashes = createHashes();
const machine = createMachine({ hashes, verifier: tableVerifier(verdicts), instancesMax: 16 });
serveLane(parentPort!, lane, { machine: faulty(machine), hashes });
