/** The worker thread of the reference device: requests in, verdicts out. It holds no keys and opens nothing. */
import { parentPort, workerData } from "node:worker_threads";
import { AccelError } from "../errors.ts";
import { createVerdicts } from "../verdicts.ts";
import { verifyRangeInto } from "../verify-batch.ts";
import { createReferenceVerifier } from "./verify.ts";
import { warmUp } from "./warm-up.ts";
import type { WorkerMessage, WorkerRequest, WorkerSettings } from "./worker-messages.ts";

const port = parentPort;
if (port === null) throw new AccelError("accel.deviceFailed", "worker.js runs as a worker thread only");

const settings = workerData as WorkerSettings;
const verifier = createReferenceVerifier(settings);
if (settings.isWarm) warmUp(verifier);

port.on("message", ({ id, batch }: WorkerRequest) => {
  const start = performance.now();
  const verdicts = createVerdicts(batch.count);
  verifyRangeInto(verdicts, verifier, { batch, from: 0, to: batch.count });
  const answer: WorkerMessage = { kind: "answer", id, verdicts, busyMs: performance.now() - start };
  port.postMessage(answer, [verdicts.buffer as ArrayBuffer]);
});

const ready: WorkerMessage = { kind: "ready" };
port.postMessage(ready);
