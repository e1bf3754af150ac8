/**
 * What the record of an identity holds, before the vault seals it.
 *
 *     record  version u8 = 1 | LP(name) | LP(signing PKCS#8) | LP(wrapping PKCS#8) | LP(card)
 *             | for each former wrapping key: until u64 | LP(PKCS#8)
 */
import { ByteReader, concat, lp, u64, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { MAX_CARD_BYTES } from '../../../signal/wire/limits.ts';
import { DamagedRecord } from '../base/errors.ts';
import { decodeName, MAX_NAME_BYTES } from '../base/name.ts';
import { wipe } from '../crypto/wipe.ts';

/** Where it stands among the records of a profile. */
export const IDENTITY_PLACE = 'identity';
const VERSION = 1;
const MAX_PKCS8_BYTES = 4096;
/** Former wrapping keys kept at once; of more, the oldest go. */
export const MAX_FORMER_KEYS = 4;

/** A wrapping key that a newer card has replaced. What was sealed for it may still come `until` then, unix ms. */
export interface FormerWrapping {
  readonly until: number;
  readonly wrapping: Bytes;
}

/** The private keys as PKCS#8. */
export interface IdentityRecord {
  readonly name: string;
  readonly signing: Bytes;
  readonly wrapping: Bytes;
  readonly card: Bytes;
  /** The newest first. */
  readonly former: readonly FormerWrapping[];
}

export function encodeIdentity({ name, signing, wrapping, card, former }: IdentityRecord): Bytes {
  return concat(
    u8(VERSION),
    lp(utf8(name)),
    lp(signing),
    lp(wrapping),
    lp(card),
    ...former.map((one) => concat(u64(one.until), lp(one.wrapping))),
  );
}

/** @throws DamagedRecord */
export function decodeIdentity(record: Bytes): IdentityRecord {
  const reader = new ByteReader(record);
  const version = reader.u8();
  const name = decodeName(reader.lp(MAX_NAME_BYTES));
  const signing = reader.lp(MAX_PKCS8_BYTES);
  const wrapping = reader.lp(MAX_PKCS8_BYTES);
  const card = reader.lp(MAX_CARD_BYTES);
  const former: FormerWrapping[] = [];
  while (!reader.done() && former.length < MAX_FORMER_KEYS) {
    former.push({ until: reader.u64(), wrapping: reader.lp(MAX_PKCS8_BYTES) });
  }
  if (!reader.done() || version !== VERSION || name === undefined) throw new DamagedRecord();
  return { name, signing, wrapping, card, former };
}

/** The name in an identity's record, whatever stands behind it. @throws DamagedRecord */
export function nameInRecord(record: Bytes): string {
  const reader = new ByteReader(record);
  const name = reader.u8() === VERSION ? decodeName(reader.lp(MAX_NAME_BYTES)) : undefined;
  if (name === undefined) throw new DamagedRecord();
  return name;
}

/** The signing key in an identity's record, as PKCS#8. @throws DamagedRecord */
export function signingKeyInRecord(record: Bytes): Bytes {
  const { signing, wrapping, former } = decodeIdentity(record);
  wipe(wrapping, ...former.map((one) => one.wrapping));
  return signing;
}
