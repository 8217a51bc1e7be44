/** Measures the parts of the accel suite in this process and prints the report as JSON: argument, the rounds. */
import { ecdsaPart } from "./ecdsa.part.ts";
import { ed25519Part } from "./ed25519.part.ts";
import { measurePart } from "./part.ts";

const rounds = Number(process.argv[2]);
const report = [ed25519Part(), ecdsaPart()].map((part) => measurePart(part, rounds));
process.stdout.write(
  JSON.stringify({
    measurements: report.flatMap(({ measurements }) => measurements),
    notes: report.flatMap(({ notes }) => notes),
  }),
);
