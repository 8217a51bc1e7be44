/** The command line as a process of its own: what `bin.mjs` runs once everything is built. */
import { main } from "../../../node/cli/main.ts";

await main(process.argv.slice(2));
