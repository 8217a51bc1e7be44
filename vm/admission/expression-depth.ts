/** Behind an instruction that does not return. */
interface Missing {
  /** The deepest expression that a missing operand can be. */
  depth: number;
  /** The deepest instruction without a result since one was made or taken; 0 when there was none. */
  statement: number;
}

/**
 * How deep the instructions of a body lie inside one another once the stack code is read as a tree, which is how the
 * instrumenter's library reads it.
 *
 * That library walks the tree by recursion, on the engine's stack: read without a bound, 1,500 nested operands or 900
 * operands kept under a statement exhaust it, sooner or later depending on the process. So the depth is bounded here,
 * in one linear pass, for every node the same.
 *
 * An instruction lies one above the deepest operand it takes. A block lies one above the deepest of what it holds.
 * Instructions that leave nothing while an operand waits under them are put into a block together with that operand and
 * a scratch local: the operand then lies two above the deepest of them.
 *
 * Behind an instruction that does not return, operands that are missing are not made up: the library takes the last
 * instruction that does not return, and so on down, so that thousands of `drop` behind one `unreachable` lie inside one
 * another. Which one it takes depends on types that are not known here; the deepest of the frame is never less.
 */
export class ExpressionDepth {
  /** For each operand on the stack, the depth of the expression that makes it. */
  readonly #operands: number[] = [];
  /** For each operand, the deepest instruction without a result since it was made; 0 when there was none. */
  readonly #statements: number[] = [];
  /** For each open frame: how many operands lie below it, and the deepest expression in it so far. */
  readonly #bases: number[] = [];
  readonly #deepest: number[] = [];
  /** For each open frame, what a missing operand is made of; null while its code can be reached. */
  readonly #missing: (Missing | null)[] = [];
  /** The deepest operand that the current instruction has taken. */
  #taken = 0;
  #hasResult = false;
  #hasTakenMissing = false;
  #max = 0;
  #held = 0;

  get max(): number {
    return this.#max;
  }

  /** Operands so far that were kept under an instruction without a result: each takes a scratch local. */
  get held(): number {
    return this.#held;
  }

  beginInstruction(): void {
    this.#taken = 0;
    this.#hasResult = false;
    this.#hasTakenMissing = false;
  }

  endInstruction(): void {
    if (this.#hasResult) return;
    const depth = this.#note(this.#taken + 1);
    this.#noteMissing(depth);
    const waiting = this.#operands.length - 1;
    if (waiting < (this.#bases.at(-1) ?? 0)) return;
    this.#statements[waiting] = Math.max(this.#statements[waiting]!, depth);
  }

  push(): void {
    this.#hasResult = true;
    this.#operands.push(this.#note(this.#taken + 1));
    this.#statements.push(0);
  }

  pop(): void {
    const operand = this.#operands.pop() ?? 0;
    const statement = this.#statements.pop() ?? 0;
    this.#take(statement === 0 ? operand : this.#hold(Math.max(operand, statement)));
  }

  /** Takes an operand that is not there, in code that cannot be reached. */
  popMissing(): void {
    const missing = this.#missing.at(-1);
    if (missing === null || missing === undefined) return;
    this.#hasTakenMissing = true;
    const { depth, statement } = missing;
    this.#take(statement === 0 ? depth : this.#hold(Math.max(depth, statement)));
  }

  /** What follows in the innermost frame cannot be reached. */
  setUnreachable(): void {
    const frame = this.#missing.length - 1;
    if (frame < 0) return;
    const depth = this.#note(this.#taken + 1);
    this.#missing[frame] = { depth: Math.max(depth, this.#missing[frame]?.depth ?? 0), statement: 0 };
    // What was just put down is the instruction itself.
    this.#hasTakenMissing = true;
  }

  /** A frame opens; what the instruction has taken so far (a condition, the arm before an `else`) lies in it. */
  open(): void {
    this.#bases.push(this.#operands.length);
    this.#deepest.push(this.#taken);
    this.#missing.push(null);
  }

  /** The innermost frame closes: whatever its instruction gives lies above all it holds. */
  close(): void {
    this.dropTo(this.#bases.pop() ?? 0);
    this.#missing.pop();
    this.#take(this.#deepest.pop() ?? 0);
  }

  /** Operands above `height` are gone, as behind a branch. */
  dropTo(height: number): void {
    while (this.#operands.length > height) this.pop();
  }

  /** An instruction without a result, of this depth, stands in the innermost frame. */
  #noteMissing(depth: number): void {
    const missing = this.#missing.at(-1);
    if (missing === null || missing === undefined) return;
    missing.depth = Math.max(missing.depth, depth);
    missing.statement = this.#hasTakenMissing ? 0 : Math.max(missing.statement, depth);
  }

  /** The depth of a block that keeps an operand of this depth in a scratch local. */
  #hold(depth: number): number {
    this.#held += 1;
    return this.#note(depth + 2);
  }

  #take(depth: number): void {
    if (depth > this.#taken) this.#taken = depth;
  }

  #note(depth: number): number {
    const frame = this.#deepest.length - 1;
    if (frame >= 0 && depth > this.#deepest[frame]!) this.#deepest[frame] = depth;
    if (depth > this.#max) this.#max = depth;
    return depth;
  }
}
