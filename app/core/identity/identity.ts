/**
 * An identity: two RSA pairs, one to sign and one to unwrap, and the card that names them both. The private keys leave
 * memory only sealed, as PKCS#8, by the vault; the signing key may also be brought in and taken out as a file.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { openCard, signCard, type Card } from '../../../signal/wire/card.ts';
import { OAEP, PSS, type PrivateKey } from '../../../signal/wire/keys.ts';
import { DAY } from '../../../signal/wire/time.ts';
import { ChatError, DamagedRecord } from '../base/errors.ts';
import { MAX_NAME_LENGTH, normalizeName } from '../base/name.ts';
import { wipe } from '../crypto/wipe.ts';
import { decodeIdentity, encodeIdentity } from './identity-record.ts';

const YEAR = 365 * DAY;
/** How long a card is valid. */
export const CARD_LIFETIME = 10 * YEAR;
const RSA_3072 = { modulusLength: 3072, publicExponent: Uint8Array.of(1, 0, 1) };

/** A wrapping key that was replaced, and until when (unix ms) it still unwraps. */
export interface FormerKey {
  readonly key: PrivateKey;
  readonly until: number;
}

export interface Identity {
  /** What its owner wants to be called. */
  readonly name: string;
  readonly card: Card;
  readonly signKey: PrivateKey;
  readonly decryptKey: PrivateKey;
  /** Replaced wrapping keys, the newest first. */
  readonly formerKeys: readonly FormerKey[];
}

/** Key pairs not yet anybody's, exportable once to be sealed. */
export interface KeyPairs {
  readonly signing: CryptoKeyPair;
  readonly wrapping: CryptoKeyPair;
}

/** Makes two RSA-3072 pairs. WebCrypto does it off the calling thread; it takes 0.2 to 2 s. */
export async function generateKeyPairs(): Promise<KeyPairs> {
  const [signing, wrapping] = await Promise.all([
    crypto.subtle.generateKey({ ...PSS, ...RSA_3072 }, true, ['sign', 'verify']),
    generateWrappingPair(),
  ]);
  return { signing, wrapping };
}

/** Makes the pair that a new card wraps for. */
export function generateWrappingPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ ...OAEP, ...RSA_3072 }, true, ['encrypt', 'decrypt']);
}

export async function exportKey(format: 'spki' | 'pkcs8', key: PrivateKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey(format, key));
}

async function issueCard(pairs: KeyPairs, now: number): Promise<Bytes> {
  const [signingKey, wrappingKey] = await Promise.all([
    exportKey('spki', pairs.signing.publicKey),
    exportKey('spki', pairs.wrapping.publicKey),
  ]);
  const fields = { sequence: now, from: now, until: now + CARD_LIFETIME, capabilities: 0, signingKey, wrappingKey };
  return signCard(fields, pairs.signing.privateKey);
}

/** A name as it is kept. @throws ChatError if it is none */
export function nameOf(name: string): string {
  const normalized = normalizeName(name);
  if (!normalized) throw new ChatError(`Choose a name of 1 to ${MAX_NAME_LENGTH} characters.`);
  return normalized;
}

/**
 * Makes an identity of a fresh wrapping pair, and of a signing pair that is fresh or was brought along.
 * @returns the bytes to seal. @throws ChatError if the name is not one.
 */
export async function createIdentity(pairs: KeyPairs, name: string, now: number): Promise<Bytes> {
  const kept = nameOf(name);
  const [signing, wrapping, card] = await Promise.all([
    exportKey('pkcs8', pairs.signing.privateKey),
    exportKey('pkcs8', pairs.wrapping.privateKey),
    issueCard(pairs, now),
  ]);
  const record = encodeIdentity({ name: kept, signing, wrapping, card, former: [] });
  wipe(signing, wrapping);
  return record;
}

function importWrapping(key: Bytes): Promise<PrivateKey> {
  return crypto.subtle.importKey('pkcs8', key, OAEP, false, ['decrypt']);
}

/** Opens an identity's record; its private keys can then be used but not exported. @throws DamagedRecord */
export async function openIdentity(record: Bytes): Promise<Identity> {
  const { name, signing, wrapping, card: cardBytes, former } = decodeIdentity(record);
  try {
    const [signKey, decryptKey, card, formerKeys] = await Promise.all([
      crypto.subtle.importKey('pkcs8', signing, PSS, false, ['sign']),
      importWrapping(wrapping),
      openCard(cardBytes),
      Promise.all(former.map(async (one) => ({ key: await importWrapping(one.wrapping), until: one.until }))),
    ]);
    if (card) return { name, card, signKey, decryptKey, formerKeys };
  } catch {
    // What WebCrypto says of a damaged key could hold parts of it.
  } finally {
    wipe(signing, wrapping, ...former.map((one) => one.wrapping));
  }
  throw new DamagedRecord();
}
