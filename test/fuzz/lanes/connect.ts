/** Starts lane threads that fail as their dials say. */
import { Worker } from "node:worker_threads";
import type { LaneEvents, LaneThread } from "../../../runtime/lanes/lanes.ts";
import type { LaneAnswer } from "../../../runtime/lanes/serve.ts";
import type { FaultyThread } from "./faults.ts";

export interface FaultyConnection {
  readonly events: LaneEvents;
  /** Has the thread as long as it lives. */
  readonly threads: Set<Worker>;
}

/** As node/lanes/connect.ts, with the thread beside this file. */
export function connectFaulty(workerData: FaultyThread, { events, threads }: FaultyConnection): LaneThread {
  const worker = new Worker(new URL("./thread.js", import.meta.url), { workerData });
  threads.add(worker);
  worker.on("message", (answer: LaneAnswer) => events.answer(answer));
  worker.on("error", (error) => events.ended(error));
  worker.on("exit", (code) => {
    threads.delete(worker);
    events.ended(`exit code ${code}`);
  });
  return { post: (message) => worker.postMessage(message), terminate: () => void worker.terminate() };
}
