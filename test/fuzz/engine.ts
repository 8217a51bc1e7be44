/** Processes with an engine in a tier, and of a Node version, of our choice. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { HOST_FUNCTIONS } from "../../vm/abi.ts";
import type { StubRow } from "./host-stub.ts";
import type { CaseRequest, EngineAnswer, EngineRequest } from "./protocol.ts";

export interface EngineOptions {
  readonly name: string;
  /** The Node binary; that of this process by default. */
  readonly node?: string;
  readonly flags: readonly string[];
}

/**
 * Without the baseline tier there is no feedback to inline by, and V8 14 aborts when it looks for some; versions without
 * these flags say so and go on.
 */
const NO_FEEDBACK = ["--no-wasm-inlining", "--no-wasm-inlining-call-indirect"];
export const FIRST_TIER = ["--liftoff-only"];

/** Flags of the optimising tier alone, by the version of V8. */
export function optimisingTier(v8: string = process.versions.v8): string[] {
  return ["--no-liftoff", ...(Number.parseInt(v8, 10) >= 14 ? NO_FEEDBACK : [])];
}

export const TIERS: readonly EngineOptions[] = [
  { name: "first tier", flags: FIRST_TIER },
  { name: "optimising tier", flags: optimisingTier() },
];

export const HOST_ROWS: readonly StubRow[] = HOST_FUNCTIONS.map(({ module, name, params, result, cost }) => ({
  module,
  name,
  params,
  result,
  perResultByte: cost.perResultByte ?? 0,
}));

const CHILD = join(import.meta.dirname, "engine-child.js");

/** A batch of small programs takes well under a second. */
const SILENCE_MS = 120_000;

export class Engine {
  readonly name: string;
  readonly #options: EngineOptions;
  #process: EngineProcess;

  constructor(options: EngineOptions) {
    this.name = options.name;
    this.#options = options;
    this.#process = new EngineProcess(options);
  }

  /**
   * Resolves to one line for each call of each case. When the process dies or falls silent the cases are run one by one,
   * and that which does it has one line that begins with "engine:".
   */
  async run(cases: readonly CaseRequest[]): Promise<EngineAnswer["lines"]> {
    try {
      return await this.#process.run(cases);
    } catch (error) {
      this.#process = new EngineProcess(this.#options);
      if (cases.length === 1) return [[`engine: ${(error as Error).message}`]];
    }
    const lines: (readonly string[])[] = [];
    for (const each of cases) lines.push(...(await this.run([each])));
    return lines;
  }

  close(): void {
    this.#process.close();
  }
}

class EngineProcess {
  readonly #child: ChildProcess;
  #nextId = 0;

  constructor({ node = process.execPath, flags }: EngineOptions) {
    this.#child = fork(CHILD, [], { execPath: node, execArgv: [...flags], serialization: "json" });
  }

  run(cases: readonly CaseRequest[]): Promise<EngineAnswer["lines"]> {
    const request: EngineRequest = { id: this.#nextId++, hostRows: HOST_ROWS, cases };
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const finish = (end: () => void): void => {
        clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit);
        end();
      };
      const onMessage = ({ id, lines }: EngineAnswer): void => {
        if (id === request.id) finish(() => resolve(lines));
      };
      const onExit = (code: number | null, signal: string | null): void =>
        finish(() => reject(new Error(`the process died: ${signal ?? code}`)));
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
      }, SILENCE_MS);
      child.on("message", onMessage).on("exit", onExit);
      child.send(request);
    });
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
