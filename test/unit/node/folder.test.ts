import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { openFolder } from "../../../node/config/folder.ts";
import { GENESIS_FILE } from "../../../node/config/genesis.ts";
import { Rejected } from "../../../vm/errors.ts";

const OPTIONS = { chainId: "folder-test", timeSeconds: 1_700_000_000 };
const folder = mkdtempSync(join(tmpdir(), "cinnabar-folder-"));
after(() => rmSync(folder, { recursive: true }));

describe("a data folder", () => {
  it("becomes one chain, which stays whatever the options say later", () => {
    const path = join(folder, "new");
    const first = openFolder(path, OPTIONS);
    const second = openFolder(path, { ...OPTIONS, chainId: "other" });
    assert.deepEqual([first.isNew, second.isNew], [true, false]);
    assert.deepEqual(second.settings, first.settings);
    assert.deepEqual(second.adminKey.publicKey, first.adminKey.publicKey);
  });

  for (const name of ["log", "state"]) {
    it(`gets no new genesis over blocks in ${name} when its own is lost`, () => {
      const path = join(folder, `lost-${name}`);
      mkdirSync(join(path, name), { recursive: true });
      writeFileSync(join(path, name, "00000000"), "blocks");
      assert.throws(
        () => openFolder(path, OPTIONS),
        (error) =>
          error instanceof Rejected &&
          error.code === "genesis.lost" &&
          error.details.value === join(path, name) &&
          error.details.hint?.includes(GENESIS_FILE) === true,
      );
      assert.deepEqual(readdirSync(path), [name], "something was written");
    });
  }

  it("is new where the folders of the chain are there and empty", () => {
    const path = join(folder, "empty");
    mkdirSync(join(path, "log"), { recursive: true });
    assert.equal(openFolder(path, OPTIONS).isNew, true);
  });
});
