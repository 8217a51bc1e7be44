/**
 * Long searches for differences between the kernels and their judges: `npm run fuzz -- fields` (arithmetic against
 * BigInt) and `npm run fuzz -- accel` (verdicts and digests against the reference). A search does its work in steps of
 * about a tenth of a second; searches of a command take turns until the time is over.
 */
import { ed25519Searches } from "./ed25519-searches.ts";
import { fieldSearches25519 } from "./fields-25519-searches.ts";
import { hashSearches } from "./hash-searches.ts";
import { Random } from "./random.ts";
import { weierstrassFieldSearches, weierstrassSearches } from "./weierstrass-searches.ts";

export interface Search {
  readonly name: string;
  /**
   * One step: how many results were compared, how many different inputs the judge was asked about (where an input serves
   * in several comparisons), and the first difference, if there is one.
   */
  readonly step: (random: Random) => {
    readonly compared: number;
    readonly judged?: number;
    readonly difference: string | null;
  };
}

export const SEARCHES: Readonly<Record<"fields" | "accel", () => readonly Search[]>> = {
  fields: () => [...fieldSearches25519(), ...weierstrassFieldSearches()],
  accel: () => [...ed25519Searches(), ...weierstrassSearches(), ...hashSearches()],
};

export interface SearchCount {
  readonly name: string;
  readonly compared: number;
  readonly judged: number;
  readonly difference: string | null;
}

/** Runs the searches of a command whose names contain `only`, in turns; one that found a difference stops. */
export function runSearches(
  { command, seed, only = "" }: { command: keyof typeof SEARCHES; seed: string; only?: string },
  goesOn: (soFar: readonly SearchCount[]) => boolean,
): readonly SearchCount[] {
  const chosen = SEARCHES[command]().filter(({ name }) => name.includes(only));
  const searches = chosen.map((search) => ({ search, random: new Random(`${seed} ${search.name}`) }));
  const counts = searches.map(({ search }) => ({
    name: search.name,
    compared: 0,
    judged: 0,
    difference: null as string | null,
  }));
  do {
    for (const [place, { search, random }] of searches.entries()) {
      const count = counts[place]!;
      if (count.difference !== null) continue;
      const { compared, judged = compared, difference } = search.step(random);
      count.compared += compared;
      count.judged += judged;
      count.difference = difference;
    }
  } while (goesOn(counts) && counts.some(({ difference }) => difference === null));
  return counts;
}
