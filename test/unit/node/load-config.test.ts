import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { configVariables, loadConfig } from "../../../node/config/load-config.ts";
import { Rejected } from "../../../vm/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "cinnabar-config-"));
after(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const path = join(folder, "config.json");
  writeFileSync(path, text);
  return path;
}

function rejectedWith(code: string, value?: string) {
  return (error: unknown) =>
    error instanceof Rejected && error.code === code && (value === undefined || error.details.value === value);
}

describe("the configuration of a node", () => {
  it("is complete without any source", () => {
    const config = loadConfig();
    assert.equal(config.host, "127.0.0.1");
    assert.equal(config.port, 8710);
    assert.equal(config.dataFolder, "data");
    assert.equal(config.api.jsonBytesMax, 1024 * 1024);
    assert.equal(config.accelerator.workers, undefined);
  });

  it("takes the file over the defaults, the environment over the file, the options over the environment", () => {
    const file = fileOf(
      '{"port": 1, "host": "a", "ingest": {"pendingMax": 7, "batchItemsMax": 3}, "logLevel": "warn"}',
    );
    const environment = { CINNABAR_PORT: "2", CINNABAR_HOST: "b", CINNABAR_INGEST_PENDING_MAX: "8", HOME: "x" };
    const config = loadConfig({ file, environment, options: { port: 3 } });
    assert.equal(config.logLevel, "warn");
    assert.equal(config.ingest.batchItemsMax, 3);
    assert.equal(config.host, "b");
    assert.equal(config.ingest.pendingMax, 8);
    assert.equal(config.port, 3);
  });

  it("gives every value an environment variable of its own", () => {
    const variables = configVariables().map(({ variable }) => variable);
    assert.equal(new Set(variables).size, variables.length);
    assert.ok(variables.includes("CINNABAR_API_COMMIT_TIMEOUT_MS"));
    assert.ok(variables.includes("CINNABAR_ACCELERATOR_WORKERS"));
    assert.equal(loadConfig({ environment: { CINNABAR_DATA: "elsewhere" } }).dataFolder, "elsewhere");
  });

  it("reads true and false from the environment", () => {
    assert.equal(loadConfig({ environment: { CINNABAR_API_DOCUMENTATION: "false" } }).api.documentation, false);
  });

  it("refuses a key it does not know, in the file, the environment and the options", () => {
    assert.throws(() => loadConfig({ file: fileOf('{"prot": 1}') }), rejectedWith("config.unknownKey", "prot"));
    const nested = fileOf('{"ingest": {"pendingMx": 1}}');
    assert.throws(() => loadConfig({ file: nested }), rejectedWith("config.unknownKey", "ingest.pendingMx"));
    const environment = { CINNABAR_PROT: "1" };
    assert.throws(() => loadConfig({ environment }), rejectedWith("config.unknownKey", "CINNABAR_PROT"));
    const options = { prot: 1 } as object;
    assert.throws(() => loadConfig({ options }), rejectedWith("config.unknownKey", "prot"));
  });

  it("refuses a prototype key instead of setting a prototype", () => {
    assert.throws(() => loadConfig({ file: fileOf('{"__proto__": {"port": 1}}') }), rejectedWith("config.unknownKey"));
  });

  it("leaves the variables of the command line alone", () => {
    assert.equal(loadConfig({ environment: { CINNABAR_URL: "http://x" } }).port, 8710);
  });

  const bad: readonly { readonly id: string; readonly options: object }[] = [
    { id: "a port above 65535", options: { port: 65_536 } },
    { id: "a port that is a text", options: { port: "80" } },
    { id: "a port with a fraction", options: { port: 1.5 } },
    { id: "an empty host", options: { host: "" } },
    { id: "a level of the log that there is none of", options: { logLevel: "loud" } },
    { id: "no room for a transaction", options: { ingest: { pendingMax: 0 } } },
    { id: "a section that is no object", options: { api: 3 } },
    { id: "more workers than lanes", options: { accelerator: { workers: 97 } } },
  ];
  for (const { id, options } of bad) {
    it(`refuses ${id}`, () => {
      assert.throws(() => loadConfig({ options }), rejectedWith("config.badValue"));
    });
  }

  it("refuses a number of the environment that is none", () => {
    for (const text of ["x", "", "1e3", "-1", " 1", "0x10"]) {
      assert.throws(() => loadConfig({ environment: { CINNABAR_PORT: text } }), rejectedWith("config.badValue"));
    }
  });

  it("refuses a file that is not there, not JSON or not an object", () => {
    assert.throws(() => loadConfig({ file: join(folder, "none.json") }), rejectedWith("config.badFile"));
    assert.throws(() => loadConfig({ file: fileOf("{") }), rejectedWith("config.badFile"));
    assert.throws(() => loadConfig({ file: fileOf("[]") }), rejectedWith("config.badFile"));
  });
});
