/** The day's proof: asked for, checked offline as anybody would, and seen to fail when a byte of it is changed. */

import { verifyProofFile } from "../../../runtime/verify/index.ts";
import { NodeError } from "../../../vm/errors.ts";
import type { Client } from "../../client/client.ts";
import { requestProof } from "../request-proof.ts";

export interface CheckedProof {
  readonly contract: string;
  readonly storage: string;
  readonly key: readonly unknown[];
  readonly height: number;
  readonly bytes: number;
  /** Steps of the offline check that held. */
  readonly steps: number;
  /** The step that failed when one character was changed. */
  readonly tamperedFailsAt: string;
}

/** The text with its middle character replaced by another one. */
function tamper(text: string): string {
  const middle = Math.floor(text.length / 2);
  const other = text[middle] === "0" ? "1" : "0";
  return text.slice(0, middle) + other + text.slice(middle + 1);
}

/** @errors day.unexpected (NodeError) when a changed proof holds */
export async function proveAndCheck(client: Client, seller: string, number: string): Promise<CheckedProof> {
  const { text, claim } = await requestProof(client, { contract: "invoice", words: [number], seller });
  const checked = verifyProofFile(text, { sealer: claim.sealer.publicKey, chainId: claim.chainId });
  const tampered = verifyProofFile(tamper(text));
  if (!checked.ok || !claim.present) throw new NodeError("day.unexpected", "the proof of the invoice does not hold");
  if (tampered.ok) throw new NodeError("day.unexpected", "a proof with a changed byte holds");
  const { contract, storage, key, height } = claim;
  const tamperedFailsAt = tampered.steps.at(-1)?.name ?? tampered.code;
  return { contract, storage, key, height, bytes: text.length, steps: checked.steps.length, tamperedFailsAt };
}
