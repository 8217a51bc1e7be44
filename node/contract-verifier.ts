/** What answers the signature questions of contracts: kernels in place, checked by the reference, or the reference alone. */
import { createCheckedVerifier, type WrongAnswer } from "../accel/checked/verifier.ts";
import type { ContractVerifier } from "../accel/device.ts";
import { AccelError } from "../accel/errors.ts";
import { createReferenceVerifier } from "../accel/reference/verify.ts";
import { createWasmVerifier } from "../accel/wasm/verifier.ts";
import { NodeError } from "../vm/errors.ts";
import type { NodeConfig } from "./config/schema.ts";

export interface ContractVerifierOptions {
  readonly config: NodeConfig["accelerator"];
  readonly sm2UserId: string;
  /** A verifier in place of the kernels; it is checked as they are. */
  readonly createVerifier?: (() => ContractVerifier) | undefined;
  /** Told when the kernels gave a wrong answer: earlier ones may be in the state. */
  readonly onFault: (fault: NodeError) => void;
}

/**
 * Returns the verifier for the machine. Where `auto` finds no kernels it is the reference; the accelerator, which needs
 * the same kernels, says so in the log.
 */
export function openContractVerifier(options: ContractVerifierOptions): ContractVerifier {
  const { config, sm2UserId, onFault, createVerifier } = options;
  const reference = createReferenceVerifier({ sm2UserId });
  const fast = createVerifier?.() ?? (config.driver === "reference" ? undefined : kernels(sm2UserId));
  if (fast === undefined) return reference;
  return createCheckedVerifier({
    fast,
    reference,
    sampleEvery: config.sampleEvery,
    onWrongAnswer: (wrong) => onFault(faultOf(wrong)),
  });
}

function kernels(sm2UserId: string): ContractVerifier | undefined {
  try {
    return createWasmVerifier({ sm2UserId });
  } catch (cause) {
    if (cause instanceof AccelError && cause.code === "accel.noKernels") return undefined;
    throw cause;
  }
}

function faultOf({ question, algorithm, publicKey, signature, message }: WrongAnswer): NodeError {
  const asked = `algorithm ${algorithm}, key ${publicKey}, signature ${signature}, message ${message}`;
  return new NodeError("node.wrongVerdict", `The kernels answered ${question} wrongly: ${asked}`);
}
