/** docs/accelerator.md names files and codes that are there. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ACCEL_CODES } from "../../../accel/errors.ts";

const page = readFileSync("docs/accelerator.md", "utf8");
/** Of signing and of hashes: no device has them. */
const OTHER_CODES = ["accel.unknownAlgorithm", "accel.badSecretKey", "accel.hashSelfTest"];

test("every file that the page names is there", () => {
  const named = [...page.matchAll(/`((?:accel|test|node|runtime)\/[\w./-]+)`/g)].map((match) => match[1]!);
  assert.ok(named.length > 10);
  for (const path of named) assert.ok(existsSync(path), path);
});

test("the page has every error code of a device, and no other", () => {
  const named = new Set([...page.matchAll(/`(accel\.[A-Za-z]+)`/g)].map((match) => match[1]!));
  assert.deepEqual([...named].sort(), ACCEL_CODES.filter((code) => !OTHER_CODES.includes(code)).sort());
});

test("the table of bad input names tests that are there", () => {
  const suite = readFileSync("test/unit/accel/bad-input.test.ts", "utf8");
  const named = [...page.matchAll(/`bad-input`, ([^;|]+?) *[;|]/g)].map((match) => match[1]!);
  assert.ok(named.length > 10);
  for (const name of new Set(named)) assert.ok(suite.includes(name), name);
});
