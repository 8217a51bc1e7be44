/**
 * The search of `npm run fuzz -- accel` for ed25519: honest signatures, mutants and points with parts of small order in
 * batches of 1 to 300, each verdict compared with the reference. Honest items repeat within a step, so that most of the
 * time goes to the reference's verdicts on mutants; what is valid by construction is asked of the reference, too.
 */
import { ALGORITHMS } from "../../accel/device.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { type Ed25519Item, Ed25519Kernel } from "../unit/accel/kernels/ed25519-kernel.ts";
import { variantsOf } from "../unit/accel/kernels/kernel-modules.ts";
import { honestItem, mutantOf } from "./ed25519-mutants.ts";
import type { Random } from "./random.ts";
import type { Search } from "./searches.ts";

const HONEST = 16;
const MUTANTS = 48;
const BATCHES = 4;
const BATCH_MAX = 300;

interface Judged {
  readonly item: Ed25519Item;
  readonly isValid: boolean;
}

function textOf({ publicKey, signature, message }: Ed25519Item): string {
  return [publicKey, signature, message].map((bytes) => Buffer.from(bytes).toString("hex")).join(" ");
}

function judgedItems(random: Random): { readonly honest: Judged[]; readonly mutants: Judged[] } {
  const verifier = createReferenceVerifier();
  const judge = (item: Ed25519Item): Judged => ({
    item,
    isValid: verifier.verify(ALGORITHMS.ed25519, item.publicKey, item.signature, item.message),
  });
  const honest = Array.from({ length: HONEST }, () => honestItem(random, random.below(300)));
  const mutants = Array.from({ length: MUTANTS }, () => mutantOf(random.pick(honest), random.pick(honest), random));
  return { honest: honest.map(judge), mutants: mutants.map(judge) };
}

/** A difference as text that replays it: the first wrong item, and where it stood. */
function differenceIn(kernel: Ed25519Kernel, batch: readonly Judged[], shift: number): string | null {
  const verdicts = kernel.verify(
    batch.map(({ item }) => item),
    shift,
  );
  const wrong = batch.findIndex(({ isValid }, place) => verdicts[place] !== isValid);
  if (wrong < 0) return null;
  return `item ${wrong} of ${batch.length}, reference ${batch[wrong]!.isValid}: ${textOf(batch[wrong]!.item)}`;
}

function step(kernels: readonly Ed25519Kernel[], random: Random): ReturnType<Search["step"]> {
  const { honest, mutants } = judgedItems(random);
  const batches = [...honest, ...mutants].map((each) => [each]);
  for (let count = 0; count < BATCHES; count++) {
    const often = random.pick([2, 5, 30, 1000]);
    const draw = (): Judged => random.pick(random.once(often) ? mutants : honest);
    batches.push(Array.from({ length: random.between(1, BATCH_MAX) }, draw));
  }
  let compared = 0;
  for (const kernel of kernels) {
    for (const batch of batches) {
      const difference = differenceIn(kernel, batch, random.below(8));
      if (difference !== null) return { compared, difference };
      compared += batch.length;
    }
  }
  return { compared, judged: honest.length + mutants.length, difference: null };
}

export function ed25519Searches(): Search[] {
  const names = variantsOf("signatures");
  const kernels = names.map((name) => new Ed25519Kernel(name));
  return [{ name: `ed25519, ${names.join(" and ")}`, step: (random) => step(kernels, random) }];
}
