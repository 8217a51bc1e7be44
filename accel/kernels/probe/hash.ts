/** The hashes of one message, for tests. Never loaded by the product. */
import { sha256Final, sha256Init, sha256Update } from "../hash/sha256";
import { sha512Final, sha512Init, sha512Update } from "../hash/sha512";
import { sm3Final, sm3Init, sm3Update } from "../hash/sm3";

export { arena } from "../memory";

const STATE: usize = memory.data(200, 16);

/** The digest of the message, given in two pieces, is at `output`. */
export function sha256(input: usize, first: u32, length: u32, output: usize): void {
  sha256Init(STATE);
  sha256Update(STATE, input, first);
  sha256Update(STATE, input + first, length - first);
  sha256Final(STATE, output);
}

export function sha512(input: usize, first: u32, length: u32, output: usize): void {
  sha512Init(STATE);
  sha512Update(STATE, input, first);
  sha512Update(STATE, input + first, length - first);
  sha512Final(STATE, output);
}

export function sm3(input: usize, first: u32, length: u32, output: usize): void {
  sm3Init(STATE);
  sm3Update(STATE, input, first);
  sm3Update(STATE, input + first, length - first);
  sm3Final(STATE, output);
}
