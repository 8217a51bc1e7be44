/** Measures the parts of the accel suite in this process and prints the report as JSON: argument, the rounds. */
import { measureDevices, noteOnMachine } from "./device.part.ts";
import { ecdsaPart } from "./ecdsa.part.ts";
import { ed25519Part } from "./ed25519.part.ts";
import { drawColdItems } from "./items.ts";
import { measurePart } from "./part.ts";

const rounds = Number(process.argv[2]);
const items = drawColdItems();
const report = [ed25519Part(items), ecdsaPart(items)].map((part) => measurePart(part, rounds));
const devices = await measureDevices(items, rounds);
process.stdout.write(
  JSON.stringify({
    measurements: [...report.flatMap(({ measurements }) => measurements), ...devices],
    notes: [...report.flatMap(({ notes }) => notes), ...noteOnMachine(devices)],
  }),
);
