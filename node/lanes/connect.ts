/** Starts the threads of the lanes. */
import { Worker } from "node:worker_threads";
import type { LaneEvents, LaneThread } from "../../runtime/lanes/lanes.ts";
import type { LaneAnswer, LaneSettings } from "../../runtime/lanes/serve.ts";

const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 } as const;

/** A lane thread is started; it does not keep the process alive. */
export function connectLane(settings: LaneSettings, events: LaneEvents): LaneThread {
  // worker.ts is worker.js after the build, beside this file.
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: settings,
    resourceLimits: RESOURCE_LIMITS,
  });
  worker.unref();
  worker.on("message", (answer: LaneAnswer) => events.answer(answer));
  worker.on("error", (error) => events.ended(error));
  worker.on("exit", (code) => events.ended(`exit code ${code}`));
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
  };
}
