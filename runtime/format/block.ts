/**
 * Blocks.
 *
 *   header: "cinnabar-header-1" | protocolVersion u32 | chainId string | height u64 | timeSeconds u64 | previousHash 32
 *           | transactionsRoot 32 | receiptsRoot 32 | stateRoot 32 | scheduleHash 32 | gasUsed u64
 *   seal:   algorithm u8 | publicKey 32 or 33 | signature 64
 *   block:  header bytes (u32 length before them) | seal | count u32, each: transaction bytes (u32 length before them)
 *
 * The block hash is the chain's hash of the header bytes; the seal signs the 32 bytes of the block hash. The header holds the
 * roots, so the hash names all of the block.
 */
import { SIGNATURE_LENGTH } from "../../accel/device.ts";
import { ByteReader, ByteWriter, utf8Bytes } from "./codec.ts";
import { readKey, writeKey } from "./key.ts";
import { NAMES, readName, writeName } from "./names.ts";
import { readTag, writeTag } from "./tag.ts";
import { decodeTransaction, encodeTransaction, type TransactionLimits } from "./transaction.ts";
import type { Block, Header, Seal, Transaction } from "./types.ts";

export const HASH_LENGTH = 32;
/** The chain's hash: SHA-256 or SM3. */
export type HashFunction = (message: Uint8Array) => Uint8Array;

const HEADER_TAG = utf8Bytes("cinnabar-header-1");
/** Tag, fields of fixed length and the longest chain id, with room for fields to come. */
export const HEADER_BYTES_MAX = 1024;
/** A transaction with names of one character, no arguments, and its length. */
const TRANSACTION_BYTES_MIN = 4 + 13 + 5 + 33 + 5 + 5 + 4 + 8 + 8 + 16 + 64;
/** Far above what `blockGasMax` can pay for; the count is bounded by the bytes as well. */
export const BLOCK_TRANSACTIONS_MAX = 1_000_000;

/** @errors codec.* */
export function encodeHeader(header: Header): Uint8Array {
  const writer = new ByteWriter(320);
  writeTag(writer, HEADER_TAG);
  writer.u32(header.protocolVersion);
  writeName(writer, NAMES.chainId, header.chainId);
  writer.safeInteger(header.height);
  writer.safeInteger(header.timeSeconds);
  writer.fixed(header.previousHash, HASH_LENGTH);
  writer.fixed(header.transactionsRoot, HASH_LENGTH);
  writer.fixed(header.receiptsRoot, HASH_LENGTH);
  writer.fixed(header.stateRoot, HASH_LENGTH);
  writer.fixed(header.scheduleHash, HASH_LENGTH);
  writer.safeInteger(header.gasUsed);
  return writer.finish();
}

/** Returns the header whose encoding is `bytes`. @errors codec.* */
export function decodeHeader(bytes: Uint8Array): Header {
  const reader = new ByteReader(bytes);
  readTag(reader, HEADER_TAG);
  const header: Header = {
    protocolVersion: reader.u32(),
    chainId: readName(reader, NAMES.chainId),
    height: reader.safeInteger(),
    timeSeconds: reader.safeInteger(),
    previousHash: reader.fixed(HASH_LENGTH),
    transactionsRoot: reader.fixed(HASH_LENGTH),
    receiptsRoot: reader.fixed(HASH_LENGTH),
    stateRoot: reader.fixed(HASH_LENGTH),
    scheduleHash: reader.fixed(HASH_LENGTH),
    gasUsed: reader.safeInteger(),
  };
  reader.end();
  return header;
}

/** Returns the 32 bytes that name the block and that its seal signs. */
export function blockHash(header: Header, hash: HashFunction): Uint8Array {
  return hash(encodeHeader(header));
}

function writeSeal(writer: ByteWriter, seal: Seal): void {
  writeKey(writer, seal.algorithm, seal.publicKey);
  writer.fixed(seal.signature, SIGNATURE_LENGTH);
}

function readSeal(reader: ByteReader): Seal {
  return { ...readKey(reader), signature: reader.fixed(SIGNATURE_LENGTH) };
}

/** @errors codec.* */
export function encodeBlock(block: Block): Uint8Array {
  return encodeBlockOf(block, block.transactions.map(encodeTransaction));
}

/** As `encodeBlock`, for one whose transactions are encoded already. @param transactionBytes in the order of the block */
export function encodeBlockOf(block: Block, transactionBytes: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(1024);
  writeBlockHead(writer, block);
  writer.u32(transactionBytes.length);
  for (const bytes of transactionBytes) writer.bytes(bytes);
  return writer.finish();
}

/** What the bytes of a block begin with, up to the count of its transactions. */
export function encodeBlockHead(block: Pick<Block, "header" | "seal">): Uint8Array {
  const writer = new ByteWriter(512);
  writeBlockHead(writer, block);
  return writer.finish();
}

function writeBlockHead(writer: ByteWriter, { header, seal }: Pick<Block, "header" | "seal">): void {
  writer.bytes(encodeHeader(header));
  writeSeal(writer, seal);
}

/**
 * Returns the block whose encoding is `bytes`. Nothing is verified: not the seal, not the roots, not the signatures.
 * @param limits of one transaction; the caller bounds the whole
 * @param decode what makes a transaction of its bytes, which are a view of the block's
 * @errors codec.* (the offset of a fault inside a header or transaction counts from its own start)
 */
export function decodeBlock(
  bytes: Uint8Array,
  limits: TransactionLimits,
  decode: (bytes: Uint8Array, limits: TransactionLimits) => Transaction = decodeTransaction,
): Block {
  const reader = new ByteReader(bytes);
  const header = decodeHeader(reader.bytes(HEADER_BYTES_MAX));
  const seal = readSeal(reader);
  const transactionCount = reader.count(BLOCK_TRANSACTIONS_MAX, TRANSACTION_BYTES_MIN);
  const transactions: Transaction[] = [];
  for (let i = 0; i < transactionCount; i++) {
    transactions.push(decode(reader.bytesView(limits.bytesMax), limits));
  }
  reader.end();
  return { header, seal, transactions };
}
