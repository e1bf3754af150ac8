/**
 * A card: the public keys of an identity, signed by itself.
 *
 *     version u8 = 1 | sequence u64 | from u64 | until u64 | capabilities u32
 *     | LP(signing SPKI) | LP(wrapping SPKI) | LP(signature)
 *
 * The signature is RSA-PSS under "sotto/1/card\0" over everything before it. Times are unix milliseconds. A card holds
 * no name: people tell each other theirs inside the handshake, so the directory never learns one.
 */
import { ByteReader, concat, equal, lp, u32, u64, u8, type Bytes } from './bytes.ts';
import { CARD_LABEL, fingerprintOf, importPublicKey, sign, verify, type PrivateKey, type PublicKey } from './keys.ts';
import { CLOCK_TOLERANCE, MAX_CARD_BYTES, MAX_RSA_BYTES, MAX_SPKI_BYTES } from './limits.ts';

const CARD_VERSION = 1;

export interface CardFields {
  /** Grows with every new card of an identity: max(unix ms, last + 1). */
  readonly sequence: number;
  readonly from: number;
  readonly until: number;
  /** Bits for what the owner's client can do; unknown bits are kept. */
  readonly capabilities: number;
  /** SubjectPublicKeyInfo of the RSA-PSS key. */
  readonly signingKey: Bytes;
  /** SubjectPublicKeyInfo of the RSA-OAEP key. */
  readonly wrappingKey: Bytes;
}

/** A card whose signature, keys and identity have been verified. Its validity in time has not: see `isCurrent`. */
export interface Card extends CardFields {
  readonly bytes: Bytes;
  readonly fingerprint: Bytes;
  readonly verifyKey: PublicKey;
  readonly encryptKey: PublicKey;
}

function encodeFields(card: CardFields): Bytes {
  return concat(
    u8(CARD_VERSION),
    u64(card.sequence),
    u64(card.from),
    u64(card.until),
    u32(card.capabilities),
    lp(card.signingKey),
    lp(card.wrappingKey),
  );
}

/** Signs a card with the identity's signing key. @returns its bytes, at most MAX_CARD_BYTES. */
export async function signCard(card: CardFields, signingKey: PrivateKey): Promise<Bytes> {
  const signed = encodeFields(card);
  return concat(signed, lp(await sign(signingKey, CARD_LABEL, [signed])));
}

/**
 * Opens untrusted card bytes.
 * @returns the card, or `undefined` unless it is well-formed, its two keys are sound and differ, and its signing key
 *   signed it. The caller compares `fingerprint` with the one it asked for, and asks `isCurrent`.
 */
export async function openCard(bytes: Bytes): Promise<Card | undefined> {
  if (bytes.length > MAX_CARD_BYTES) return undefined;
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  const fields: CardFields = {
    sequence: reader.u64(),
    from: reader.u64(),
    until: reader.u64(),
    capabilities: reader.u32(),
    signingKey: reader.lp(MAX_SPKI_BYTES),
    wrappingKey: reader.lp(MAX_SPKI_BYTES),
  };
  const signature = reader.lp(MAX_RSA_BYTES);
  if (!reader.done() || version !== CARD_VERSION) return undefined;
  const [verifyKey, encryptKey, fingerprint] = await Promise.all([
    importPublicKey(fields.signingKey, 'verify'),
    importPublicKey(fields.wrappingKey, 'encrypt'),
    fingerprintOf(fields.signingKey),
  ]);
  if (!verifyKey || !encryptKey || equal(fields.signingKey, fields.wrappingKey)) return undefined;
  const signed = bytes.slice(0, bytes.length - 4 - signature.length);
  if (!(await verify(verifyKey, CARD_LABEL, [signed], signature))) return undefined;
  return { ...fields, bytes, fingerprint, verifyKey, encryptKey };
}

/** Whether a card is valid at `now` (unix ms), by a clock that may be a day off. */
export function isCurrent(card: Card, now: number): boolean {
  return card.from <= now + CLOCK_TOLERANCE && now <= card.until + CLOCK_TOLERANCE;
}

/** Whether `next` may stand in for `known`, a card of the same identity: newer, or the very same bytes. */
export function supersedes(next: Card, known: Card): boolean {
  return next.sequence > known.sequence || equal(next.bytes, known.bytes);
}
