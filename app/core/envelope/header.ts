/**
 * The header of an envelope, in clear. On a link it stands for the place in a session, in a parcel for the parcel:
 *
 *     version u8 = 1 | kind u8 = 1 | session id 16 | counter u64 | ratchet key 32 | flags u8 = 0
 *     version u8 = 1 | kind u8 = 2 | parcel id 32
 */
import { ByteReader, concat, u64, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { X25519_BYTES } from '../crypto/dh.ts';

const VERSION = 1;
const KIND_LINK = 1;
const KIND_PARCEL = 2;
export const SESSION_ID_BYTES = 16;
const PARCEL_ID_BYTES = 32;
export const HEADER_BYTES = 1 + 1 + SESSION_ID_BYTES + 8 + X25519_BYTES + 1;
export const PARCEL_HEADER_BYTES = 1 + 1 + PARCEL_ID_BYTES;

/** Of an envelope on a link. */
export interface LinkHeader {
  readonly sessionId: Bytes;
  /** Of this direction, from 0. */
  readonly counter: number;
  /** The sender's current X25519 public key. */
  readonly ratchetKey: Bytes;
}

/** Of the one envelope of a parcel. */
export interface ParcelHeader {
  readonly parcelId: Bytes;
}

export type Header = LinkHeader | ParcelHeader;

/** What tells an envelope from every other: on a link its session and its counter, in a parcel the parcel's id. */
export function idOf(header: Header): Bytes {
  return 'parcelId' in header ? header.parcelId : concat(header.sessionId, u64(header.counter));
}

/** What the content of an envelope was said in: a session, or a parcel. */
export function contextOf(header: Header): Bytes {
  return 'parcelId' in header ? header.parcelId : header.sessionId;
}

export function encodeHeader(header: Header): Bytes {
  if ('parcelId' in header) return concat(u8(VERSION), u8(KIND_PARCEL), header.parcelId);
  return concat(u8(VERSION), u8(KIND_LINK), header.sessionId, u64(header.counter), header.ratchetKey, u8(0));
}

/** @returns the header of an envelope on a link, or `undefined` unless it is one of this version, kind and flags. */
export function decodeHeader(bytes: Bytes): LinkHeader | undefined {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  const kind = reader.u8();
  const header = {
    sessionId: reader.take(SESSION_ID_BYTES),
    counter: reader.u64(),
    ratchetKey: reader.take(X25519_BYTES),
  };
  const flags = reader.u8();
  return reader.done() && version === VERSION && kind === KIND_LINK && flags === 0 ? header : undefined;
}

/** @returns the header of a parcel's envelope, or `undefined` unless it is one of this version and kind. */
export function decodeParcelHeader(bytes: Bytes): ParcelHeader | undefined {
  const reader = new ByteReader(bytes);
  const [version, kind] = [reader.u8(), reader.u8()];
  const parcelId = reader.take(PARCEL_ID_BYTES);
  return reader.done() && version === VERSION && kind === KIND_PARCEL ? { parcelId } : undefined;
}
