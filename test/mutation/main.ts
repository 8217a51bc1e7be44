/** `npm run mutate [-- ID...] [--json]`: breaks rules one by one and says which tests notice. */
import { parseArgs } from "node:util";
import { MUTATIONS } from "./rules.ts";
import { Workshop } from "./workshop.ts";

const HELP = `npm run mutate [-- ID...] [--json]

Breaks each rule of test/mutation/rules.ts (or those named) in a copy of the project and runs the tests that are to
notice. Exit code 1 when one is not noticed.

Rules: ${MUTATIONS.map(({ id }) => id).join(", ")}
`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  });
  const unknown = positionals.filter((id) => !MUTATIONS.some((mutation) => mutation.id === id));
  if (values.help || unknown.length > 0) {
    process.stderr.write(unknown.length > 0 ? `no rule ${unknown.join(", ")}\n\n${HELP}` : HELP);
    return values.help ? 0 : 2;
  }
  const chosen = MUTATIONS.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
  const workshop = new Workshop(process.cwd());
  try {
    return tryAll(workshop, chosen, values.json);
  } finally {
    workshop.close();
  }
}

function tryAll(workshop: Workshop, chosen: typeof MUTATIONS, isJson: boolean): number {
  let missed = 0;
  for (const [index, mutation] of chosen.entries()) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${index + 1} of ${chosen.length}: ${mutation.id}`);
    const verdict = workshop.try(mutation);
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    if (!verdict.noticed) missed += 1;
    const { id, rule } = mutation;
    if (isJson) console.log(JSON.stringify({ id, rule, ...verdict }));
    else console.log(`${verdict.noticed ? "noticed" : "MISSED "}  ${id.padEnd(20)}  ${rule}\n         ${verdict.by}`);
  }
  if (!isJson) console.log(`\n${chosen.length - missed} of ${chosen.length} broken rules noticed`);
  return missed === 0 ? 0 : 1;
}

process.exitCode = main();
