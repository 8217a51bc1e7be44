/** The worker thread of the preparer: modules in, compiled contracts out. It opens nothing and keeps nothing. */
import { parentPort } from "node:worker_threads";
import { createHashes } from "../../accel/hashes.ts";
import { NodeError } from "../../vm/errors.ts";
import { type PreparedContract, prepareContract } from "../../vm/execute/prepare.ts";
import type { PreparationAnswer, PreparationRequest } from "./preparation-messages.ts";

const port = parentPort;
if (port === null) throw new NodeError("prepare.thread", "worker.js runs as a worker thread only");

const { sha256 } = createHashes();

/** A fault of the engine is left to the machine, which meets it too and stops the node. */
function preparedOrUndefined({ code, allowsDebug }: PreparationRequest): PreparedContract | undefined {
  try {
    return prepareContract(code, { sha256, allowsDebug });
  } catch {
    return undefined;
  }
}

port.on("message", (request: PreparationRequest) => {
  const answer: PreparationAnswer = { id: request.id, prepared: preparedOrUndefined(request) };
  port.postMessage(answer);
});
