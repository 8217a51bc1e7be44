import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadSetup } from "./setup-module.ts";

interface Fingerprint {
  filesUnder(folder: string, wanted: (name: string) => boolean): string[];
  fingerprint(root: string, files: readonly string[]): string;
  readStamp(path: string): string | undefined;
  writeStamp(path: string, value: string): void;
}

const { filesUnder, fingerprint, readStamp, writeStamp } = await loadSetup<Fingerprint>("fingerprint.mjs");

describe("a fingerprint of sources", () => {
  let root = "";
  const print = (): string =>
    fingerprint(
      root,
      filesUnder(root, (name) => name.endsWith(".ts")),
    );
  before(() => {
    root = mkdtempSync(join(tmpdir(), "cinnabar-print-"));
    mkdirSync(join(root, "b"));
    writeFileSync(join(root, "a.ts"), "one");
    writeFileSync(join(root, "b", "c.ts"), "two");
  });
  after(() => rmSync(root, { recursive: true }));

  it("stays when only times change, and when other files come", () => {
    const first = print();
    utimesSync(join(root, "a.ts"), 1, 1);
    writeFileSync(join(root, "b", "notes.md"), "x");
    assert.equal(print(), first);
  });

  it("changes with a byte, a name, a new file and a missing file", () => {
    const seen = new Set([print()]);
    writeFileSync(join(root, "a.ts"), "One");
    seen.add(print());
    renameSync(join(root, "a.ts"), join(root, "d.ts"));
    seen.add(print());
    writeFileSync(join(root, "b", "e.ts"), "");
    seen.add(print());
    rmSync(join(root, "b", "c.ts"));
    seen.add(print());
    assert.equal(seen.size, 5);
  });

  it("is kept in a stamp beside the outputs", () => {
    const stamp = join(root, "out", "deep", ".stamp");
    assert.equal(readStamp(stamp), undefined);
    writeStamp(stamp, "abc");
    assert.equal(readStamp(stamp), "abc");
  });
});
