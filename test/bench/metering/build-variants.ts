/** Builds every variant of every case, and writes down what the host answers in the measured call. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileContract } from "../../../contracts/compiler/compile.ts";
import { encodeArguments } from "../../../runtime/format/abi-codec.ts";
import type { ContractAbi } from "../../../runtime/format/contract-abi.ts";
import { instrument } from "../../../vm/instrument/instrument.ts";
import { METHOD_EXPORT_PREFIX } from "../../../vm/limits.ts";
import type { CallOf, MeteringCase } from "./cases.ts";
import { withGlobalsExported } from "./exported-globals.ts";
import { addressOf, LiveHost } from "./live-host.ts";
import { type BuiltCase, recordOf, VARIANTS, type Variant } from "./manifest.ts";
import { meterByGlobal, meterByHostCall } from "./naive.ts";
import { compilePlain } from "./plain-compile.ts";
import { type Guest, recordingImports, type TapeEntry } from "./tape.ts";

/** Kernels allocate and free nothing: the least memory a contract may have would not do. */
const MEMORY_PAGES = 64;

export async function buildCase(measured: MeteringCase, root: string): Promise<BuiltCase> {
  const folder = join(root, measured.name);
  const entry = measured.entry(join(folder, "source"));
  const { wasm, abi } = await compileContract({ entry, memoryPagesMax: MEMORY_PAGES });
  const modules: Record<Variant, Uint8Array> = {
    unmetered: withGlobalsExported(wasm),
    metered: instrument(wasm),
    plain: withGlobalsExported(await compilePlain(entry)),
    global: withGlobalsExported(meterByGlobal(wasm)),
    hostCall: withGlobalsExported(meterByHostCall(wasm)),
  };
  mkdirSync(folder, { recursive: true });
  const files = recordOf((variant) => join(folder, `${variant}.wasm`));
  for (const variant of VARIANTS) writeFileSync(files[variant], modules[variant]);
  return {
    name: measured.name,
    entry: entryOf(measured.measured),
    callsPerReset: measured.callsPerReset,
    files,
    bytes: recordOf((variant) => modules[variant].length),
    tape: recordTape(wasm, abi, measured),
  };
}

const entryOf = ({ method }: CallOf): string => METHOD_EXPORT_PREFIX + method;

/** Runs the calls that come before and then the measured one, each on a fresh instance, on one state. */
export function recordTape(
  wasm: Uint8Array,
  abi: ContractAbi,
  { before, measured }: Pick<MeteringCase, "before" | "measured">,
): TapeEntry[] {
  const host = new LiveHost();
  const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const run = (call: CallOf): TapeEntry[] => {
    const tape: TapeEntry[] = [];
    const guest: Guest = { memory: null };
    host.input = encodeArguments(abi, call.method, call.args);
    host.sender = addressOf(call.sender);
    const { exports } = new WebAssembly.Instance(module, recordingImports(module, guest, host.answer, tape));
    guest.memory = exports.memory as WebAssembly.Memory;
    (exports[entryOf(call)] as () => void)();
    return tape;
  };
  for (const call of before) run(call);
  return run(measured);
}
