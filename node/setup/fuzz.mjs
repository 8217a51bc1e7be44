/** `npm run fuzz -- COMMAND [options]`: builds what is missing, then runs the fuzzer with the options given. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterPrepare, ROOT } from "./prepare.mjs";

await afterPrepare(async () => {
  process.chdir(ROOT);
  await import(pathToFileURL(join(ROOT, "dist", "test", "fuzz", "main.js")).href);
});
