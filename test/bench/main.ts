/** `npm run bench -- SUITE [options]`: runs one suite and prints its measurements. */
import { parseArgs } from "node:util";
import { NodeError, Rejected } from "../../vm/errors.ts";
import { accel } from "./accel/accel.suite.ts";
import { accelHashes } from "./accel-hashes/accel-hashes.suite.ts";
import { accelModel } from "./accel-model/accel-model.suite.ts";
import { admission } from "./admission/admission.suite.ts";
import { gasCalibration } from "./calibration/gas-calibration.suite.ts";
import { calls } from "./calls/calls.suite.ts";
import type { Report, RunOptions, Suite } from "./harness.ts";
import { lanes } from "./lanes/lanes.suite.ts";
import { metering } from "./metering/metering.suite.ts";
import { pipeline } from "./pipeline/pipeline.suite.ts";
import { skeleton } from "./skeleton.suite.ts";
import { measurementTable } from "./table.ts";

const SUITES: readonly Suite[] = [
  skeleton,
  admission,
  metering,
  calls,
  gasCalibration,
  lanes,
  accel,
  accelHashes,
  accelModel,
  pipeline,
];

const HELP = `npm run bench -- SUITE [options]

Suites: ${SUITES.map(({ name }) => name).join(", ")}
--json         one JSON object per measurement
--rounds N     measured rounds after the warm-up
--kernel NAME  only what has NAME in its name (of a kernel, a case, a part)
--node MAJOR   suites on several versions of Node.js: 20, 24, 26 or all (default)
--seed S       suites that search at random
--minutes M    how long they search
`;

function readOptions(): { suite: Suite | undefined; options: RunOptions; json: boolean; help: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      rounds: { type: "string" },
      kernel: { type: "string" },
      node: { type: "string", default: "all" },
      seed: { type: "string", default: "1" },
      minutes: { type: "string", default: "1" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const progress = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  };
  const options = {
    rounds: values.rounds === undefined ? null : Number(values.rounds),
    only: values.kernel ?? null,
    node: values.node,
    seed: Number(values.seed),
    minutes: Number(values.minutes),
    progress,
  };
  const suite = SUITES.find(({ name }) => name === positionals[0]);
  return { suite, options, json: values.json, help: values.help };
}

function isUsable({ rounds, node, seed, minutes }: RunOptions): boolean {
  const isCount = rounds === null || (Number.isInteger(rounds) && rounds >= 1);
  return isCount && /^(all|\d+)$/.test(node) && Number.isSafeInteger(seed) && minutes > 0;
}

/** What cannot be measured is said in a sentence; a wrong result among it. */
async function measured(suite: Suite, options: RunOptions): Promise<Report | null> {
  try {
    return await suite.measure(options);
  } catch (error) {
    if (!(error instanceof NodeError || error instanceof Rejected)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return null;
  }
}

async function main(): Promise<number> {
  const { suite, options, json, help } = readOptions();
  if (help || suite === undefined || !isUsable(options)) {
    process.stderr.write(HELP);
    return help ? 0 : 2;
  }
  const report = await measured(suite, options);
  if (report === null) return 70;
  const { measurements, text } = report;
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  if (json) for (const line of measurements) console.log(JSON.stringify(line));
  else console.log(text ?? measurementTable(measurements));
  return 0;
}

process.exitCode = await main();
