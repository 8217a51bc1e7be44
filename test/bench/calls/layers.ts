/** The ways down from a call through the call tree to the bare module: each is one call of the same method. */
import { join } from "node:path";
import { compileContract } from "../../../contracts/compiler/compile.ts";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";
import { encodeArguments } from "../../../runtime/format/abi-codec.ts";
import type { ContractAbi } from "../../../runtime/format/contract-abi.ts";
import { NodeError } from "../../../vm/errors.ts";
import type { HostEnvironment } from "../../../vm/host/environment.ts";
import { instrument } from "../../../vm/instrument/instrument.ts";
import { METHOD_EXPORT_PREFIX } from "../../../vm/limits.ts";
import { ChainInMemory, demandOk, newMachine } from "../chain-in-memory.ts";
import { recordTape } from "../metering/build-variants.ts";
import type { CallOf } from "../metering/cases.ts";
import { type Guest, Player } from "../metering/tape.ts";

export const GAS_LIMIT = 10_000_000;
const STACK_BYTES = 262_144;

export interface Subject {
  readonly title: string;
  readonly contract: string;
  readonly wasm: Uint8Array;
  readonly abi: ContractAbi;
  readonly initArgs: Uint8Array;
  readonly before: CallOf;
  readonly measured: CallOf;
  readonly input: Uint8Array;
  readonly view: string;
  readonly viewArgs: Uint8Array;
}

/** A contract of test/bench/kernels/contracts and two of its calls: `TITLE.METHOD`. */
export async function subject(title: string, before: CallOf, measured: CallOf, view: CallOf): Promise<Subject> {
  const file = `${title.split(".")[0]}.ts`;
  const entry = join(packageRoot(), "test", "bench", "kernels", "contracts", file);
  const { name, wasm, abi } = await compileContract({ entry });
  return {
    title,
    contract: name,
    wasm,
    abi,
    initArgs: encodeArguments(abi, before.method, before.args),
    before,
    measured,
    input: encodeArguments(abi, measured.method, measured.args),
    view: view.method,
    viewArgs: encodeArguments(abi, view.method, view.args),
  };
}

export function bareCall({ wasm, abi, before, measured }: Subject): () => void {
  const guest: Guest = { memory: null };
  const player = new Player(recordTape(wasm, abi, { before: [before], measured }), guest);
  const module = new WebAssembly.Module(instrument(wasm) as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, player.imports(module));
  guest.memory = exports.__cinnabar_memory as WebAssembly.Memory;
  const reset = exports.__cinnabar_reset as (low: number, high: number, stack: number) => void;
  const call = exports[METHOD_EXPORT_PREFIX + measured.method] as () => void;
  return () => {
    reset(GAS_LIMIT, 0, STACK_BYTES);
    player.rewind();
    call();
  };
}

export function machineCall(
  { wasm, measured, input }: Subject,
  environment: HostEnvironment,
  init?: Uint8Array,
): () => void {
  const machine = newMachine();
  const loaded = machine.load(wasm);
  if (!loaded.ok) throw new NodeError("bench.load", "the measured contract is refused");
  const { contract } = loaded;
  if (init !== undefined) demandOk(machine.run(contract, "init", init, GAS_LIMIT, environment).outcome);
  return () => demandOk(machine.run(contract, measured.method, input, GAS_LIMIT, environment).outcome);
}

export function deployed({ contract, wasm, initArgs }: Subject): ChainInMemory {
  const chain = new ChainInMemory();
  chain.deploy(contract, wasm, initArgs);
  return chain;
}

export function treeCall(chain: ChainInMemory, contract: string, method: string, args: Uint8Array): Uint8Array {
  const { outcome, output } = chain.call(contract, method, args, GAS_LIMIT);
  demandOk(outcome);
  return output;
}

/** The value that a fixed state gives for every key: 8 bytes, enough for any number of calls. */
export const FIXED_VALUE = new Uint8Array(Buffer.from("00ffffffffff0000", "hex"));
