/**
 * The worker thread of the wasm device: tasks from shared memory, verdicts back. It holds no keys and opens nothing.
 *
 * Between tasks it sleeps in `Atomics.wait`, not in the event loop: a wake-up costs less (0.06 instead of 0.09 ms for
 * the way there and back, Node 20.20), and there is nothing else that it would have to hear.
 */
import { parentPort, workerData } from "node:worker_threads";
import { AccelError } from "../errors.ts";
import { sm2UserIdPrefix } from "../reference/sm2.ts";
import { createReferenceVerifier } from "../reference/verify.ts";
import { createVerdicts } from "../verdicts.ts";
import { ExchangeReceiver } from "./exchange.ts";
import { SignatureKernel } from "./kernel.ts";
import { RangeVerifier } from "./range-verifier.ts";
import type { WorkerMessage, WorkerSettings } from "./worker-messages.ts";

const port = parentPort;
if (port === null) throw new AccelError("accel.deviceFailed", "worker.js runs as a worker thread only");

const { module, sm2UserId, memory } = workerData as WorkerSettings;
const say = (message: WorkerMessage): void => port.postMessage(message);

const verifier = new RangeVerifier(
  new SignatureKernel(module),
  createReferenceVerifier({ sm2UserId }),
  sm2UserIdPrefix(sm2UserId),
);
const receiver = new ExchangeReceiver(memory);
say({ kind: "ready", algorithms: verifier.algorithms });

for (let id = 0; ; id++) {
  const batch = receiver.receive();
  const start = performance.now();
  const fallbackBefore = verifier.fallbackItems;
  const verdicts = createVerdicts(batch.count);
  verifier.verifyInto(verdicts, { batch, from: 0, to: batch.count });
  const fallbackItems = verifier.fallbackItems - fallbackBefore;
  const busyMs = performance.now() - start;
  say({ kind: "answer", id, verdicts, busyMs, fallbackItems, algorithms: verifier.algorithms });
}
