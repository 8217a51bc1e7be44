import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { LmdbStore } from "../../../../runtime/state/lmdb-store.ts";
import { storeSuite } from "./store-suite.ts";

const folder = mkdtempSync(join(tmpdir(), "cinnabar-store-"));
after(() => rmSync(folder, { recursive: true, force: true }));

storeSuite("lmdb", (place) => new LmdbStore(join(folder, place)), true);

test("a file that is no store is refused by code", () => {
  const directory = join(folder, "no-store");
  mkdirSync(directory);
  writeFileSync(join(directory, "data.mdb"), "not a database ".repeat(2000));
  assert.throws(() => new LmdbStore(directory), { code: "store.openFailed" });
});
