/**
 * A process with one engine in one tier: runs the instrumented suite in a folder and prints what every action used, one
 * line each. `warm`: everything is run twice before, with the same compiled modules.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Compile, readCommands, ScriptRun } from "../conformance/wast-script.ts";

const [manifest, warmth] = process.argv.slice(2) as [string, string];
const files = JSON.parse(readFileSync(manifest, "utf8")) as string[];

function compiler(folder: string): Compile {
  const compiled = new Map<string, WebAssembly.Module>();
  return (filename) => {
    const known = compiled.get(filename);
    if (known !== undefined) return known;
    const module = new WebAssembly.Module(readFileSync(join(folder, `${filename}.metered`)));
    compiled.set(filename, module);
    return module;
  };
}

const lines: string[] = [];
for (const file of files) {
  const compile = compiler(dirname(file));
  const commands = readCommands(file);
  let run = new ScriptRun(compile, { showsGas: true });
  for (let round = warmth === "warm" ? 3 : 1; round > 0; round--) {
    run = new ScriptRun(compile, { showsGas: true });
    run.run(commands);
  }
  lines.push(...run.lines.map((line) => `${basename(file, ".json")}:${line}`));
}
process.stdout.write(`${lines.join("\n")}\n`);
