/**
 * Writes contracts/sdk/host.ts, the AssemblyScript declarations of the host functions, from the one table in vm/abi.ts.
 * `node dist/contracts/compiler/generate-host.js` rewrites the file; a test compares it with `hostSource()`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { HOST_FUNCTIONS, type HostFunction, type WasmType } from "../../vm/abi.ts";
import { packageRoot } from "./package-root.ts";

const HEADER = `/**
 * The host functions of the virtual machine, as AssemblyScript sees them.
 * Made from vm/abi.ts by contracts/compiler/generate-host.ts; do not edit. The SDK wraps every one of them: a contract
 * imports the wrappers, and its compiler refuses a \`declare\` of its own.
 */
`;

/** Addresses and lengths are unsigned; results keep their sign, because -1 can be one. */
const parameterType = (type: WasmType): string => (type === "i32" ? "u32" : "i64");

function declaration(row: HostFunction): string {
  const parameters = row.params.map(({ name, type }) => `${name}: ${parameterType(type)}`).join(", ");
  const signature = `${row.name}(${parameters}): ${row.result ?? "void"}`;
  return `/** ${row.doc} */\n@external("${row.module}", "${row.name}")\nexport declare function ${signature};\n`;
}

/** Text of contracts/sdk/host.ts. `env.abort` is left out: the AssemblyScript runtime declares it itself. */
export function hostSource(): string {
  const rows = HOST_FUNCTIONS.filter((row) => row.module !== "env");
  return [HEADER, ...rows.map(declaration)].join("\n");
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  writeFileSync(join(packageRoot(), "contracts", "sdk", "host.ts"), hostSource());
}
