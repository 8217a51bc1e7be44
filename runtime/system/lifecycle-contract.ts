/**
 * The native contract `lifecycle`: which contracts there are, and the code each of them runs.
 *
 *   contract/<name>              the contract's record (runtime/format/state-key.ts)
 *   module/<code hash in hex>    the module's original bytes, once for all contracts that run it
 *
 * `deploy(name, code, initArgs)` is the admins' to call, directly and not from a contract. It costs
 *
 *   DEPLOY_GAS.base + DEPLOY_GAS.perCodeByte * bytes of code + DEPLOY_GAS.perFunction * its functions + what `init` uses
 *
 * Base and bytes are charged before the module is looked at, the functions when it has been read and before it is
 * instrumented and compiled: these are linear in the bytes but for what the engine and the instrumenter do for each function,
 * however small. A module that is refused when it is read costs base and bytes, since that work was done; what is refused
 * before costs DEPLOY_GAS.refused.
 */
import { Rejected } from "../../vm/errors.ts";
import { LIMITS } from "../../vm/limits.ts";
import { type CallResult, HOST_REFUSALS, OUTCOMES, SYSTEM_REVERTS } from "../../vm/outcome.ts";
import { bytesToHex, concatBytes, equalBytes } from "../format/bytes.ts";
import { ByteReader, ByteWriter, utf8Bytes } from "../format/codec.ts";
import type { ContractAbi } from "../format/contract-abi.ts";
import { isContractName, SYSTEM_CONTRACTS } from "../format/names.ts";
import { contractRecordKey, encodeContractRecord, stateKey } from "../format/state-key.ts";
import { outputGas, readGas } from "./chain-contract.ts";
import {
  giveUp,
  type NativeContract,
  type NativeFrame,
  NativeGas,
  outOfGas,
  refuse,
  refuseHostCall,
  succeed,
} from "./native.ts";

/**
 * Gas of a deployment, protocol version 1. One gas is about a nanosecond; loading our own contracts of 12 to 34 KB took 2 to
 * 6 us a byte in a warm process (Node 20.20, 2 vCPU shared with other work). Functions beside their bytes: 2,000 of 7 bytes took
 * 80 to 200 us each, and 4,096 of them fit in 30 KB.
 */
export const DEPLOY_GAS = { base: 2_500_000, perCodeByte: 5_000, perFunction: 250_000, refused: 10_000 } as const;

const INIT_ARGS_BYTES_MAX = 65_536;
/** Above any name and below nothing useful: a longer one is told that it is no name, not that it does not decode. */
const NAME_BYTES_READ_MAX = 256;

const field = (name: string, type: string) => ({ name, type });

export const LIFECYCLE_ABI: ContractAbi = {
  abi: 1,
  contract: SYSTEM_CONTRACTS.lifecycle,
  version: 1,
  types: {
    ContractRecord: {
      fields: [field("codeHash", "hash"), field("abiHash", "hash"), field("version", "u32"), field("height", "u64")],
    },
  },
  methods: [
    {
      name: "deploy",
      kind: "call",
      params: [field("name", "string"), field("code", "bytes"), field("initArgs", "bytes")],
      returns: "hash",
      object: ["name"],
    },
    {
      name: "contract",
      kind: "view",
      params: [field("name", "string")],
      returns: "ContractRecord?",
      object: ["name"],
    },
  ],
  events: [
    {
      name: "Deployed",
      fields: [
        { name: "name", type: "string", indexed: true },
        { name: "codeHash", type: "hash", indexed: true },
        { name: "version", type: "u32", indexed: false },
      ],
    },
  ],
  storage: [],
  errors: [
    { code: SYSTEM_REVERTS.refused, name: "refused", text: "the message begins with the cause" },
    { code: SYSTEM_REVERTS.badArguments, name: "badArguments", text: "the arguments do not decode" },
  ],
};

export function moduleKey(codeHash: Uint8Array): Uint8Array {
  return utf8Bytes(`${MODULE_KEY_PREFIX}${bytesToHex(codeHash)}`);
}

/** What the keys of all modules begin with. */
export const MODULE_KEY_PREFIX = "module/";

/** Returns the state key of the bytes of a module. */
export function moduleStateKey(codeHash: Uint8Array): Uint8Array {
  return stateKey(SYSTEM_CONTRACTS.lifecycle, moduleKey(codeHash));
}

/** Returns the module that a call of `deploy` with these argument bytes deploys; undefined for any other call. */
export function deployedModule(method: string, args: Uint8Array): Uint8Array | undefined {
  return method === "deploy" ? decodeOrUndefined(args, readDeployArguments)?.code : undefined;
}

export const lifecycleContract: NativeContract = {
  abi: LIFECYCLE_ABI,
  run(method: string, args: Uint8Array, gasLimit: number, frame: NativeFrame): CallResult {
    const gas = new NativeGas(gasLimit);
    if (method === "deploy") return deploy(args, gas, frame);
    if (method === "contract") return viewContract(args, gas, frame);
    return giveUp(gas, SYSTEM_REVERTS.unknownMethod, "");
  },
};

interface DeployArguments {
  readonly name: string;
  readonly code: Uint8Array;
  readonly initArgs: Uint8Array;
}

