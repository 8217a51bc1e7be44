/** `npm run build`: packages, TypeScript, contracts and kernels are up to date. */

import { afterPrepare } from "./prepare.mjs";
import { say } from "./progress.mjs";

await afterPrepare(async () => say("built: dist/ (TypeScript), build/ (contracts, kernels)"));
