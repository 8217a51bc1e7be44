/**
 * Compile errors with a place in the contract's source; the AssemblyScript compiler prints them with the line and
 * stops.
 */

import type { Node, Parser, Range } from "assemblyscript";
import * as assemblyscript from "assemblyscript";

export class SourceErrors {
  readonly #parser: Parser;
  #count = 0;

  constructor(parser: Parser) {
    this.#parser = parser;
  }

  get count(): number {
    return this.#count;
  }

  /** The compilation fails with `text`, shown at `where`. */
  refuse(where: Range | Node, text: string): void {
    const range = "range" in where ? where.range : where;
    this.#parser.error(assemblyscript.DiagnosticCode.User_defined_0, range, text);
    this.#count += 1;
  }
}
