/**
 * Key files: one JSON file a key, readable by its owner only, created whole or not at all.
 *
 * The secret is not encrypted: the file's mode is its protection, so a file that others may read is refused, as ssh
 * does.
 */
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ALGORITHMS, type Algorithm, type AlgorithmName, PUBLIC_KEY_LENGTH } from "../../accel/device.ts";
import { referenceHashes } from "../../accel/reference/hashes.ts";
import { generateSecretKey, publicKeyOf } from "../../accel/reference/sign.ts";
import { addressOfKey } from "../../runtime/format/address.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import { algorithmName } from "../../runtime/format/key.ts";
import { Rejected } from "../../vm/errors.ts";
import { createFileWhole } from "../config/files.ts";

/** A key pair as the rest of the node uses it. */
export interface Key {
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
  /** 32 bytes. */
  readonly address: Uint8Array;
}

/** What the file holds; bytes as lower-case hex. */
interface KeyFile {
  readonly version: 1;
  readonly algorithm: AlgorithmName;
  readonly publicKey: string;
  readonly secretKey: string;
  readonly address: string;
}

/** A key as a list shows it: no secret. */
export interface KeySummary {
  readonly name: string;
  readonly algorithm: AlgorithmName;
  readonly publicKey: string;
  readonly address: string;
}

const SECRET_KEY_LENGTH = 32;
const KEY_FILE_BYTES_MAX = 4096;
const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;
const FILE_FIELDS = ["version", "algorithm", "publicKey", "secretKey", "address"] as const;

/**
 * A new key stands in `folder` as NAME.json, mode 0600, on disk.
 * @errors keys.badName, keys.badAlgorithm, keys.exists
 */
