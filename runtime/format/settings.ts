/**
 * Chain settings: the value that genesis puts into the state of the system contract `chain`.
 *
 *   "cinnabar-settings-1" | chainId string | protocolVersion u32 | hash u8 (1 SHA-256, 2 SM3) | sm2UserId string
 *   | genesisTimeSeconds u64 | admins: count u32, each 32, strictly ascending | sealer: algorithm u8, publicKey 32 or 33
 *   | transactionGasMax u64 | blockGasMax u64 | expiryHeightsMax u64 | transactionBytesMax u64
 *
 * Admins are a set: ascending order makes one byte string of it.
 */
import { Rejected } from "../../vm/errors.ts";
import { ADDRESS_LENGTH } from "./address.ts";
import { compareBytes } from "./bytes.ts";
import { ByteReader, ByteWriter, utf8Bytes } from "./codec.ts";
import { readKey, writeKey } from "./key.ts";
import { NAMES, readName, writeName } from "./names.ts";
import { readTag, writeTag } from "./tag.ts";
import type { ChainHashName, ChainSettings } from "./types.ts";

const TAG = utf8Bytes("cinnabar-settings-1");
export const CHAIN_HASHES: Readonly<Record<ChainHashName, number>> = { sha256: 1, sm3: 2 };
/** GB/T 32918.2 writes the length of the id in bits in two bytes: 8191 bytes at most. This is enough for any name. */
export const SM2_USER_ID_BYTES_MAX = 255;
export const ADMINS_MAX = 1024;

function isAscending(admins: readonly Uint8Array[]): boolean {
  return admins.every((admin, index) => index === 0 || compareBytes(admins[index - 1]!, admin) < 0);
}

/** @errors codec.*, codec.order when the admins are not strictly ascending */
export function encodeSettings(settings: ChainSettings): Uint8Array {
  if (!isAscending(settings.admins)) {
    throw new Rejected("codec.order", "the admins are not strictly ascending", { hint: "sort them, without doubles" });
  }
  const writer = new ByteWriter(512);
  writeTag(writer, TAG);
  writeName(writer, NAMES.chainId, settings.chainId);
  writer.u32(settings.protocolVersion);
  writer.u8(CHAIN_HASHES[settings.hash]);
  writeUserId(writer, settings.sm2UserId);
  writer.safeInteger(settings.genesisTimeSeconds);
  writeAdmins(writer, settings.admins);
  writeKey(writer, settings.sealer.algorithm, settings.sealer.publicKey);
  writer.safeInteger(settings.transactionGasMax);
  writer.safeInteger(settings.blockGasMax);
  writer.safeInteger(settings.expiryHeightsMax);
  writer.safeInteger(settings.transactionBytesMax);
  return writer.finish();
}

/** Returns the settings whose encoding is `bytes`. @errors codec.* */
export function decodeSettings(bytes: Uint8Array): ChainSettings {
  const reader = new ByteReader(bytes);
  readTag(reader, TAG);
  const settings: ChainSettings = {
    chainId: readName(reader, NAMES.chainId),
    protocolVersion: reader.u32(),
    hash: readHashName(reader),
    sm2UserId: reader.string(SM2_USER_ID_BYTES_MAX),
    genesisTimeSeconds: reader.safeInteger(),
    admins: readAdmins(reader),
    sealer: readKey(reader),
    transactionGasMax: reader.safeInteger(),
    blockGasMax: reader.safeInteger(),
    expiryHeightsMax: reader.safeInteger(),
    transactionBytesMax: reader.safeInteger(),
  };
  reader.end();
  return settings;
}

function writeUserId(writer: ByteWriter, userId: string): void {
  if (utf8Bytes(userId).length > SM2_USER_ID_BYTES_MAX) {
    throw new Rejected("codec.length", "the SM2 user id is too long", { limit: String(SM2_USER_ID_BYTES_MAX) });
  }
  writer.string(userId);
}

function readHashName(reader: ByteReader): ChainHashName {
  const offset = reader.offset;
  const code = reader.u8();
  if (code === CHAIN_HASHES.sha256) return "sha256";
  if (code === CHAIN_HASHES.sm3) return "sm3";
  return reader.refuse("hash", `${code} is not a hash of a chain`, offset);
}

function writeAdmins(writer: ByteWriter, admins: readonly Uint8Array[]): void {
  if (admins.length > ADMINS_MAX) {
    throw new Rejected("codec.length", "too many admins", { limit: String(ADMINS_MAX) });
  }
  writer.u32(admins.length);
  for (const admin of admins) writer.fixed(admin, ADDRESS_LENGTH);
}

function readAdmins(reader: ByteReader): readonly Uint8Array[] {
  const offset = reader.offset;
  const count = reader.count(ADMINS_MAX, ADDRESS_LENGTH);
  const admins: Uint8Array[] = [];
  for (let i = 0; i < count; i++) admins.push(reader.fixed(ADDRESS_LENGTH));
  if (!isAscending(admins)) reader.refuse("order", "the admins are not strictly ascending", offset);
  return admins;
}
