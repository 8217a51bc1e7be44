/**
 * Writes contracts/sdk/host.ts, the AssemblyScript declarations of the host functions, and docs/host-functions.md, their
 * reference, from the one table in vm/abi.ts. `node dist/contracts/compiler/generate-host.js` rewrites both files; a test
 * compares them with `hostSource()` and `hostReference()`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { HOST_FUNCTIONS, HOST_MODULE, type HostFunction, type WasmType } from "../../vm/abi.ts";
import { hostReference } from "./host-reference.ts";
import { packageRoot } from "./package-root.ts";
import { wrappedLines } from "./wrapped-lines.ts";

const HEADER = `/**
 * The host functions of the virtual machine, as AssemblyScript sees them.
 * Made from vm/abi.ts by contracts/compiler/generate-host.ts; do not edit. The SDK wraps every one of them: a contract
 * imports the wrappers, and its compiler refuses a \`declare\` of its own.
 */
`;

/** The functions of this module are imported by their own names from the module named in this statement. */
const MODULE = `declare module "${HOST_MODULE}";\n`;
/** As the formatter has it: this file is checked in. */
const LINE_LENGTH_MAX = 120;

/** `text` in a comment of lines that are not too long. */
function docComment(text: string): string {
  const lines = wrappedLines(text, LINE_LENGTH_MAX - " * ".length);
  if (lines.length === 1) return `/** ${lines[0]} */`;
  return ["/**", ...lines.map((line) => ` * ${line}`), " */"].join("\n");
}

/** Addresses and lengths are unsigned; results keep their sign, because -1 can be one. */
const parameterType = (type: WasmType): string => (type === "i32" ? "u32" : "i64");

function declaration(row: HostFunction): string {
  const parameters = row.params.map(({ name, type }) => `${name}: ${parameterType(type)}`);
  const head = `export declare function ${row.name}(`;
  const tail = `): ${row.result ?? "void"};`;
  const line = head + parameters.join(", ") + tail;
  const lines = line.length <= LINE_LENGTH_MAX ? [line] : [head, ...parameters.map((text) => `  ${text},`), tail];
  return [docComment(row.doc), ...lines, ""].join("\n");
}

/** Text of contracts/sdk/host.ts. `env.abort` is left out: AssemblyScript's library declares it. */
export function hostSource(): string {
  const rows = HOST_FUNCTIONS.filter((row) => row.module === HOST_MODULE);
  return [HEADER, MODULE, ...rows.map(declaration)].join("\n");
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  writeFileSync(join(packageRoot(), "contracts", "sdk", "host.ts"), hostSource());
  writeFileSync(join(packageRoot(), "docs", "host-functions.md"), hostReference());
}
