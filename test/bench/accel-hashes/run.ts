/** Measures the hashes in this process and prints the report as JSON: argument, the rounds. */
import { measurePart } from "../accel/part.ts";
import { hashesPart } from "./hashes.part.ts";
import { openPeers } from "./peers.ts";

const { measurements, notes } = measurePart(hashesPart(await openPeers()), Number(process.argv[2]));
process.stdout.write(
  JSON.stringify({ measurements: measurements.map((each) => ({ ...each, suite: "accel-hashes" })), notes }),
);
