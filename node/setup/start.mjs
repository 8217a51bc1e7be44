/** `npm start [-- options]`: builds what is missing, then `cinnabar start --day` with the options given. */
import { afterPrepare } from "./prepare.mjs";

await afterPrepare(async () => {
  const { main } = await import("../../dist/node/cli/main.js");
  await main(["start", "--day", ...process.argv.slice(2)]);
});
