import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Logger, pino } from "pino";
import { ALGORITHMS } from "../../../accel/device.ts";
import { createReferenceDevice } from "../../../accel/reference/device.ts";
import { countAccepted } from "../../../accel/verdicts.ts";
import { openAccelerator } from "../../../node/accelerator.ts";
import { loadConfig } from "../../../node/config/load-config.ts";
import type { NodeConfigInput } from "../../../node/config/schema.ts";
import { createFaultyDevice } from "../accel/faulty-device.ts";
import { batchOf, signedItem, withOtherMessage } from "../accel/signed-items.ts";

const GOOD = signedItem(ALGORITHMS.ed25519);
const BAD = withOtherMessage(GOOD);
const SILENT = pino({ level: "silent" });

function configOf(accelerator: NodeConfigInput["accelerator"]) {
  return loadConfig({ options: { accelerator: { workers: 0, ...accelerator } } }).accelerator;
}

function loggerInto(lines: string[]): Logger {
  return pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
}

describe("the accelerator of a node", () => {
  for (const driver of ["auto", "wasm"] as const) {
    it(`with the driver ${driver} runs kernels and checks a share of their verdicts`, async () => {
      const { device, report } = openAccelerator({
        config: configOf({ driver, sampleEvery: 2 }),
        sm2UserId: "1",
        log: SILENT,
      });
      assert.equal(countAccepted(await device.submit(0, batchOf([GOOD, BAD], 64))), 32);
      const { name, state, reason, kernels, kernelAlgorithms, items, checkedItems, mismatches } = report();
      await device.close();
      assert.deepEqual([name, state, reason, items, mismatches], ["wasm, checked", "ok", "", 64, 0]);
      assert.ok(kernels === "integer" || kernels === "relaxed");
      assert.ok(kernelAlgorithms.includes("ed25519"));
      assert.ok(checkedItems >= 32, `${checkedItems}: every refusal at least`);
    });
  }

  it("with the driver reference is the reference, with nothing to check", async () => {
    const config = configOf({ driver: "reference" });
    const { device, report } = openAccelerator({ config, sm2UserId: "1", log: SILENT });
    await device.submit(0, batchOf([GOOD]));
    const { name, kernels, items, checkedItems, latencyP50Ms } = report();
    await device.close();
    assert.deepEqual([name, kernels, items, checkedItems], ["reference", null, 1, 0]);
    assert.ok(latencyP50Ms > 0);
  });

  it("without kernels starts with the reference and a warning, or, where they are demanded, not at all", async () => {
    const kernelFolder = mkdtempSync(join(tmpdir(), "cinnabar-no-kernels-"));
    const lines: string[] = [];
    const log = loggerInto(lines);
    const { device, report } = openAccelerator({ config: configOf({}), sm2UserId: "1", log, kernelFolder });
    assert.equal(countAccepted(await device.submit(0, batchOf([GOOD, BAD]))), 1);
    await device.close();
    assert.deepEqual([report().name, lines.length], ["reference", 1]);
    assert.match(lines[0]!, /"level":40.*no kernels/);
    const config = configOf({ driver: "wasm" });
    assert.throws(() => openAccelerator({ config, sm2UserId: "1", log, kernelFolder }), { code: "node.noKernels" });
    rmSync(kernelFolder, { recursive: true });
  });

  it("logs a quarantine once, with what is needed to see it again", async () => {
    const lines: string[] = [];
    const { device, report } = openAccelerator({
      config: configOf({ sampleEvery: 1 }),
      sm2UserId: "1",
      log: loggerInto(lines),
      createDevice: () => createFaultyDevice(createReferenceDevice({ workers: 0 }), "acceptsAll"),
    });
    assert.equal(countAccepted(await device.submit(0, batchOf([GOOD, BAD], 6))), 3);
    await device.submit(0, batchOf([GOOD, BAD], 6));
    const { state, reason, mismatches } = report();
    await device.close();
    assert.deepEqual([state, reason, mismatches], ["quarantined", "mismatch: a verdict is not the reference's", 1]);
    assert.equal(lines.length, 1);
    const line = JSON.parse(lines[0]!) as { level: number; kind: string; evidence: { publicKey: string } };
    assert.deepEqual([line.level, line.kind], [50, "mismatch"]);
    assert.equal(line.evidence.publicKey, Buffer.from(BAD.publicKey).toString("hex"));
  });
});