function deploy(args: Uint8Array, gas: NativeGas, frame: NativeFrame): CallResult {
  if (frame.readOnly) return refuseHostCall(gas, HOST_REFUSALS.readOnly);
  if (!gas.charge(DEPLOY_GAS.refused)) return outOfGas(gas);
  const request = decodeOrUndefined(args, readDeployArguments);
  if (request === undefined) return giveUp(gas, SYSTEM_REVERTS.badArguments, "");
  const refusal = refusalOf(request, frame);
  if (refusal !== undefined) return refuse(gas, refusal);
  if (!gas.charge(DEPLOY_GAS.base - DEPLOY_GAS.refused + DEPLOY_GAS.perCodeByte * request.code.length)) {
    return outOfGas(gas);
  }
  const verdict = frame.readModule(request.code);
  if (!verdict.ok) return refuseModule(gas, verdict.reasonCodes);
  if (!gas.charge(DEPLOY_GAS.perFunction * verdict.functionCount)) return outOfGas(gas);
  const loading = frame.loadModule(request.code);
  if (!loading.ok) return refuseModule(gas, loading.reasonCodes);
  record(request, verdict.codeHash, verdict.abiHash, frame);
  return initialise(request, verdict.codeHash, gas, frame);
}

function refuseModule(gas: NativeGas, reasonCodes: readonly string[]): CallResult {
  return refuse(gas, `lifecycle.moduleRefused: ${reasonCodes.join(" ")}`);
}

/** Returns why this caller may not deploy under this name, undefined when it may. */
function refusalOf(request: DeployArguments, frame: NativeFrame): string | undefined {
  const { context, settings } = frame;
  if (context.callerContract !== "") return "lifecycle.notDirect: a contract cannot deploy";
  if (!settings.admins.some((admin) => equalBytes(admin, context.sender))) {
    return "lifecycle.notAdmin: the sender is not an admin of the chain";
  }
  if (!isContractName(request.name)) return "lifecycle.badName: a contract name is [a-z][a-z0-9-]{0,31}";
  if (Object.hasOwn(SYSTEM_CONTRACTS, request.name)) return "lifecycle.nameReserved: the name is a system contract's";
  if (frame.storageGet(contractRecordKey(request.name)) !== undefined) {
    return "lifecycle.nameTaken: there is a contract of this name";
  }
  return undefined;
}

function record(request: DeployArguments, codeHash: Uint8Array, abiHash: Uint8Array, frame: NativeFrame): void {
  const version = 1;
  const entry = encodeContractRecord({ codeHash, abiHash, version, height: frame.context.height });
  if (frame.storageGet(moduleKey(codeHash)) === undefined) frame.storagePut(moduleKey(codeHash), request.code);
  frame.storagePut(contractRecordKey(request.name), entry);
  const topics = [new ByteWriter(40).string(request.name).finish(), codeHash];
  frame.emitEvent("Deployed", topics, concatBytes(...topics, new ByteWriter(4).u32(version).finish()));
}

/** A module without `init` is deployed without it, and then takes no arguments for it. */
function initialise(request: DeployArguments, codeHash: Uint8Array, gas: NativeGas, frame: NativeFrame): CallResult {
  const result = frame.runInit(request.name, request.initArgs, gas.left);
  if (!gas.charge(result.gasUsed)) return outOfGas(gas);
  // The vm counts the events of the frames it runs; ours came before them.
  if (frame.eventCount > LIMITS.eventsPerTransaction) return refuseHostCall(gas, HOST_REFUSALS.eventsTooMany);
  if (result.outcome === OUTCOMES.ok) return succeed(gas, codeHash);
  if (result.outcome === OUTCOMES.revert && result.revertCode === SYSTEM_REVERTS.unknownMethod) {
    if (request.initArgs.length === 0) return succeed(gas, codeHash);
    return refuse(gas, "lifecycle.noInit: the module has no init to take the arguments");
  }
  const { revertCode, output } = result;
  return { outcome: OUTCOMES.calleeFailed, revertCode, output, gasUsed: gas.used };
}

function viewContract(args: Uint8Array, gas: NativeGas, frame: NativeFrame): CallResult {
  const name = decodeOrUndefined(args, (reader) => reader.string(NAME_BYTES_READ_MAX));
  if (name === undefined) return giveUp(gas, SYSTEM_REVERTS.badArguments, "");
  if (!gas.charge(readGas(name.length, 0))) return outOfGas(gas);
  const found = isContractName(name) ? frame.storageGet(contractRecordKey(name)) : undefined;
  if (!gas.charge(found?.length ?? 0)) return outOfGas(gas);
  const writer = new ByteWriter(96).boolean(found !== undefined);
  const output = (found === undefined ? writer : writer.fixed(found, found.length)).finish();
  return gas.charge(outputGas(output.length)) ? succeed(gas, output) : outOfGas(gas);
}

function readDeployArguments(reader: ByteReader): DeployArguments {
  return {
    name: reader.string(NAME_BYTES_READ_MAX),
    code: reader.bytes(LIMITS.moduleBytes),
    initArgs: reader.bytes(INIT_ARGS_BYTES_MAX),
  };
}

/** The arguments when all bytes are read as them, else undefined: every fault of the codec has the same outcome. */
function decodeOrUndefined<T>(args: Uint8Array, read: (reader: ByteReader) => T): T | undefined {
  const reader = new ByteReader(args);
  try {
    const value = read(reader);
    reader.end();
    return value;
  } catch (error) {
    if (error instanceof Rejected) return undefined;
    throw error;
  }
}
