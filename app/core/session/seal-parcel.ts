/** Sealing a parcel for someone who is away. */
import { openBundle, type Bundle } from '../../../signal/wire/bundle.ts';
import { concat, equal, lp, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { isCurrent, type Card } from '../../../signal/wire/card.ts';
import { sha256, type PrivateKey } from '../../../signal/wire/keys.ts';
import { CLOCK_TOLERANCE, MAX_BUNDLE_LIFETIME, MAX_PARCEL_BYTES, PREKEY_BYTES } from '../../../signal/wire/limits.ts';
import { IV_BYTES, seal } from '../crypto/aead.ts';
import { diffieHellman, generateRatchetKey, X25519_BYTES } from '../crypto/dh.ts';
import { encapsulate } from '../crypto/kem.ts';
import { wipe } from '../crypto/wipe.ts';
import { sealEnvelope, type Body } from '../envelope/envelope.ts';
import {
  encodeHead,
  encodeParcel,
  extractParcelSecret,
  introductionKey,
  parcelIdOf,
  parcelMessageKey,
  transcriptOf,
} from './parcel.ts';

const EMPTY: Bytes = new Uint8Array(0);
const ZERO_NONCE: Bytes = new Uint8Array(IV_BYTES);

/** Someone's prekeys as the server hands them out: the answer `prekeys`, where there is a bundle. */
export interface HandedPrekeys {
  readonly bundle: Bytes;
  readonly oneTime: { readonly index: number; readonly key: Bytes } | null;
}

/** Someone's prekeys, verified: theirs, and still good. Made by `verifyPrekeys` only. */
export interface TheirPrekeys {
  readonly card: Card;
  readonly bundle: Bundle;
  /** For this one parcel; without it the parcel can be opened as long as the bundle's private keys are kept. */
  readonly oneTime: { readonly index: number; readonly x25519: Bytes; readonly kem: Bytes } | undefined;
}

/** How the recipient knows us: as somebody pinned, or by their invite, of which we have id and psk. */
export type SealingMode =
  { readonly mode: 'pinned' } | { readonly mode: 'invite'; readonly inviteId: Bytes; readonly psk: Bytes };

/**
 * Verifies prekeys that the server handed out.
 * @param card - of whom they are to be: the pinned one, or one that was looked up by its fingerprint. @param now - unix ms
 * @returns `undefined` unless the card is current, its signing key signed the bundle for its fingerprint, the bundle is
 *   good at `now` by a clock that may be a day off, and the one-time key is the one that the bundle names at its index.
 */
export async function verifyPrekeys(
  card: Card,
  { bundle: bytes, oneTime }: HandedPrekeys,
  now: number,
): Promise<TheirPrekeys | undefined> {
  const bundle = isCurrent(card, now) ? await openBundle(bytes, card.verifyKey) : undefined;
  if (!bundle || !equal(bundle.fingerprint, card.fingerprint)) return undefined;
  if (now > bundle.expiry + CLOCK_TOLERANCE) return undefined;
  if (bundle.expiry > now + MAX_BUNDLE_LIFETIME + CLOCK_TOLERANCE) return undefined;
  if (!oneTime) return { card, bundle, oneTime: undefined };
  const { index, key } = oneTime;
  const hash = bundle.oneTimeHashes[index];
  if (!hash || key.length !== PREKEY_BYTES || !equal(await sha256(key), hash)) return undefined;
  return { card, bundle, oneTime: { index, x25519: key.slice(0, X25519_BYTES), kem: key.slice(X25519_BYTES) } };
}

/**
 * Seals one body in a parcel. Each call makes fresh keys; what is to be left again is sealed again, with fresh prekeys.
 * @param us - the name goes along in invite mode only.
 * @param body - at most MAX_BODY_BYTES with its two length prefixes. @throws RangeError if it is longer
 * @returns at most MAX_PARCEL_BYTES. `undefined` if the prekeys are no keys (X25519 of low order, ML-KEM against FIPS 203),
 *   or if it would be larger: that only a body of more than 32 KiB in invite mode can be.
 */
export async function sealParcel(
  us: { readonly card: Card; readonly name: string; readonly signKey: PrivateKey },
  { card: them, bundle, oneTime }: TheirPrekeys,
  mode: SealingMode,
  body: Body,
): Promise<Bytes | undefined> {
  const ephemeral = await generateRatchetKey();
  const encapsulated = encapsulate(oneTime?.kem ?? bundle.kem);
  const signed = await diffieHellman(ephemeral, bundle.x25519);
  const once = oneTime && (await diffieHellman(ephemeral, oneTime.x25519));
  if (!encapsulated || !signed || (oneTime && !once)) return undefined;

  const parties = { sender: us.card.fingerprint, recipient: them.fingerprint };
  const head = encodeHead({
    mode,
    ...parties,
    bundleHash: bundle.hash,
    index: oneTime?.index,
    ephemeral: ephemeral.publicKey,
    kemCiphertext: encapsulated.ciphertext,
  });
  const transcript = await transcriptOf(head);
  const psk = mode.mode === 'invite' ? mode.psk : undefined;
  const secrets = { signed, oneTime: once, kem: encapsulated.secret, psk };
  const secret = await extractParcelSecret(transcript, secrets);
  const introduction = psk ? await introduce(us, secret, transcript) : EMPTY;
  const parcelId = await parcelIdOf(transcript, introduction);
  const messageKey = await parcelMessageKey(secret, parcelId);
  const keys = { messageKey, encryptKey: them.encryptKey, signKey: us.signKey };
  try {
    const envelope = await sealEnvelope(parties, { parcelId }, body, keys);
    const parcel = encodeParcel(head, introduction, envelope);
    return parcel.length <= MAX_PARCEL_BYTES ? parcel : undefined;
  } finally {
    wipe(secret, messageKey);
  }
}

/** Who one is, sealed for whoever holds the same secret. */
async function introduce(
  { card, name }: { readonly card: Card; readonly name: string },
  secret: Bytes,
  transcript: Bytes,
): Promise<Bytes> {
  const key = await introductionKey(secret);
  const sealed = await seal(key, ZERO_NONCE, transcript, concat(lp(utf8(name)), lp(card.bytes)));
  wipe(key);
  return sealed;
}
