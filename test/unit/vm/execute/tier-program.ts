/**
 * Programs whose native frames, branches and arithmetic differ most between the tiers of the engine; prints how each
 * call ended and what it cost. Run by tiers.test.ts in processes with different tiers, whose outputs must be the
 * same.
 */
import { setFlagsFromString } from "node:v8";
import { SmallChain } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

// Set here and not on the command line, where it would have the whole of binaryen compiled by the optimising tier
// first.
if (process.argv.includes("optimising-tier")) setFlagsFromString("--no-liftoff");

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const ZERO = "(i64.const 0)";

/** A function that calls itself until the stack budget ends it (argument not 0) or once (argument 0). */
const RECURSIONS: Readonly<Record<string, { readonly functions: string; readonly extraParams?: number }>> = {
  smallest: {
    functions: "(func $r (param i64) (if (i64.ne (local.get 0) (i64.const 0)) (then (call $r (local.get 0)))))",
  },
  parameters: {
    extraParams: 15,
    functions: `(func $r (param i64) ${"(param i64)".repeat(15)} (if (i64.ne (local.get 0) (i64.const 0))
      (then (call $r ${range(16)
        .map((index) => `(local.get ${index})`)
        .join(" ")}))))`,
  },
  locals: {
    functions: `(func $r (param i64) ${"(local i64)".repeat(64)}
      ${range(64)
        .map((index) => `(local.set ${index + 1} (i64.load (i32.const ${8 * index})))`)
        .join(" ")}
      (if (i64.ne (local.get 0) (i64.const 0)) (then (call $r (local.get 0))))
      ${range(64)
        .map((index) => `(i64.store (i32.const ${8 * index}) (local.get ${index + 1}))`)
        .join(" ")})`,
  },
  operands: {
    functions: `(func $r (param i64) (if (i64.ne (local.get 0) (i64.const 0)) (then
      ${"(i64.load (i32.const 0))".repeat(60)} (call $r (local.get 0)) ${"(drop)".repeat(60)})))`,
  },
  indirect: {
    functions: `(type $t (func (param i64))) (table 1 1 funcref) (elem (i32.const 0) $r)
      (func $r (type $t) (if (i64.ne (local.get 0) (i64.const 0))
        (then (call_indirect (type $t) (local.get 0) (i32.const 0)))))`,
  },
  mutual: {
    functions: `(func $r (param i64) (if (i64.ne (local.get 0) (i64.const 0)) (then (call $s (local.get 0)))))
      (func $s (param i64) (local i64 i64) (call $r (local.get 0)))`,
  },
  // Expressions in front of the call and again behind it: the optimising tier computes them once and keeps them all.
  remembered: { functions: rememberingFunction(300) },
};

function rememberingFunction(count: number): string {
  const expression = (index: number): string =>
    `(i64.mul (i64.xor (local.get 0) (i64.const ${7919 * index + 1})) (i64.const ${104729 * index + 3}))`;
  const into = (operator: string, index: number): string =>
    `(global.set $s (i64.${operator} (global.get $s) ${expression(index)}))`;
  return `(func $r (param i64) ${range(count)
    .map((index) => into("add", index))
    .join(" ")}
    (if (i64.ne (local.get 0) (i64.const 0)) (then (call $r (i64.add (local.get 0) (i64.const 1)))))
    ${range(count)
      .map((index) => into("xor", index))
      .join(" ")})`;
}

const report: string[] = [];

function note(chain: SmallChain, method: string, gas: number): void {
  const { outcome, gasUsed, output } = chain.run("a", method, { gas });
  report.push(`${method} ${gas}: ${outcome} ${gasUsed} ${Buffer.from(output).toString("hex")}`);
}

for (const [id, { functions, extraParams = 0 }] of Object.entries(RECURSIONS)) {
  const extra = ZERO.repeat(extraParams);
  const code = contractWat(`(global $s (mut i64) (i64.const 0)) ${functions}
    (func (export "call_one") (call $r (i64.const 0) ${extra}))
    (func (export "call_deep") (call $r (i64.const 1) ${extra}))`);
  const chain = new SmallChain().deploy("a", code);
  report.push(id);
  // Often enough for the engine to compile again what is hot; the calls before and behind must not differ.
  for (let round = 0; round < 1_500; round++) chain.run("a", "one");
  for (const gas of [5_000, 10_000, 20_000, 50_000_000]) note(chain, "deep", gas);
}

/** Divisions, shifts, comparisons and memory, mixed into one number. */
const MIX = contractWat(
  `(func (export "call_mix") (local $n i32) (local $h i64)
     (local.set $h (i64.const 0x9e3779b97f4a7c15))
     (loop $l
       (local.set $h (i64.xor (i64.mul (local.get $h) (i64.const 0x100000001b3)) (i64.extend_i32_u (local.get $n))))
       (local.set $h (i64.add (local.get $h) (i64.rem_u (i64.rotl (local.get $h) (i64.extend_i32_u (local.get $n)))
         (i64.or (i64.shr_u (local.get $h) (i64.const 40)) (i64.const 1)))))
       (i64.store (i32.and (i32.mul (local.get $n) (i32.const 40)) (i32.const 0xfff8)) (local.get $h))
       (if (i64.eqz (i64.and (local.get $h) (i64.const 7))) (then
         (local.set $h (i64.load32_s (i32.and (i32.wrap_i64 (local.get $h)) (i32.const 0xfff8))))))
       (block $odd (br_if $odd (i32.and (i32.popcnt (local.get $n)) (i32.const 1)))
         (local.set $h (i64.div_s (local.get $h)
           (i64.sub (i64.const 0) (i64.extend8_s (i64.or (local.get $h) (i64.const 3)))))))
       (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 200000))))
     (i64.store (i32.const 0) (local.get $h)) (call $output (i32.const 0) (i32.const 8)))`,
  [HOST.output],
);
const mix = new SmallChain().deploy("a", MIX);
report.push("mix");
for (const gas of [100_000_000, 100_000_000, 123_456, 4_000, 100_000_000]) note(mix, "mix", gas);

/** Eight contracts on one another, each near the end of its share of the stack. */
const tower = new SmallChain();
for (let floor = 1; floor <= 8; floor++) {
  tower.deploy(
    floor === 1 ? "a" : `c${floor}`,
    contractWat(
      `(data (i32.const 16) "c${floor + 1}m")
       (func $down (param i64) (result i64)
         (if (i64.eqz (local.get 0)) (then
           (drop (call $try_call (i32.const 16) (i32.const 2) (i32.const 18) (i32.const 1)
             (i32.const 0) (i32.const 0) (i64.const -1)))
           (call $result_read (i32.const 32)) (return (i64.load8_u (i32.const 32)))))
         (i64.add (call $down (i64.sub (local.get 0) (i64.const 1))) (i64.const 256)))
       (func (export "call_m") (i64.store (i32.const 64) (call $down (i64.const 240)))
         (call $output (i32.const 64) (i32.const 8)))`,
      [HOST.tryCall, HOST.resultRead, HOST.output],
    ),
  );
}
report.push("tower");
for (const gas of [30_000_000, 3_000_000, 30_000_000]) note(tower, "m", gas);

process.stdout.write(`${report.join("\n")}\n`);
