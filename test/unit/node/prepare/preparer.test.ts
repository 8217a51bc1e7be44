/** The preparer against a real machine, with its own worker and with workers that fail in every way. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { createHashes } from "../../../../accel/hashes.ts";
import { Preparer } from "../../../../node/prepare/preparer.ts";
import { createMachine, type Machine } from "../../../../vm/execute/machine.ts";
import { prepareContract } from "../../../../vm/execute/prepare.ts";
import { testVerifier } from "../../vm/small-chain.ts";
import { contractWat } from "../../vm/wat.ts";

const hashes = createHashes();
const codeOf = (pages: number): Uint8Array => contractWat(`(func (export "call_run"))`, [], pages);
const newMachine = (): Machine => createMachine({ hashes, verifier: testVerifier });
const has = (machine: Machine, code: Uint8Array): boolean => machine.loaded(hashes.sha256(code)) !== undefined;

/** A worker of a few lines; the text runs for each request `r`. */
const spawning = (onRequest: string) => (): Worker =>
  new Worker(
    `const { parentPort } = require("node:worker_threads"); parentPort.on("message", (r) => { ${onRequest} });`,
    {
      eval: true,
    },
  );

describe("the preparer", () => {
  it("compiles in its worker, one module after the other, and the machine has them", async () => {
    const machine = newMachine();
    const preparer = new Preparer({ machine });
    const codes = [1, 2, 3, 4].map(codeOf);
    await Promise.all(codes.map((code) => preparer.prepare(code)));
    assert.deepEqual(
      codes.map((code) => has(machine, code)),
      [true, true, true, true],
    );
    assert.deepEqual(preparer.statistics, { adopted: 4, givenUp: 0 });
    await preparer.close();
  });

  it("gives up a module that is refused, and goes on", async () => {
    const machine = newMachine();
    const preparer = new Preparer({ machine });
    await Promise.all([preparer.prepare(new Uint8Array(100)), preparer.prepare(codeOf(1))]);
    assert.deepEqual(preparer.statistics, { adopted: 1, givenUp: 1 });
    await preparer.close();
  });

  const FAILURES = {
    "never answers": "",
    "does not come back": "for (;;);",
    throws: "throw new TypeError('lost')",
    leaves: "process.exit(3)",
    "runs out of memory": "const all = []; for (;;) all.push(new Array(1e6).fill(1.5));",
  } as const;
  for (const [name, text] of Object.entries(FAILURES)) {
    it(`leaves the module to the machine when the worker ${name}`, async () => {
      const machine = newMachine();
      const preparer = new Preparer({ machine, timeLimitMs: 300, spawnWorker: spawning(text) });
      await Promise.all([preparer.prepare(codeOf(1)), preparer.prepare(codeOf(2))]);
      assert.deepEqual(preparer.statistics, { adopted: 0, givenUp: 2 });
      assert.ok(machine.load(codeOf(1)).ok);
      await preparer.close();
    });
  }

  it("changes nothing when the answer comes after the machine did it itself", async () => {
    const machine = newMachine();
    const preparer = new Preparer({ machine });
    const answered = preparer.prepare(codeOf(1));
    const own = machine.load(codeOf(1));
    await answered;
    assert.ok(own.ok);
    assert.equal(machine.loaded(own.contract.codeHash), own.contract);
    assert.deepEqual(preparer.statistics, { adopted: 0, givenUp: 1 });
    await preparer.close();
  });

  it("takes no answer that it did not ask for", async () => {
    const machine = newMachine();
    const text = `parentPort.postMessage({ id: r.id + 7, prepared: { codeHash: r.code } });
      parentPort.postMessage({ id: r.id, prepared: undefined });`;
    const preparer = new Preparer({ machine, spawnWorker: spawning(text) });
    await preparer.prepare(codeOf(1));
    assert.deepEqual(preparer.statistics, { adopted: 0, givenUp: 1 });
    await preparer.close();
  });

  it("lets everyone go on when it is closed, and takes nothing after", async () => {
    const machine = newMachine();
    const preparer = new Preparer({ machine, spawnWorker: spawning("for (;;);") });
    const waiting = [preparer.prepare(codeOf(1)), preparer.prepare(codeOf(2))];
    await preparer.close();
    await Promise.all([...waiting, preparer.prepare(codeOf(3))]);
    assert.equal(has(machine, codeOf(1)), false);
  });

  it("sends what a thread can take: a compiled module and plain facts", async () => {
    const prepared = prepareContract(codeOf(1), { sha256: hashes.sha256 })!;
    const text = `parentPort.postMessage({ id: r.id, prepared: globalThis.kept })`;
    const worker = new Worker(
      `${"const { parentPort, workerData } = require('node:worker_threads');"}
      globalThis.kept = workerData; parentPort.on("message", (r) => { ${text} });`,
      { eval: true, workerData: prepared },
    );
    const machine = newMachine();
    const preparer = new Preparer({ machine, spawnWorker: () => worker });
    await preparer.prepare(codeOf(1));
    assert.deepEqual(machine.loaded(hashes.sha256(codeOf(1)))?.facts, prepared.facts);
    await preparer.close();
  });
});
