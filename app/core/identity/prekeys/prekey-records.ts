/**
 * Our own private prekeys as records, below a prefix that no backup holds:
 *
 *     prekey/bundle/<name>             version u8 = 1 | made u64 | LP(bundle) | signed prekey's secret 96
 *     prekey/one-time/<name>/<index>   version u8 = 1 | one-time prekey's secret 96
 *     prekey/seen/<name>/<ephemeral>   version u8 = 1: a parcel without one-time key that was opened
 *
 * `name` is hidden(bundle's hash), `index` has two decimal digits, `ephemeral` is hidden(the parcel's X25519 key).
 */
import { ByteReader, concat, lp, u64, u8, type Bytes } from '../../../../signal/wire/bytes.ts';
import { MAX_BUNDLE_BYTES } from '../../../../signal/wire/limits.ts';
import { DamagedRecord } from '../../base/errors.ts';
import { PREKEY_SECRET_BYTES } from '../../crypto/prekey.ts';

/** Where everything of prekeys stands. It belongs in no backup: a restored device publishes a bundle of its own. */
export const PREKEY_PREFIX = 'prekey/';
export const BUNDLE_PREFIX = `${PREKEY_PREFIX}bundle/`;
const VERSION = 1;
export const SEEN: Bytes = u8(VERSION);

/** What is kept of a bundle. */
export interface BundleRecord {
  /** Unix ms, by our clock. */
  readonly made: number;
  readonly bundle: Bytes;
  /** Of the signed prekey. */
  readonly secret: Bytes;
}

export function bundlePlace(name: string): string {
  return BUNDLE_PREFIX + name;
}

export function oneTimePlace(name: string, index: number): string {
  return `${PREKEY_PREFIX}one-time/${name}/${String(index).padStart(2, '0')}`;
}

/** @param ephemeral - hidden; without it, what the places of a bundle's begin with. */
export function seenPlace(name: string, ephemeral = ''): string {
  return `${PREKEY_PREFIX}seen/${name}/${ephemeral}`;
}

export function encodeBundleRecord({ made, bundle, secret }: BundleRecord): Bytes {
  return concat(u8(VERSION), u64(made), lp(bundle), secret);
}

/** @throws DamagedRecord */
export function decodeBundleRecord(record: Bytes): BundleRecord {
  const reader = new ByteReader(record);
  const version = reader.u8();
  const [made, bundle, secret] = [reader.u64(), reader.lp(MAX_BUNDLE_BYTES), reader.take(PREKEY_SECRET_BYTES)];
  if (!reader.done() || version !== VERSION) throw new DamagedRecord();
  return { made, bundle, secret };
}

export function encodeOneTimeRecord(secret: Bytes): Bytes {
  return concat(u8(VERSION), secret);
}

/** @returns the secret. @throws DamagedRecord */
export function decodeOneTimeRecord(record: Bytes): Bytes {
  const reader = new ByteReader(record);
  const [version, secret] = [reader.u8(), reader.take(PREKEY_SECRET_BYTES)];
  if (!reader.done() || version !== VERSION) throw new DamagedRecord();
  return secret;
}
