/** A thread that counts for a while and says how many it made a second, for `device.part.ts`. */
import { parentPort } from "node:worker_threads";

const WHILE_MS = 200;
const STEP = 1e6;

const startMs = performance.now();
let steps = 0;
let mixed = 1;
for (; performance.now() - startMs < WHILE_MS; steps++) {
  for (let i = 0; i < STEP; i++) mixed = (Math.imul(mixed, 1103515245) + 12345) | 0;
}
// The mixed number is in the answer, so that no compiler leaves the loop out.
parentPort?.postMessage(((steps * STEP + (mixed & 1)) * 1e3) / (performance.now() - startMs));
