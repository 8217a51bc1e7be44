/**
 * The node as a process.
 *
 *   node dist/node/main.js [--config FILE] [--data FOLDER] [--host HOST] [--port PORT] [--log-level LEVEL]
 *                          [--print-config]
 *
 * SIGINT and SIGTERM stop it in order, a second one at once. Exit codes: 0 stopped in order; 1 refused to start
 * (configuration, folder, port), with the reason on stderr as one line of JSON; 70 a fault of the node.
 */
import { parseArgs } from "node:util";
import { Rejected } from "../vm/errors.ts";
import { loadConfig } from "./config/load-config.ts";
import type { NodeConfig, NodeConfigInput } from "./config/schema.ts";
import { startNode } from "./node.ts";
import { describeFault, EXIT_CODES, endOnUnhandled, runUntilStopped } from "./process.ts";

endOnUnhandled();
process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  try {
    const { config, printConfig } = readArguments(args);
    if (printConfig) {
      process.stdout.write(`${JSON.stringify(config, null, 2)}\n`);
      return EXIT_CODES.ok;
    }
    return await runUntilStopped(() => startNode(config));
  } catch (error) {
    if (!(error instanceof Rejected)) {
      describeFault(error);
      return EXIT_CODES.fault;
    }
    const { value, limit, hint } = error.details;
    process.stderr.write(`${JSON.stringify({ code: error.code, detail: error.message, value, limit, hint })}\n`);
    return EXIT_CODES.rejected;
  }
}

function readArguments(args: readonly string[]): { readonly config: NodeConfig; readonly printConfig: boolean } {
  const { values } = parseOptions(args);
  const options: NodeConfigInput = {
    ...(values.data === undefined ? {} : { dataFolder: values.data }),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values["log-level"] === undefined ? {} : { logLevel: values["log-level"] as NodeConfig["logLevel"] }),
  };
  const file = values.config ?? process.env.CINNABAR_CONFIG;
  const sources = { environment: process.env, options, ...(file === undefined ? {} : { file }) };
  return { config: loadConfig(sources), printConfig: values["print-config"] === true };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        config: { type: "string" },
        data: { type: "string" },
        host: { type: "string" },
        port: { type: "string" },
        "log-level": { type: "string" },
        "print-config": { type: "boolean" },
      },
    });
  } catch (cause) {
    throw new Rejected("config.badArguments", cause instanceof Error ? cause.message : "The arguments are not known.");
  }
}
