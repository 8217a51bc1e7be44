/**
 * Reading ECDSA signatures in DER, for vectors only: the chain takes r ‖ s and no DER.
 *
 *   30 len  02 len r  02 len s      lengths in one byte, integers minimal and not negative, nothing behind
 */

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const SCALAR_LENGTH = 32;

/**
 * The integer at `offset` as 32 bytes, and where it ends; undefined when it is not strict DER or needs more than 32
 * bytes.
 */
function readInteger(der: Uint8Array, offset: number): { value: Uint8Array; end: number } | undefined {
  const length = der[offset + 1];
  if (der[offset] !== INTEGER || length === undefined || length === 0 || length > SCALAR_LENGTH + 1) return undefined;
  const end = offset + 2 + length;
  const body = der.subarray(offset + 2, end);
  if (body.length !== length || body[0]! >= 0x80) return undefined;
  if (body[0] === 0 && length > 1 && body[1]! < 0x80) return undefined;
  const magnitude = body[0] === 0 ? body.subarray(1) : body;
  if (magnitude.length > SCALAR_LENGTH) return undefined;
  const value = new Uint8Array(SCALAR_LENGTH);
  value.set(magnitude, SCALAR_LENGTH - magnitude.length);
  return { value, end };
}

/** Returns r ‖ s, 64 bytes; undefined when the bytes are not strict DER of two numbers below 2^256. */
export function signatureOfDer(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2 || der.length - 2 >= 0x80) return undefined;
  const r = readInteger(der, 2);
  const s = r === undefined ? undefined : readInteger(der, r.end);
  if (r === undefined || s === undefined || s.end !== der.length) return undefined;
  const signature = new Uint8Array(2 * SCALAR_LENGTH);
  signature.set(r.value);
  signature.set(s.value, SCALAR_LENGTH);
  return signature;
}
