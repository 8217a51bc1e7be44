/** The thread that owns the tree: blocks in, roots out. It opens nothing, and ends when it is told to. */
import { parentPort, workerData } from "node:worker_threads";
import type { Hashes } from "../../accel/device.ts";
import { NodeError } from "../../vm/errors.ts";
import { manyHashesOf } from "../format/many-hashes.ts";
import { pairHashesOf } from "../format/pair-hashes.ts";
import type { StateEntry } from "../state/store.ts";
import { decodeBlockBody, decodeWrites } from "./block-body.ts";
import { BlockTrees } from "./block-trees.ts";
import type { RootsAnswer, RootsRequest, RootsSettings } from "./messages.ts";

const port = parentPort;
if (port === null) throw new NodeError("roots.thread", "worker.js runs as a worker thread only");

const { hashesModule, hashName, seed } = workerData as RootsSettings;
const { createHashes } = (await import(hashesModule)) as { readonly createHashes: () => Hashes };
const hashes = createHashes();
const hash = hashes[hashName];
const hashPairs = hashes.pairs?.[hashName] ?? pairHashesOf(hash);
const hashMany = hashes.many?.[hashName] ?? manyHashesOf(hash);
const trees = new BlockTrees({ hash, hashPairs, hashMany, seed });

function answer(request: RootsRequest): RootsAnswer | undefined {
  switch (request.kind) {
    case "add": {
      const { id, body, newKeys, entryCount } = request;
      return { kind: "added", id, ...trees.add({ ...decodeBlockBody(body), newKeys, entryCount }), body };
    }
    case "load":
      trees.load(decodeWrites(request.entries) as readonly StateEntry[]);
      return { kind: "loaded", id: request.id };
    case "begin":
      return { kind: "begun", id: request.id, stateRoot: trees.begin(request.height) };
    case "prove":
      return { kind: "proven", id: request.id, proof: trees.prove(request.height, request.key) };
    case "dropAbove":
      trees.dropAbove(request.height);
      return undefined;
    case "dropBelow":
      trees.dropBelow(request.height);
      return undefined;
  }
}

/** A fault in a drop has nobody who waits for it: it ends the thread, which is noticed. */
function answerOrFault(request: RootsRequest): RootsAnswer | undefined {
  try {
    return answer(request);
  } catch (error) {
    if (!("id" in request)) throw error;
    const code = error instanceof NodeError ? error.code : "roots.unexpected";
    return { kind: "failed", id: request.id, code, text: error instanceof Error ? error.message : String(error) };
  }
}

port.on("message", (request: RootsRequest) => {
  const given = answerOrFault(request);
  if (given === undefined) return;
  port.postMessage(given, given.kind === "added" ? [given.body.buffer as ArrayBuffer] : []);
});
