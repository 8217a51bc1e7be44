/** Items of any number through a device: as few batches as its bounds allow, on lanes in turn. */
import { SignatureBatchBuilder } from "./batch.ts";
import type { SignatureDevice, SignatureItem, VerdictBitmap } from "./device.ts";
import { submitWhenReady } from "./submit.ts";
import { acceptInto, createVerdicts, isAccepted } from "./verdicts.ts";

/**
 * Resolves to one verdict for each item, that of the device. The items' bytes are copied before this returns.
 * @errors those of `submit`; accel.messagesTooLong for a message that no batch of this device holds
 */
export async function verifyItems(device: SignatureDevice, items: readonly SignatureItem[]): Promise<VerdictBitmap> {
  const { lanes } = device.capability;
  const verdicts = createVerdicts(items.length);
  const batches = batchesOf(device, items);
  await Promise.all(
    batches.map(async ({ first, batch }, index) => {
      const answer = await submitWhenReady(device, index % lanes, batch);
      for (let i = 0; i < batch.count; i++) if (isAccepted(answer, i)) acceptInto(verdicts, first + i);
    }),
  );
  return verdicts;
}

function batchesOf({ capability }: SignatureDevice, items: readonly SignatureItem[]) {
  const builder = new SignatureBatchBuilder(capability);
  const batches: { first: number; batch: ReturnType<SignatureBatchBuilder["take"]> }[] = [];
  let first = 0;
  for (const [index, { algorithm, publicKey, signature, message }] of items.entries()) {
    if (builder.count > 0 && !builder.hasRoomFor(message.length)) {
      batches.push({ first, batch: builder.take() });
      first = index;
    }
    builder.append(algorithm, publicKey, signature, message);
  }
  if (builder.count > 0) batches.push({ first, batch: builder.take() });
  return batches;
}
