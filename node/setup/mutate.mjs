/** `npm run mutate [-- ID...]`: builds what is missing, then breaks rules one by one (test/mutation). */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterPrepare, ROOT } from "./prepare.mjs";

await afterPrepare(async () => {
  process.chdir(ROOT);
  const harness = join(ROOT, "dist", "test", "mutation", "main.js");
  process.argv[1] = harness;
  await import(pathToFileURL(harness).href);
});
