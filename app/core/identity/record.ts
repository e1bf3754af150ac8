/**
 * A record at rest, bound to its place.
 *
 *     record  version u8 = 1 | iv 12 | AES-256-GCM under a record key, its place as associated data
 */
import { concat, lp, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { IV_BYTES, open, seal } from '../crypto/aead.ts';
import { LABEL } from '../crypto/labels.ts';
import { randomBytes } from '../crypto/random.ts';

const VERSION = 1;

function aad(place: string): Bytes {
  return concat(LABEL.vaultRecord, u8(VERSION), lp(utf8(place)));
}

export async function sealRecord(recordKey: Bytes, place: string, value: Bytes): Promise<Bytes> {
  const iv = randomBytes(IV_BYTES);
  return concat(u8(VERSION), iv, await seal(recordKey, iv, aad(place), value));
}

/** @returns the value, or `undefined` if this is no record of this key and place. */
export async function openRecord(recordKey: Bytes, place: string, record: Bytes): Promise<Bytes | undefined> {
  const iv = record.slice(1, 1 + IV_BYTES);
  const sealed = record.slice(1 + IV_BYTES);
  return record[0] === VERSION ? open(recordKey, iv, aad(place), sealed) : undefined;
}
