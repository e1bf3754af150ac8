/**
 * A chunk of a backup: some records, sealed under a key of its own. A name is used once, so its key meets one text only, and
 * nothing but what was sealed under that name opens under it.
 *
 *     chunk     version u8 = 1 | AEAD(key, nonce = 0^12, AAD = "backup-chunk" ‖ version u8 = 1 ‖ name, padded)
 *     key       HKDF(backup key, 0^32, "backup-chunk" ‖ name 16, 32)
 *     contents  for each record: LP(place) | LP(value)
 *     padded    LP(contents), then zeros up to a multiple of 32 KiB
 */
import { ByteReader, concat, fromUtf8, lp, u32, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { MAX_BACKUP_CHUNK_BYTES } from '../../../signal/wire/limits.ts';
import { IV_BYTES, open, seal } from '../crypto/aead.ts';
import { hkdf } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';
import { wipe } from '../crypto/wipe.ts';

const VERSION = 1;
export const CHUNK_NAME_BYTES = 16;
/** Sizes are rounded up to a multiple of this, so that they say little. */
const PADDING_BYTES = 32 * 1024;
/** What a chunk is filled to: records with their places. One record alone may have more. */
export const CHUNK_BYTES = 256 * 1024 - 4;
/** A place among the records. */
const MAX_PLACE_BYTES = 128;
const NO_SALT: Bytes = new Uint8Array(32);
const ZERO_NONCE: Bytes = new Uint8Array(IV_BYTES);

/** A record of a profile, unsealed: its place and its value. */
export type PlacedRecord = readonly [place: string, value: Bytes];

/** The bytes that a record takes in a chunk. */
export function sizeInChunk([place, value]: PlacedRecord): number {
  return 8 + utf8(place).length + value.length;
}

export function encodeContents(records: readonly PlacedRecord[]): Bytes {
  return concat(...records.flatMap(([place, value]) => [lp(utf8(place)), u32(value.length), value]));
}

/** @returns `undefined` for anything but records, one after the other. */
export function decodeContents(contents: Bytes): PlacedRecord[] | undefined {
  const reader = new ByteReader(contents);
  const records: PlacedRecord[] = [];
  while (reader.more) {
    const place = fromUtf8(reader.lp(MAX_PLACE_BYTES));
    if (!place) return undefined;
    records.push([place, reader.lp(MAX_BACKUP_CHUNK_BYTES)]);
  }
  return reader.done() ? records : undefined;
}

/** Follows bytes by zeros, so that their length says little. */
export function pad(bytes: Bytes): Bytes {
  const padded = new Uint8Array(Math.ceil((4 + bytes.length) / PADDING_BYTES) * PADDING_BYTES);
  padded.set(u32(bytes.length));
  padded.set(bytes, 4);
  return padded;
}

/** @returns what `pad` was given, or `undefined` */
export function unpad(padded: Bytes): Bytes | undefined {
  const reader = new ByteReader(padded);
  const bytes = reader.lp(padded.length);
  return padded.length >= 4 + bytes.length ? bytes : undefined;
}

/** @param name - 16 random bytes, never used before. */
export async function sealChunk(backupKey: Bytes, name: Bytes, contents: Bytes): Promise<Bytes> {
  const key = await chunkKey(backupKey, name);
  const sealed = await seal(key, ZERO_NONCE, aad(name), pad(contents));
  wipe(key);
  return concat(u8(VERSION), sealed);
}

/** @returns the contents; `undefined` unless this very chunk was sealed under this name */
export async function openChunk(backupKey: Bytes, name: Bytes, chunk: Bytes): Promise<Bytes | undefined> {
  if (chunk[0] !== VERSION) return undefined;
  const key = await chunkKey(backupKey, name);
  const padded = await open(key, ZERO_NONCE, aad(name), chunk.slice(1));
  wipe(key);
  return padded && unpad(padded);
}

function chunkKey(backupKey: Bytes, name: Bytes): Promise<Bytes> {
  return hkdf(backupKey, NO_SALT, concat(LABEL.backupChunk, name), 32);
}

function aad(name: Bytes): Bytes {
  return concat(LABEL.backupChunk, u8(VERSION), name);
}
