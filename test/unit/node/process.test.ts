import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../../../node/node.ts";
import { EXIT_CODES, runUntilStopped } from "../../../node/process.ts";
import { NodeError } from "../../../vm/errors.ts";

/** As much of a node as its process looks at; `close` may find that the disk is full. */
function closingNode(fails: boolean): Node {
  let declare: (fault: NodeError) => void = () => undefined;
  const fault = new Promise<NodeError>((resolve) => {
    declare = resolve;
  });
  const close = async (): Promise<void> => {
    if (fails) declare(new NodeError("store.writeFailed", "the store could not write"));
  };
  return { fault, close } as unknown as Node;
}

for (const [fails, code] of [
  [false, EXIT_CODES.ok],
  [true, EXIT_CODES.fault],
] as const) {
  test(`a node told to stop, whose last checkpoint ${fails ? "fails" : "is written"}, ends with ${code}`, async (t) => {
    t.mock.method(process.stderr, "write", () => true);
    const ended = runUntilStopped(async () => closingNode(fails));
    await new Promise((resolve) => setImmediate(resolve));
    process.emit("SIGTERM");
    assert.equal(await ended, code);
  });
}
