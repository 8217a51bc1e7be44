import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ALGORITHMS, type AlgorithmName } from "../../../accel/device.ts";
import { sign } from "../../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { createKey, listKeys, loadKey, loadOrCreateKey } from "../../../node/keys/keystore.ts";
import { Rejected } from "../../../vm/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "cinnabar-keys-"));
after(() => rmSync(folder, { recursive: true }));

function rejectedWith(code: string) {
  return (error: unknown) => error instanceof Rejected && error.code === code;
}

/** The folder's file NAME.json is that of `base` with other fields. */
function forge(name: string, base: string, change: Readonly<Record<string, unknown>>): void {
  const file = JSON.parse(readFileSync(join(folder, `${base}.json`), "utf8")) as object;
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ ...file, ...change }), { mode: 0o600 });
}

describe("the keystore", () => {
  for (const algorithm of Object.keys(ALGORITHMS) as AlgorithmName[]) {
    it(`creates a ${algorithm} key that signs after it was loaded`, () => {
      const created = createKey(folder, `key-${algorithm}`, algorithm);
      const loaded = loadKey(folder, `key-${algorithm}`);
      assert.deepEqual(loaded, created);
      const message = new Uint8Array(32).fill(7);
      const signature = sign(loaded.algorithm, loaded.secretKey, message);
      const verifier = createReferenceVerifier({});
      assert.equal(verifier.verify(loaded.algorithm, loaded.publicKey, signature, message), true);
    });
  }

  it("writes a file of exactly five fields that its owner alone may read, and leaves nothing beside it", () => {
    createKey(folder, "fields");
    const path = join(folder, "fields.json");
    const file = JSON.parse(readFileSync(path, "utf8")) as object;
    assert.deepEqual(Object.keys(file), ["version", "algorithm", "publicKey", "secretKey", "address"]);
    if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith(".")),
      [],
    );
  });

  it("never overwrites a key", () => {
    const key = createKey(folder, "once");
    assert.throws(() => createKey(folder, "once"), rejectedWith("keys.exists"));
    assert.deepEqual(loadOrCreateKey(folder, "once"), key);
  });

  it("lists keys in order of their names and without their secrets", () => {
    const other = mkdtempSync(join(tmpdir(), "cinnabar-keys-"));
    createKey(other, "b");
    createKey(other, "a");
    const list = listKeys(other);
    assert.deepEqual(
      list.map(({ name }) => name),
      ["a", "b"],
    );
    assert.ok(!JSON.stringify(list).includes("secret"));
    rmSync(other, { recursive: true });
    assert.deepEqual(listKeys(other), []);
  });

  for (const name of ["", "A", "../a", "a/b", ".a", "-a", "a".repeat(65), "a\n"]) {
    it(`refuses the name ${JSON.stringify(name)}`, () => {
      assert.throws(() => createKey(folder, name), rejectedWith("keys.badName"));
      assert.throws(() => loadKey(folder, name), rejectedWith("keys.badName"));
    });
  }

  it("refuses an algorithm that there is none of", () => {
    assert.throws(() => createKey(folder, "rsa", "rsa" as AlgorithmName), rejectedWith("keys.badAlgorithm"));
    assert.throws(() => createKey(folder, "rsa", "toString" as AlgorithmName), rejectedWith("keys.badAlgorithm"));
  });

  it("refuses a key that is not there", () => {
    assert.throws(() => loadKey(folder, "nobody"), rejectedWith("keys.notFound"));
  });

  it("refuses a file that others can read", { skip: process.platform === "win32" ? "no modes here" : false }, () => {
    createKey(folder, "open");
    chmodSync(join(folder, "open.json"), 0o640);
    assert.throws(() => loadKey(folder, "open"), rejectedWith("keys.tooOpen"));
  });

  const wrong: readonly { readonly id: string; readonly change: Readonly<Record<string, unknown>> }[] = [
    { id: "another version", change: { version: 2 } },
    { id: "one field more", change: { note: "" } },
    { id: "an unknown algorithm", change: { algorithm: "rsa" } },
    { id: "an algorithm from a prototype", change: { algorithm: "toString" } },
    { id: "upper-case hex", change: { secretKey: "AB".repeat(32) } },
    { id: "a short secret", change: { secretKey: "ab".repeat(31) } },
    { id: "a secret that is no text", change: { secretKey: 5 } },
    {
      id: "a secret above the group's order",
      change: { algorithm: "p256", publicKey: "00".repeat(33), secretKey: "ff".repeat(32) },
    },
  ];
  for (const { id, change } of wrong) {
    it(`refuses a file with ${id}`, () => {
      loadOrCreateKey(folder, "base");
      forge("forged", "base", change);
      assert.throws(() => loadKey(folder, "forged"), rejectedWith("keys.badFile"));
    });
  }

  it("refuses a file whose public key or address is not the secret's", () => {
    loadOrCreateKey(folder, "base");
    forge("forged", "base", { publicKey: "00".repeat(32) });
    assert.throws(() => loadKey(folder, "forged"), rejectedWith("keys.mismatch"));
    forge("forged", "base", { address: "00".repeat(32) });
    assert.throws(() => loadKey(folder, "forged"), rejectedWith("keys.mismatch"));
  });

  it("refuses text that is not JSON and files that are too long", () => {
    writeFileSync(join(folder, "text.json"), "key", { mode: 0o600 });
    assert.throws(() => loadKey(folder, "text"), rejectedWith("keys.badFile"));
    writeFileSync(join(folder, "long.json"), " ".repeat(5000), { mode: 0o600 });
    assert.throws(() => loadKey(folder, "long"), rejectedWith("keys.badFile"));
  });
});
