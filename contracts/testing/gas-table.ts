/** What calls cost, by contract and method. Gas is exact: the same call on the same state costs the same everywhere. */

interface Costs {
  readonly calls: number;
  readonly least: number;
  readonly most: number;
  readonly sum: number;
}

export class GasTable {
  readonly #costs = new Map<string, Costs>();

  /** Counts one call that used `gas`. */
  add(contract: string, method: string, gas: number): void {
    const name = `${contract}.${method}`;
    const known = this.#costs.get(name) ?? { calls: 0, least: gas, most: gas, sum: 0 };
    this.#costs.set(name, {
      calls: known.calls + 1,
      least: Math.min(known.least, gas),
      most: Math.max(known.most, gas),
      sum: known.sum + gas,
    });
  }

  /** A line for each method, in the order of their first calls, under a heading. */
  toString(): string {
    const rows = [...this.#costs].map(([name, { calls, least, most, sum }]) =>
      line(name, [calls, least, Math.round(sum / calls), most].map(String)),
    );
    return [line("gas", ["calls", "least", "mean", "most"]), ...rows].join("\n");
  }
}

const line = (name: string, cells: readonly string[]): string =>
  name.padEnd(24) + cells.map((cell) => cell.padStart(12)).join("");