export function createKey(folder: string, name: string, algorithm: AlgorithmName = "ed25519"): Key {
  checkName(name);
  const key = keyFromSecret(name, algorithm, generateSecretKey(algorithmNumber(algorithm)));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify(fileOfKey(key), null, 2)}\n`;
  if (createFileWhole(join(folder, `${name}.json`), text, 0o600)) return key;
  throw new Rejected("keys.exists", "There is already a key of this name.", { value: name });
}

/**
 * The key of NAME.json in `folder`; its public key and address have been computed again from the secret.
 * @errors keys.badName, keys.notFound, keys.tooOpen, keys.badFile, keys.mismatch
 */
export function loadKey(folder: string, name: string): Key {
  checkName(name);
  const path = join(folder, `${name}.json`);
  const file = parseKeyFile(path, readKeyFile(path));
  const key = keyOfFile(path, name, file);
  const expected = fileOfKey(key);
  if (expected.publicKey !== file.publicKey || expected.address !== file.address) {
    throw new Rejected("keys.mismatch", "The key file's public key or address does not belong to its secret key.", {
      value: path,
      limit: `public key ${expected.publicKey}, address ${expected.address}`,
    });
  }
  return key;
}

/** The key of NAME.json, created when there is none. */
export function loadOrCreateKey(folder: string, name: string, algorithm: AlgorithmName = "ed25519"): Key {
  return hasKey(folder, name) ? loadKey(folder, name) : createKey(folder, name, algorithm);
}

/** True when `folder` has a file of that name. */
export function hasKey(folder: string, name: string): boolean {
  checkName(name);
  return statSync(join(folder, `${name}.json`), { throwIfNoEntry: false }) !== undefined;
}

/**
 * All keys of `folder` in order of their names, without their secrets; none when there is no such folder.
 * @errors keys.tooOpen, keys.badFile, keys.mismatch
 */
export function listKeys(folder: string): readonly KeySummary[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".json") && NAME_PATTERN.test(file.slice(0, -".json".length)))
    .map((file) => file.slice(0, -".json".length))
    .sort((a, b) => (a < b ? -1 : 1));
  return names.map((name) => summaryOfKey(loadKey(folder, name)));
}

export function summaryOfKey(key: Key): KeySummary {
  const { algorithm, publicKey, address } = fileOfKey(key);
  return { name: key.name, algorithm, publicKey, address };
}

/**
 * The key of a secret that somebody brings.
 * @param secretKey 32 bytes
 * @errors keys.badAlgorithm
 */
export function keyFromSecret(name: string, algorithm: AlgorithmName, secretKey: Uint8Array): Key {
  const number = algorithmNumber(algorithm);
  const publicKey = publicKeyOf(number, secretKey);
  return { name, algorithm: number, publicKey, secretKey, address: addressOfKey(number, publicKey, referenceHashes) };
}

function algorithmNumber(name: AlgorithmName): Algorithm {
  if (Object.hasOwn(ALGORITHMS, name)) return ALGORITHMS[name];
  throw new Rejected("keys.badAlgorithm", "There is no such signature algorithm.", {
    value: String(name).slice(0, 200),
    limit: Object.keys(ALGORITHMS).join(", "),
  });
}

function checkName(name: string): void {
  if (NAME_PATTERN.test(name)) return;
  throw new Rejected("keys.badName", "A key's name is made of lower-case letters, digits and hyphens.", {
    value: name.slice(0, 200),
    limit: "1 to 64 characters, the first no hyphen",
  });
}

function fileOfKey(key: Key): KeyFile {
  return {
    version: 1,
    algorithm: algorithmName(key.algorithm),
    publicKey: bytesToHex(key.publicKey),
    secretKey: bytesToHex(key.secretKey),
    address: bytesToHex(key.address),
  };
}

function readKeyFile(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) {
    throw new Rejected("keys.notFound", "There is no such key file.", {
      value: path,
      hint: "`cinnabar keys list` shows those that are there, `cinnabar keys new NAME` makes one.",
    });
  }
  if (!facts.isFile() || facts.size > KEY_FILE_BYTES_MAX) throw badKeyFile(path, "it is not a small file");
  if (process.platform !== "win32" && (facts.mode & 0o077) !== 0) {
    throw new Rejected("keys.tooOpen", "The key file can be read or written by others.", {
      value: path,
      limit: "mode 0600",
      hint: `chmod 600 ${path}`,
    });
  }
  return readFileSync(path, "utf8");
}

function parseKeyFile(path: string, text: string): KeyFile {
  const value = parseJson(path, text);
  if (typeof value !== "object" || value === null) throw badKeyFile(path, "it is not a JSON object");
  const file = value as Partial<Record<string, unknown>>;
  const keys = Object.keys(file);
  if (keys.length !== FILE_FIELDS.length || !FILE_FIELDS.every((field) => Object.hasOwn(file, field))) {
    throw badKeyFile(path, `it must have exactly ${FILE_FIELDS.join(", ")}`);
  }
  if (file.version !== 1) throw badKeyFile(path, "its version is not 1");
  const { algorithm, publicKey, secretKey, address } = file;
  if (typeof algorithm !== "string" || !Object.hasOwn(ALGORITHMS, algorithm)) {
    throw badKeyFile(path, "its algorithm is unknown");
  }
  const name = algorithm as AlgorithmName;
  checkHex(path, "publicKey", publicKey, PUBLIC_KEY_LENGTH[ALGORITHMS[name]]);
  checkHex(path, "secretKey", secretKey, SECRET_KEY_LENGTH);
  checkHex(path, "address", address, 32);
  return { version: 1, algorithm: name, publicKey, secretKey, address };
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badKeyFile(path, "it is not JSON");
  }
}

function checkHex(path: string, field: string, value: unknown, byteLength: number): asserts value is string {
  if (typeof value === "string" && value.length === 2 * byteLength && /^[0-9a-f]*$/.test(value)) return;
  throw badKeyFile(path, `its ${field} is not ${byteLength} bytes of lower-case hex`);
}

/** The pair of a stored secret; a number that is no secret of its curve makes the file a wrong file. */
function keyOfFile(path: string, name: string, file: KeyFile): Key {
  try {
    return keyFromSecret(name, file.algorithm, Uint8Array.from(Buffer.from(file.secretKey, "hex")));
  } catch {
    throw badKeyFile(path, "its secretKey is not a key of its algorithm");
  }
}

function badKeyFile(path: string, reason: string): Rejected {
  return new Rejected("keys.badFile", `The file is not a key file: ${reason}.`, {
    value: path.slice(0, 200),
    hint: "Put it back from a copy.",
  });
}
