/** Which data folder a command is about: `--data`, else CINNABAR_DATA, else `data` below the current folder. */
import type { Command } from "commander";

export interface DataOptions {
  readonly data?: string;
}

const DATA_FOLDER = "data";

export function withDataOption(command: Command): Command {
  return command.option("--data <folder>", `the chain's data folder (default: $CINNABAR_DATA, else ${DATA_FOLDER})`);
}

export function dataFolder(options: DataOptions): string {
  return options.data ?? (process.env.CINNABAR_DATA || DATA_FOLDER);
}
