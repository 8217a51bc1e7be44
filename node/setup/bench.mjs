/** `npm run bench -- SUITE [--json]`: builds what is missing, then runs the bench harness with the options given. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterPrepare, ROOT } from "./prepare.mjs";

await afterPrepare(async () => {
  const harness = join(ROOT, "dist", "test", "bench", "main.js");
  process.argv[1] = harness;
  await import(pathToFileURL(harness).href);
});
