/** The arrays of a signature batch (accel/device.ts) as a kernel is given them. */

export const KEY_STRIDE: u32 = 33;
export const SIGNATURE_STRIDE: u32 = 64;

const BATCH: usize = memory.data(32, 16);

/** The arrays of the batch at hand. */
export function openBatch(keys: usize, signatures: usize, messages: usize, offsets: usize, verdicts: usize): void {
  store<usize>(BATCH, keys);
  store<usize>(BATCH, signatures, 4);
  store<usize>(BATCH, messages, 8);
  store<usize>(BATCH, offsets, 12);
  store<usize>(BATCH, verdicts, 16);
}

export function keyOfItem(item: u32): usize {
  return load<usize>(BATCH) + item * KEY_STRIDE;
}

export function signatureOfItem(item: u32): usize {
  return load<usize>(BATCH, 4) + item * SIGNATURE_STRIDE;
}

export function messageOfItem(item: u32): usize {
  return load<usize>(BATCH, 8) + load<u32>(load<usize>(BATCH, 12) + 4 * item);
}

export function messageLength(item: u32): u32 {
  const offsets = load<usize>(BATCH, 12) + 4 * item;
  return load<u32>(offsets, 4) - load<u32>(offsets);
}

export function setVerdict(item: u32, isAccepted: bool): void {
  store<u8>(load<usize>(BATCH, 16) + item, u8(isAccepted));
}
