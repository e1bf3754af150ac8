/**
 * An identity: two RSA pairs, one to sign and one to unwrap, and the card that names them both. The private keys leave
 * memory only sealed, as PKCS#8, by the vault; the signing key may also be brought in and taken out as a file.
 *
 *     record  version u8 = 1 | LP(name) | LP(signing PKCS#8) | LP(wrapping PKCS#8) | LP(card)
 */
import { ByteReader, concat, lp, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { openCard, signCard, type Card } from '../../../signal/wire/card.ts';
import { OAEP, PSS, type PrivateKey } from '../../../signal/wire/keys.ts';
import { MAX_CARD_BYTES } from '../../../signal/wire/limits.ts';
import { ChatError, DamagedRecord } from '../base/errors.ts';
import { decodeName, MAX_NAME_BYTES, MAX_NAME_LENGTH, normalizeName } from '../base/name.ts';

/** Where a profile's identity stands. */
export const IDENTITY_PLACE = 'identity';
const VERSION = 1;
const YEAR = 365 * 24 * 60 * 60 * 1000;
const MAX_PKCS8_BYTES = 4096;

export interface Identity {
  /** What its owner wants to be called. */
  readonly name: string;
  readonly card: Card;
  readonly signKey: PrivateKey;
  readonly decryptKey: PrivateKey;
}

/** Key pairs not yet anybody's, exportable once to be sealed. */
export interface KeyPairs {
  readonly signing: CryptoKeyPair;
  readonly wrapping: CryptoKeyPair;
}

/** Makes two RSA-3072 pairs. WebCrypto does it off the calling thread; it takes 0.2 to 2 s. */
export async function generateKeyPairs(): Promise<KeyPairs> {
  const size = { modulusLength: 3072, publicExponent: Uint8Array.of(1, 0, 1) };
  const [signing, wrapping] = await Promise.all([
    crypto.subtle.generateKey({ ...PSS, ...size }, true, ['sign', 'verify']),
    crypto.subtle.generateKey({ ...OAEP, ...size }, true, ['encrypt', 'decrypt']),
  ]);
  return { signing, wrapping };
}

async function exportKey(format: 'spki' | 'pkcs8', key: PrivateKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey(format, key));
}

async function issueCard(pairs: KeyPairs, now: number): Promise<Bytes> {
  const [signingKey, wrappingKey] = await Promise.all([
    exportKey('spki', pairs.signing.publicKey),
    exportKey('spki', pairs.wrapping.publicKey),
  ]);
  const fields = { sequence: now, from: now, until: now + 10 * YEAR, capabilities: 0, signingKey, wrappingKey };
  return signCard(fields, pairs.signing.privateKey);
}

/** Makes an identity of a fresh wrapping pair, and of a signing pair that is fresh or was brought along. @returns the bytes to seal. @throws ChatError if the name is not one. */
export async function createIdentity(pairs: KeyPairs, name: string, now: number): Promise<Bytes> {
  const normalized = normalizeName(name);
  if (!normalized) throw new ChatError(`Choose a name of 1 to ${MAX_NAME_LENGTH} characters.`);
  const [signing, wrapping, card] = await Promise.all([
    exportKey('pkcs8', pairs.signing.privateKey),
    exportKey('pkcs8', pairs.wrapping.privateKey),
    issueCard(pairs, now),
  ]);
  return concat(u8(VERSION), lp(utf8(normalized)), lp(signing), lp(wrapping), lp(card));
}

/** Opens an identity's record; its private keys can then be used but not exported. @throws DamagedRecord */
export async function openIdentity(record: Bytes): Promise<Identity> {
  const reader = new ByteReader(record);
  const version = reader.u8();
  const name = decodeName(reader.lp(MAX_NAME_BYTES));
  const signing = reader.lp(MAX_PKCS8_BYTES);
  const wrapping = reader.lp(MAX_PKCS8_BYTES);
  const cardBytes = reader.lp(MAX_CARD_BYTES);
  if (!reader.done() || version !== VERSION || name === undefined) throw new DamagedRecord();
  try {
    const [signKey, decryptKey, card] = await Promise.all([
      crypto.subtle.importKey('pkcs8', signing, PSS, false, ['sign']),
      crypto.subtle.importKey('pkcs8', wrapping, OAEP, false, ['decrypt']),
      openCard(cardBytes),
    ]);
    if (card) return { name, card, signKey, decryptKey };
  } catch {
    // What WebCrypto says of a damaged key could hold parts of it.
  }
  throw new DamagedRecord();
}

/** The name in an identity's record, without importing its keys. @throws DamagedRecord */
export function nameInRecord(record: Bytes): string {
  const reader = new ByteReader(record);
  const name = reader.u8() === VERSION ? decodeName(reader.lp(MAX_NAME_BYTES)) : undefined;
  if (name === undefined) throw new DamagedRecord();
  return name;
}

/** The signing key in an identity's record, as PKCS#8. @throws DamagedRecord */
export function signingKeyInRecord(record: Bytes): Bytes {
  const reader = new ByteReader(record);
  const version = reader.u8();
  reader.lp(MAX_NAME_BYTES);
  const signing = reader.lp(MAX_PKCS8_BYTES);
  if (version !== VERSION || signing.length === 0) throw new DamagedRecord();
  return signing;
}
