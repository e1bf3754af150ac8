/**
 * The header of an envelope on a link, in clear:
 *
 *     version u8 = 1 | kind u8 = 1 | session id 16 | counter u64 | ratchet key 32 | flags u8 = 0
 */
import { ByteReader, concat, u64, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { X25519_BYTES } from '../crypto/dh.ts';

const VERSION = 1;
const KIND_LINK = 1;
export const SESSION_ID_BYTES = 16;
export const HEADER_BYTES = 1 + 1 + SESSION_ID_BYTES + 8 + X25519_BYTES + 1;

export interface Header {
  readonly sessionId: Bytes;
  /** Of this direction, from 0. */
  readonly counter: number;
  /** The sender's current X25519 public key. */
  readonly ratchetKey: Bytes;
}

export function encodeHeader(header: Header): Bytes {
  return concat(u8(VERSION), u8(KIND_LINK), header.sessionId, u64(header.counter), header.ratchetKey, u8(0));
}

/** @returns the header, or `undefined` unless it is one of this version, kind and flags. */
export function decodeHeader(bytes: Bytes): Header | undefined {
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
