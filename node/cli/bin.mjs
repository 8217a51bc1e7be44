#!/usr/bin/env node
/** The command `cinnabar`: builds what is missing, then hands over to the compiled command line. */
import { afterPrepare } from "../setup/prepare.mjs";

await afterPrepare(async () => {
  const { main } = await import("../../dist/node/cli/main.js");
  await main(process.argv.slice(2));
});
