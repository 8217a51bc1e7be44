/**
 * The peer: `@terran-one/cosmwasm-vm-js`, which runs CosmWasm contracts in this engine, with state in memory, without
 * metering and without a way back. It is fetched when the bench runs.
 *
 * Its contracts are written by hand in the text format, to be as light as a contract can be: they do not parse the JSON
 * they are called with, and answer with bytes that stand ready. Ours decode their arguments.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import binaryen from "binaryen";
import { NodeError } from "../../../vm/errors.ts";
import { fetchPackages } from "../nodes.ts";

const PACKAGE = "@terran-one/cosmwasm-vm-js";
const VERSION = "0.2.16";

/** The part of the package that is used. */
interface CosmWasm {
  readonly VMInstance: new (backend: object) => Vm;
  readonly BasicBackendApi: new (prefix: string) => object;
  readonly BasicKVIterStorage: new () => Storage;
  readonly BasicQuerier: new () => object;
}

interface Vm {
  build(wasm: Uint8Array): Promise<void>;
  instantiate(env: object, info: object, msg: object): { readonly json: unknown };
  execute(env: object, info: object, msg: object): { readonly json: unknown };
}

interface Storage {
  get(key: Uint8Array): Uint8Array | null;
}

export interface PeerContract {
  /** One call. */
  readonly execute: () => void;
  /** The number under a key of one letter. */
  readonly value: (key: string) => bigint;
}

const ENV = {
  block: { height: 12_345, time: "1767600000000000000", chain_id: "bench-1" },
  contract: { address: "terra14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9ssrc8au" },
};
const INFO = { sender: "terra1kzsrgcktshvqe9p089lqlkadscqwkezy79t8y9", funds: [] };

/**
 * Memory: answers and keys below 1024, what the host allocates from 1024 on, given back as a whole at the end of a call. A
 * region is {offset, capacity, length}.
 */
const FRAME = (body: string): string => `(module
  (import "env" "db_read" (func $read (param i32) (result i32)))
  (import "env" "db_write" (func $write (param i32 i32)))
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))
  (data (i32.const 16) "\\20\\00\\00\\00\\09\\00\\00\\00\\09\\00\\00\\00")
  (data (i32.const 32) "{\\"ok\\":{}}")
  (data (i32.const 64) "\\70\\00\\00\\00\\01\\00\\00\\00\\01\\00\\00\\00")
  (data (i32.const 80) "\\71\\00\\00\\00\\01\\00\\00\\00\\01\\00\\00\\00")
  (data (i32.const 112) "ab")
  (data (i32.const 128) "\\90\\00\\00\\00\\08\\00\\00\\00\\08\\00\\00\\00")
  (func (export "interface_version_8"))
  (func $allocate (export "allocate") (param $size i32) (result i32)
    (local $region i32)
    (local.set $region (global.get $free))
    (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
    (i32.store offset=4 (local.get $region) (local.get $size))
    (i32.store offset=8 (local.get $region) (i32.const 0))
    (global.set $free (i32.and (i32.const -8)
      (i32.add (i32.add (local.get $region) (local.get $size)) (i32.const 19))))
    (local.get $region))
  (func (export "deallocate") (param i32))
  (func $get (param $key i32) (result i64)
    (i64.load (i32.load (call $read (local.get $key)))))
  (func $set (param $key i32) (param $value i64)
    (i64.store (i32.const 144) (local.get $value))
    (call $write (local.get $key) (i32.const 128)))
  (func $done (result i32)
    (global.set $free (i32.const 1024))
    (i32.const 16))
  ${body})`;

const COUNTER = FRAME(`
  (func (export "instantiate") (param i32 i32 i32) (result i32)
    (call $set (i32.const 64) (i64.const 0))
    (call $done))
  (func (export "execute") (param i32 i32 i32) (result i32)
    (call $set (i32.const 64) (i64.add (call $get (i32.const 64)) (i64.const 1)))
    (call $done))`);

const TRANSFER = FRAME(`
  (func (export "instantiate") (param i32 i32 i32) (result i32)
    (call $set (i32.const 64) (i64.const 1000000000000))
    (call $set (i32.const 80) (i64.const 1000000000000))
    (call $done))
  (func (export "execute") (param i32 i32 i32) (result i32)
    (local $left i64)
    (local.set $left (call $get (i32.const 64)))
    (if (i64.lt_u (local.get $left) (i64.const 1)) (then unreachable))
    (call $set (i32.const 64) (i64.sub (local.get $left) (i64.const 1)))
    (call $set (i32.const 80) (i64.add (call $get (i32.const 80)) (i64.const 1)))
    (call $done))`);

function assemble(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  try {
    if (module.validate() !== 1) throw new NodeError("bench.peer", "the peer's contract is not valid");
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

async function open(library: CosmWasm, text: string, msg: object): Promise<PeerContract> {
  const storage = new library.BasicKVIterStorage();
  const vm = new library.VMInstance({
    backend_api: new library.BasicBackendApi("terra"),
    storage,
    querier: new library.BasicQuerier(),
  });
  await vm.build(assemble(text));
  vm.instantiate(ENV, INFO, {});
  return {
    execute: () => void vm.execute(ENV, INFO, msg),
    value: (key) => Buffer.from(storage.get(Buffer.from(key)) ?? Buffer.alloc(8)).readBigUInt64LE(),
  };
}

/** The peer's counter and transfer; null where it cannot be fetched. */
export async function openPeers(): Promise<{ counter: PeerContract; transfer: PeerContract } | null> {
  const entry = join("node_modules", ...PACKAGE.split("/"), "dist", "index.js");
  const folder = fetchPackages("cosmwasm-vm-js", [`${PACKAGE}@${VERSION}`], entry);
  if (folder === null) return null;
  const { default: library } = (await import(pathToFileURL(join(folder, entry)).href)) as { default: CosmWasm };
  return {
    counter: await open(library, COUNTER, { increment: {} }),
    transfer: await open(library, TRANSFER, { transfer: { to: "b", amount: "1" } }),
  };
}
