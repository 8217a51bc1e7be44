/** One message, whole or in pieces, by number of the hash. One at a time: its state is here. */
import { BLAKE3, KECCAK256, SHA256, SHA512 } from "./algorithms";
import { blake3Begin, blake3End, blake3Groups, BLAKE3_GROUP } from "./blake3";
import { keccakAloneBegin, keccakAloneBlocks, keccakAloneEnd } from "./keccak";
import { sha256Final, sha256Init, sha256Update } from "./sha256";
import { sha512Final, sha512Init, sha512Update } from "./sha512";
import { sm3Final, sm3Init, sm3Update } from "./sm3";

const STATE: usize = memory.data(200, 16);

/** Nothing of a message has come. */
export function aloneBegin(algorithm: u32): void {
  if (algorithm === SHA256) sha256Init(STATE);
  else if (algorithm === SHA512) sha512Init(STATE);
  else if (algorithm === KECCAK256) keccakAloneBegin();
  else if (algorithm === BLAKE3) blake3Begin();
  else sm3Init(STATE);
}

/** A piece that another one follows; its length is a multiple of 65,536 and of 136. */
export function alonePiece(algorithm: u32, input: usize, length: u32): void {
  if (algorithm === SHA256) sha256Update(STATE, input, length);
  else if (algorithm === SHA512) sha512Update(STATE, input, length);
  else if (algorithm === KECCAK256) keccakAloneBlocks(input, length);
  else if (algorithm === BLAKE3) blake3Groups(input, length);
  else sm3Update(STATE, input, length);
}

/** The last piece, of any length; the digest is at `output`. */
export function aloneEnd(algorithm: u32, input: usize, length: u32, output: usize): void {
  if (algorithm === KECCAK256) {
    keccakAloneEnd(input, length, output);
  } else if (algorithm === BLAKE3) {
    // At least one byte is left for the end, where there is one.
    const groups = length === 0 ? 0 : ((length - 1) / <u32>BLAKE3_GROUP) * <u32>BLAKE3_GROUP;
    blake3Groups(input, groups);
    blake3End(input + groups, length - groups, output);
  } else {
    alonePiece(algorithm, input, length);
    if (algorithm === SHA256) sha256Final(STATE, output);
    else if (algorithm === SHA512) sha512Final(STATE, output);
    else sm3Final(STATE, output);
  }
}

/** The digest of one message is at `output`. */
export function hashAlone(algorithm: u32, input: usize, length: u32, output: usize): void {
  aloneBegin(algorithm);
  aloneEnd(algorithm, input, length, output);
}
