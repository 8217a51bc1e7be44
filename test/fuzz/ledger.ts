/**
 * The ledger: what every action of the pinned WebAssembly suite uses, as a list and its hash. The same whatever runs it:
 * first tier, optimising tier, the engine's own mixture of both, cold or warm, any Node version.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { SCHEDULE_1 } from "../../vm/gas/schedule.ts";
import { instrument } from "../../vm/instrument/instrument.ts";
import type { NodeBinary } from "../bench/nodes.ts";
import { convertSuite } from "../conformance/wasm-suite.ts";
import { readCommands } from "../conformance/wast-script.ts";
import { FIRST_TIER, optimisingTier } from "./engine.ts";

const CHILD = join(import.meta.dirname, "ledger-child.js");
const OUTPUT_BYTES_MAX = 64 * 1_048_576;
const run = promisify(execFile);

export interface Ledger {
  readonly name: string;
  readonly actions: number;
  /** SHA-256 of the lines. */
  readonly hash: string;
  readonly lines: readonly string[];
}

/** The suite in a folder of its own, every module instrumented with the profile and the limits lifted. */
export class LedgerSuite {
  readonly #folder = mkdtempSync(join(tmpdir(), "wasm-ledger-"));
  readonly #manifest: string;

  constructor() {
    const files = convertSuite(this.#folder, { simd: false });
    for (const file of files) instrumentAll(file);
    this.#manifest = join(this.#folder, "manifest.json");
    writeFileSync(this.#manifest, JSON.stringify(files));
  }

  async ledger(node: NodeBinary, tier: keyof typeof TIER_FLAGS, warmth: "cold" | "warm"): Promise<Ledger> {
    const { stdout: v8 } = await run(node.path, ["-p", "process.versions.v8"]);
    const args = [...TIER_FLAGS[tier](v8), CHILD, this.#manifest, warmth];
    const { stdout } = await run(node.path, args, { maxBuffer: OUTPUT_BYTES_MAX });
    const lines = stdout.trimEnd().split("\n");
    const hash = createHash("sha256").update(stdout).digest("hex");
    return { name: `Node ${node.major}, ${tier}, ${warmth}`, actions: lines.length, hash, lines };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const TIER_FLAGS = {
  "first tier": () => FIRST_TIER,
  "optimising tier": optimisingTier,
  "both tiers": () => [],
} as const satisfies Record<string, (v8: string) => readonly string[]>;

/** A module that the instrumenter refuses outside of the profile is left as it is not: without a file. */
function instrumentAll(file: string): void {
  for (const { filename } of readCommands(file)) {
    if (filename === undefined || !filename.endsWith(".wasm")) continue;
    const source = join(dirname(file), filename);
    if (!existsSync(source)) continue;
    try {
      const bytes = new Uint8Array(readFileSync(source));
      writeFileSync(`${source}.metered`, instrument(bytes, SCHEDULE_1, { profile: false, limits: false }));
    } catch {
      // Its actions say "no instance" in every ledger alike.
    }
  }
}
