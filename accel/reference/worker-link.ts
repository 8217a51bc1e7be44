/** The way to a worker of the reference device: one message there, one back; arrays are copied, then transferred. */
import type { Worker } from "node:worker_threads";
import { AccelError } from "../errors.ts";
import { batchOfTask, type Task } from "../tasks.ts";
import type { LinkEvents, WorkerLink } from "../worker-pool.ts";
import type { WorkerMessage, WorkerRequest } from "./worker-messages.ts";

/** Returns the way to `worker`, which speaks `worker-messages.ts`. */
export function linkByMessages(worker: Worker, events: LinkEvents): WorkerLink {
  let sentId = 0;
  let answeredId = 0;
  worker.on("message", (message: WorkerMessage) => {
    if (message.kind === "ready") events.ready();
    else if (message.id === answeredId++) events.answer(message.verdicts, message.busyMs);
    else events.broken(new AccelError("accel.deviceFailed", "a worker answered what it was not asked"));
  });
  return {
    worker,
    send(task: Task): void {
      const batch = batchOfTask(task);
      const request: WorkerRequest = { id: sentId++, batch };
      const arrays = [batch.algorithms, batch.publicKeys, batch.signatures, batch.messages, batch.messageOffsets];
      worker.postMessage(
        request,
        arrays.map((array) => array.buffer as ArrayBuffer),
      );
    },
  };
}
