/**
 * The stack matrix: recursions whose frames an engine builds most differently, in each tier, on the main thread and on a
 * worker, on each Node version. All must end in the same outcome after the same gas, at every budget, and none may meet
 * the engine's own limit.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { instrument } from "../../vm/instrument/instrument.ts";
import type { NodeBinary } from "../bench/nodes.ts";
import { FRAME_ENDED, Interpreter, STACK_BYTES } from "../reference/interpreter.ts";
import { wat } from "../unit/vm/wat.ts";
import { FIRST_TIER, optimisingTier } from "./engine.ts";

const CHILD = join(import.meta.dirname, "stack-child.js");
const run = promisify(execFile);
const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(" ");

/** `$r` calls itself for ever; `call_run` begins. */
const RECURSIONS: Readonly<Record<string, string>> = {
  "1 local": recursion("", 1, 1),
  "10 locals": recursion("", 1, 10),
  "64 locals": recursion("", 1, 64),
  "16 parameters": recursion("", 16, 0),
  "60 operands": `(func $r (param i64) ${times(60, () => "(i64.load (i32.const 0))")} (call $r (local.get 0))
    ${times(60, () => "(drop)")})
    (func (export "call_run") (call $r (i64.const 1)))`,
  "300 remembered expressions": `(global $s (mut i64) (i64.const 0))
    (func $r (param i64) ${times(300, (index) => remembered("add", index))} 
    (call $r (i64.add (local.get 0) (i64.const 1)))
    ${times(300, (index) => remembered("xor", index))})
    (func (export "call_run") (call $r (i64.const 1)))`,
  "through a table": `(type $t (func (param i64))) (table 2 2 funcref) (elem (i32.const 0) $r $s)
    (func $r (type $t) (call_indirect (type $t) (local.get 0) (i32.wrap_i64 (i64.and (local.get 0) (i64.const 1)))))
    (func $s (type $t) (local i64 i64 i64) (call_indirect (type $t) (i64.const 0) (i32.const 0)))
    (func (export "call_run") (call $r (i64.const 1)))`,
  mutual: `(func $r (param i64) (call $s (local.get 0))) (func $s (param i64) (local i64 i32) (call $r (local.get 0)))
    (func (export "call_run") (call $r (i64.const 1)))`,
  "around static helpers": `(func $h (param i64) (result i64)
    (i64.add (i64.mul (local.get 0) (i64.const 3)) (i64.const 1)))
    (func $g (param i64) (result i64) (local i64 i64 i64 i64 i64 i64) (call $h (call $h (local.get 0))))
    (func $r (param i64) (call $r (call $g (local.get 0))) (drop (call $g (local.get 0))))
    (func (export "call_run") (call $r (i64.const 1)))`,
};

function recursion(extra: string, params: number, locals: number): string {
  const all = params + locals;
  const use = times(locals, (index) => `(local.set ${params + index} (i64.load (i32.const ${8 * index})))`);
  const keep = times(locals, (index) => `(i64.store (i32.const ${8 * index}) (local.get ${params + index}))`);
  const args = times(params, (index) => `(i64.add (local.get ${(index + 1) % params}) (local.get ${index % all}))`);
  return `${extra} (func $r ${times(params, () => "(param i64)")} ${times(locals, () => "(local i64)")}
    ${use} (call $r ${args}) ${keep})
    (func (export "call_run") (call $r ${times(params, () => "(i64.const 1)")}))`;
}

function remembered(operator: string, index: number): string {
  const value = `(i64.mul (i64.xor (local.get 0) (i64.const ${7919 * index + 1})) (i64.const ${104729 * index + 3}))`;
  return `(global.set $s (i64.${operator} (global.get $s) ${value}))`;
}

interface StackCase {
  readonly id: string;
  /** Instrumented, base64. */
  readonly code: string;
}

/** Gas limits and budgets of each recursion: enough gas, and some that ends first. */
const RUNS = [
  { gas: 100_000_000, stack: STACK_BYTES },
  { gas: 100_000_000, stack: STACK_BYTES / 8 },
  { gas: 100_000_000, stack: 0 },
  { gas: 3_000, stack: STACK_BYTES },
  { gas: 0, stack: STACK_BYTES },
] as const;

export interface MatrixRow {
  readonly name: string;
  readonly lines: readonly string[];
}

const codes = (): [string, Uint8Array][] =>
  Object.entries(RECURSIONS).map(([id, parts]) => [id, wat(`(module (memory (export "memory") 1 1) ${parts})`)]);

function stackCases(): StackCase[] {
  return codes().map(([id, code]) => ({ id, code: Buffer.from(instrument(code)).toString("base64") }));
}

/** What docs/gas.md says, by the reference interpreter. */
export function expectedLines(): string[] {
  return codes().flatMap(([id, code]) => {
    const interpreter = new Interpreter(code, {
      host: () => () => {
        throw FRAME_ENDED;
      },
    });
    return RUNS.map(({ gas, stack }) => {
      interpreter.reset();
      return `${id}, gas ${gas}, stack ${stack}: ${interpreter.call("call_run", [], gas, stack).ending}`;
    });
  });
}

/** The rows of one Node version: each tier, on the main thread and on a worker. */
export async function stackRows(node: NodeBinary): Promise<MatrixRow[]> {
  const work = JSON.stringify({ cases: stackCases(), runs: RUNS });
  const { stdout: v8 } = await run(node.path, ["-p", "process.versions.v8"]);
  const rows: MatrixRow[] = [];
  for (const [tier, flags] of [
    ["first tier", FIRST_TIER],
    ["optimising tier", optimisingTier(v8)],
  ] as const) {
    for (const thread of ["main", "worker"]) {
      const child = execFile(node.path, [...flags, CHILD, thread], { maxBuffer: 1 << 24 });
      child.stdin!.end(work);
      const output = await text(child.stdout!);
      rows.push({ name: `Node ${node.major}, ${tier}, ${thread}`, lines: output.trimEnd().split("\n") });
    }
  }
  return rows;
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = "";
  for await (const part of stream) all += part;
  return all;
}
