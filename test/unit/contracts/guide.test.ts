/**
 * docs/contracts.md says what is true: its contract compiles and does what it looks like; its tables have every
 * decorator.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";
import { builtContract } from "../../../contracts/testing/built-contract.ts";
import { createTestChain } from "../../../contracts/testing/test-chain.ts";
import { REASON_TEXTS, type ReasonCode } from "../../../vm/admission/reasons.ts";
import { LIMITS } from "../../../vm/limits.ts";
import { compileFiles } from "./compile-text.ts";

const read = (...path: string[]): string => readFileSync(join(packageRoot(), ...path), "utf8");
const guide = read("docs", "contracts.md");

test("the guide's contract compiles and sells each seat once", async () => {
  const source = /```ts\n([\s\S]*?)```/.exec(guide)![1]!;
  const module = await compileFiles({ "index.ts": source });
  const chain = createTestChain();
  assert.equal(chain.deploy(module).error, null);
  assert.equal(chain.call("tickets", "buy", { seat: "A1" }, { sender: "ann" }).error, null);
  const second = chain.call("tickets", "buy", { seat: "A1" }, { sender: "bob" });
  assert.deepEqual(second.error, { code: 1, name: "seat.taken", message: "seat A1 is sold" });
  assert.equal(chain.view("tickets", "holder", ["A1"]).result, chain.address("ann"));
  assert.equal(chain.view("tickets", "holder", ["A2"]).result, null);
});

test("the guide's lists, counters and topics are what it says", async () => {
  const source = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)]
    .map(([, text]) => text!)
    .find((text) => text.includes("Fund"));
  const module = await compileFiles({ "index.ts": source! });
  const chain = createTestChain();
  assert.equal(chain.deploy(module).error, null);
  const pledge = (amount: number, sender: string) => chain.call("fund", "pledge", ["bridge", amount], { sender });
  const [topics] = pledge(400_000, "ann").events.map((event) => event.topics);
  assert.deepEqual(topics, [Buffer.from("\x06\0\0\0bridge").toString("hex"), chain.address("ann")]);
  assert.equal(pledge(600_001, "bob").error?.name, "pledge.refused");
  assert.equal(pledge(0, "bob").error?.name, "pledge.refused");
  for (const sender of ["bob", "ann"]) assert.equal(pledge(300_000, sender).error, null);
  assert.equal(chain.view("fund", "raisedBy", ["bridge"]).result, 1_000_000);
  assert.equal(chain.storage("fund", "raised", ["bridge"]), 1_000_000);
  const all = [
    { backer: chain.address("ann"), amount: 700_000 },
    { backer: chain.address("bob"), amount: 300_000 },
  ].sort((left, right) => (left.backer < right.backer ? -1 : 1));
  assert.deepEqual(chain.view("fund", "pledgesTo", ["bridge", null]).result, all);
  assert.deepEqual(chain.view("fund", "pledgesTo", ["bridge", all[0]!.backer]).result, [all[1]]);
  assert.deepEqual(chain.view("fund", "pledgesTo", ["tunnel", null]).result, []);
});

test("the guide names every decorator the editor knows", () => {
  const declared = [...read("contracts", "sdk", "decorators.d.ts").matchAll(/^declare function (\w+)/gm)];
  assert.ok(declared.length > 8);
  for (const [, name] of declared) assert.ok(guide.includes(`\`@${name}`), name);
});

test("the guide lists every bound of a module, with its value", () => {
  const bounds = Object.keys(REASON_TEXTS).filter((code) => code.startsWith("limit."));
  assert.ok(bounds.length > 20);
  const limits: Readonly<Record<string, number>> = LIMITS;
  for (const code of bounds) {
    const value = limits[code.slice("limit.".length)]!.toLocaleString("en-US");
    assert.ok(guide.includes(`| \`${code}\` | ${REASON_TEXTS[code as ReasonCode]} | ${value} |`), code);
  }
});

test("the READMEs of the contracts list every coded error and every method of their ABI", () => {
  for (const name of ["invoice", "payment", "trade"]) {
    const readme = read("contracts", name, "README.md");
    const { abi } = builtContract(name);
    for (const error of abi.errors) {
      const isInRange = error.code >= 1010 && error.code <= 1017;
      const isOwn = error.code < 0xfffe_0000 && !isInRange;
      if (isOwn) assert.ok(readme.includes(`| ${error.code} | \`${error.name}\` |`), `${name}: ${error.name}`);
    }
    for (const method of abi.methods) assert.ok(readme.includes(`${method.name}(`), `${name}: ${method.name}`);
  }
});
