/**
 * ICS-23 proofs as the protobuf message `cosmos.ics23.v1.CommitmentProof`, the form other software reads.
 *
 *   CommitmentProof    exist = 1 | nonexist = 2                             (batches are not used here)
 *   ExistenceProof     key = 1, value = 2, leaf = 3, path = 4 repeated
 *   NonExistenceProof  key = 1, left = 2, right = 3
 *   LeafOp             hash = 1, prehash_key = 2, prehash_value = 3, length = 4, prefix = 5
 *   InnerOp            hash = 1, prefix = 2, suffix = 3
 *
 * Protobuf allows many byte strings for one message; only the one that we write is read: fields in order, none that is zero or
 * empty, shortest varints.
 */
import { Rejected } from "../../vm/errors.ts";
import { concatBytes, equalBytes } from "./bytes.ts";
import type { CommitmentProof, ExistenceProof, InnerOp, LeafOp, NonExistenceProof } from "./ics23.ts";

const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
/** Three bytes of varint: above any length of a proof in use, and all of HASH_OPS. */
const VARINT_BYTES_MAX = 4;
const EMPTY_BYTES = new Uint8Array(0);

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}

function numberField(field: number, value: number): Uint8Array {
  return value === 0 ? EMPTY_BYTES : Uint8Array.from([field * 8 + WIRE_VARINT, ...varint(value)]);
}

/** A message is written even when it is empty, bytes are not. */
function messageField(field: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.from([field * 8 + WIRE_BYTES, ...varint(bytes.length)]), bytes);
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return bytes.length === 0 ? EMPTY_BYTES : messageField(field, bytes);
}

function leafMessage(leaf: LeafOp): Uint8Array {
  return concatBytes(
    numberField(1, leaf.hash),
    numberField(2, leaf.prehashKey),
    numberField(3, leaf.prehashValue),
    numberField(4, leaf.length),
    bytesField(5, leaf.prefix),
  );
}

function innerMessage(inner: InnerOp): Uint8Array {
  return concatBytes(numberField(1, inner.hash), bytesField(2, inner.prefix), bytesField(3, inner.suffix));
}

function existenceMessage(proof: ExistenceProof): Uint8Array {
  return concatBytes(
    bytesField(1, proof.key),
    bytesField(2, proof.value),
    proof.leaf === null ? EMPTY_BYTES : messageField(3, leafMessage(proof.leaf)),
    ...proof.path.map((step) => messageField(4, innerMessage(step))),
  );
}

function nonExistenceMessage(proof: NonExistenceProof): Uint8Array {
  return concatBytes(
    bytesField(1, proof.key),
    proof.left === null ? EMPTY_BYTES : messageField(2, existenceMessage(proof.left)),
    proof.right === null ? EMPTY_BYTES : messageField(3, existenceMessage(proof.right)),
  );
}

/** Returns the protobuf bytes of a proof. */
export function encodeCommitmentProof(proof: CommitmentProof): Uint8Array {
  return proof.kind === "exist"
    ? messageField(1, existenceMessage(proof.exist))
    : messageField(2, nonExistenceMessage(proof.nonexist));
}

type Field = number | Uint8Array;

/** The fields of a message, in the order of the bytes. @errors ics23.bytes */
function fieldsOf(bytes: Uint8Array): readonly (readonly [number, Field])[] {
  const fields: (readonly [number, Field])[] = [];
  let offset = 0;
  const number = (): number => {
    let value = 0;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = bytes[offset++] ?? malformed("a number is cut");
      value += (byte & 0x7f) * 128 ** i;
      if (byte < 0x80) return value;
    }
    return malformed("a number is too long");
  };
  while (offset < bytes.length) {
    const tag = number();
    const value = number();
    if (tag % 8 === WIRE_VARINT) fields.push([Math.floor(tag / 8), value]);
    else if (tag % 8 === WIRE_BYTES && value <= bytes.length - offset) {
      fields.push([Math.floor(tag / 8), bytes.slice(offset, offset + value)]);
      offset += value;
    } else malformed("a field is cut or of another kind");
  }
  return fields;
}

function malformed(text: string): never {
  throw new Rejected("ics23.bytes", `not the bytes of an ICS-23 proof: ${text}`);
}

/** Reads fields by their numbers; what is doubled, unknown or out of order shows when the message is written again. */
class Message {
  readonly #fields: readonly (readonly [number, Field])[];

  constructor(bytes: Uint8Array) {
    this.#fields = fieldsOf(bytes);
  }

  #values(field: number): readonly Field[] {
    return this.#fields.filter(([number]) => number === field).map(([, value]) => value);
  }

  number(field: number): number {
    const value = this.#values(field)[0] ?? 0;
    return typeof value === "number" ? value : malformed("bytes where a number is due");
  }

  allBytes(field: number): readonly Uint8Array[] {
    return this.#values(field).map((value) =>
      typeof value === "number" ? malformed("a number where bytes are due") : value,
    );
  }

  bytes(field: number): Uint8Array {
    return this.allBytes(field)[0] ?? EMPTY_BYTES;
  }

  message<T>(field: number, read: (bytes: Uint8Array) => T): T | null {
    const bytes = this.allBytes(field)[0];
    return bytes === undefined ? null : read(bytes);
  }
}

function readLeaf(bytes: Uint8Array): LeafOp {
  const message = new Message(bytes);
  return {
    hash: message.number(1),
    prehashKey: message.number(2),
    prehashValue: message.number(3),
    length: message.number(4),
    prefix: message.bytes(5),
  };
}

function readInner(bytes: Uint8Array): InnerOp {
  const message = new Message(bytes);
  return { hash: message.number(1), prefix: message.bytes(2), suffix: message.bytes(3) };
}

function readExistence(bytes: Uint8Array): ExistenceProof {
  const message = new Message(bytes);
  return {
    key: message.bytes(1),
    value: message.bytes(2),
    leaf: message.message(3, readLeaf),
    path: message.allBytes(4).map(readInner),
  };
}

function readNonExistence(bytes: Uint8Array): NonExistenceProof {
  const message = new Message(bytes);
  return {
    key: message.bytes(1),
    left: message.message(2, readExistence),
    right: message.message(3, readExistence),
  };
}

/** Returns the proof whose bytes are exactly `bytes`. @errors ics23.bytes */
export function decodeCommitmentProof(bytes: Uint8Array): CommitmentProof {
  const message = new Message(bytes);
  const exist = message.message(1, readExistence);
  const nonexist = message.message(2, readNonExistence);
  if ((exist === null) === (nonexist === null)) malformed("neither or both of existence and absence");
  const proof: CommitmentProof = exist === null ? { kind: "nonexist", nonexist: nonexist! } : { kind: "exist", exist };
  if (!equalBytes(encodeCommitmentProof(proof), bytes)) malformed("not in the one form that is read here");
  return proof;
}
