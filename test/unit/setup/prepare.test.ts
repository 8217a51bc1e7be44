import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadSetup } from "./setup-module.ts";

interface Prepare {
  checkNode(version: string): void;
  isInstalled(root: string): boolean;
}

const { checkNode, isInstalled } = await loadSetup<Prepare>("prepare.mjs");

describe("the check of the Node.js version", () => {
  for (const version of ["20.19.0", "20.20.2", "22.0.0", "26.10.0"]) {
    it(`takes ${version}`, () => checkNode(version));
  }
  for (const version of ["20.18.9", "18.20.0", "9.0.0"]) {
    it(`refuses ${version} and says what is needed`, () => {
      assert.throws(() => checkNode(version), new RegExp(`needs Node.js 20.19 or newer; this is ${version}`));
    });
  }
});

describe("installed packages", () => {
  let root = "";
  before(() => {
    root = mkdtempSync(join(tmpdir(), "cinnabar-setup-"));
    mkdirSync(join(root, "node_modules"));
  });
  after(() => rmSync(root, { recursive: true }));

  const lock = (path: string, packages: object): void => {
    writeFileSync(join(root, path), JSON.stringify({ packages }));
  };
  const wanted = {
    "": { name: "root" },
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "2.0.0", optional: true },
  };

  it("are missing when npm has left no record", () => {
    lock("package-lock.json", wanted);
    assert.equal(isInstalled(root), false);
  });

  it("are complete without those that are optional, and with newer times than the lock file", () => {
    lock("node_modules/.package-lock.json", { "node_modules/a": { version: "1.0.0" } });
    lock("package-lock.json", wanted);
    assert.equal(isInstalled(root), true);
  });

  it("are not complete when a version differs or one is missing", () => {
    lock("node_modules/.package-lock.json", { "node_modules/a": { version: "1.0.1" } });
    assert.equal(isInstalled(root), false);
    lock("node_modules/.package-lock.json", { "node_modules/b": { version: "2.0.0" } });
    assert.equal(isInstalled(root), false);
  });
});
