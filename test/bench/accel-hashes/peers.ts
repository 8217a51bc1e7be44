/** Hash libraries that the kernels are measured against. They are fetched when the bench runs; null where they cannot be. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cacheFolder, fetchPackages } from "../nodes.ts";

const NAME = "hash-peers";
const PACKAGES = ["@chainsafe/as-sha256@1.2.5", "hash-wasm@4.13.0"];
const AS_SHA256 = "node_modules/@chainsafe/as-sha256/lib/index.js";
const HASH_WASM = "node_modules/hash-wasm/dist/index.esm.js";

/** A hasher of hash-wasm that is used again and again: the fastest way to its digests. */
interface Hasher {
  init(): Hasher;
  update(message: Uint8Array): Hasher;
  digest(form: "binary"): Uint8Array;
}

interface HashWasm {
  createSM3(): Promise<Hasher>;
  createKeccak(bits: number): Promise<Hasher>;
  createBLAKE3(): Promise<Hasher>;
  createSHA512(): Promise<Hasher>;
}

interface AsSha256 {
  /** The digests of the 64-byte pieces of the input. */
  hashInto(input: Uint8Array, output: Uint8Array): void;
}

type OneMessageHash = (message: Uint8Array) => Uint8Array;

export interface Peers {
  readonly hashInto: AsSha256["hashInto"];
  readonly sm3: OneMessageHash;
  readonly keccak256: OneMessageHash;
  readonly blake3: OneMessageHash;
  readonly sha512: OneMessageHash;
}

/** True when the libraries are at hand. */
export function fetchPeers(): boolean {
  return fetchPackages(NAME, PACKAGES, HASH_WASM) !== null;
}

const bound =
  (hasher: Hasher): OneMessageHash =>
  (message) =>
    hasher.init().update(message).digest("binary");

/** The libraries, fetched before. */
export async function openPeers(): Promise<Peers> {
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(cacheFolder(NAME), path)).href);
  const { hashInto } = (await load(AS_SHA256)) as AsSha256;
  const library = (await load(HASH_WASM)) as HashWasm;
  return {
    hashInto,
    sm3: bound(await library.createSM3()),
    keccak256: bound(await library.createKeccak(256)),
    blake3: bound(await library.createBLAKE3()),
    sha512: bound(await library.createSHA512()),
  };
}
