/** The searches of `npm run fuzz -- fields` for ed25519, on every variant of the module that this engine can run. */
import { variantsOf } from "../unit/accel/kernels/kernel-modules.ts";
import { SMALL_ORDER } from "./ed25519-mutants.ts";
import { FIELD_OPERATIONS, FieldCheck, PointCheck, ScalarCheck } from "./fields-25519.ts";
import type { Search } from "./searches.ts";

const PAIRS = 2048;
const POWER_PAIRS = 64;
/** Results that one case of a scalar check compares. */
const SCALAR_RESULTS = 5;
const POINTS = 32;
/** Points decoded, summed and doubled in one case of a point check. */
const POINT_RESULTS = 16;

function searchesOfField(module: string): Search[] {
  const field = new FieldCheck(module);
  const operations = Object.entries(FIELD_OPERATIONS).map(([name, { code, formula }]) => ({
    name: `${module}: ${name}`,
    step: (random: Parameters<Search["step"]>[0]) => ({
      compared: 4 * PAIRS,
      difference: field.check(code, formula, PAIRS, random),
    }),
  }));
  return [
    ...operations,
    {
      name: `${module}: power`,
      step: (random) => ({ compared: 4 * POWER_PAIRS, difference: field.checkPower(POWER_PAIRS, random) }),
    },
    {
      name: `${module}: zero, odd, sign`,
      step: (random) => ({ compared: 4 * PAIRS, difference: field.checkBits(PAIRS, random) }),
    },
  ];
}

export function fieldSearches25519(): Search[] {
  const others = variantsOf("probe-edwards25519").flatMap((module): Search[] => {
    const scalars = new ScalarCheck(module);
    const points = new PointCheck(module, SMALL_ORDER);
    return [
      {
        name: `${module}: scalars`,
        step: (random) => ({ compared: SCALAR_RESULTS * PAIRS, difference: scalars.check(PAIRS, random) }),
      },
      {
        name: `${module}: points`,
        step: (random) => ({ compared: POINT_RESULTS * POINTS, difference: points.check(POINTS, random) }),
      },
    ];
  });
  return [...variantsOf("probe-fe25519").flatMap(searchesOfField), ...others];
}
