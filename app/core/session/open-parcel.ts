/** Opening a parcel that was left for us. */
import { ByteReader, equal, type Bytes } from '../../../signal/wire/bytes.ts';
import { isCurrent, openCard, type Card } from '../../../signal/wire/card.ts';
import type { PrivateKey } from '../../../signal/wire/keys.ts';
import { MAX_CARD_BYTES } from '../../../signal/wire/limits.ts';
import { decodeName, MAX_NAME_BYTES } from '../base/name.ts';
import { IV_BYTES, open } from '../crypto/aead.ts';
import { diffieHellman } from '../crypto/dh.ts';
import { decapsulate } from '../crypto/kem.ts';
import { wipePrekeys, type PrivatePrekeys } from '../crypto/prekey.ts';
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';
import { openEnvelope, type Body } from '../envelope/envelope.ts';
import type { ProvenPeer } from './handshake.ts';
import {
  extractParcelSecret,
  introductionKey,
  parcelIdOf,
  parcelMessageKey,
  transcriptOf,
  type Parcel,
} from './parcel.ts';

const ZERO_NONCE: Bytes = new Uint8Array(IV_BYTES);

/** Us, as an `Identity` is. */
export interface ParcelRecipient {
  readonly card: Card;
  readonly decryptKey: PrivateKey;
  /** Of wrapping keys that a newer card has replaced: the sender may not have seen that card. */
  readonly formerKeys: readonly { readonly key: PrivateKey }[];
}

/** What the parcel is held against: the card that we have pinned for its sender, or the invite of ours that it names. */
export type Trust =
  | { readonly mode: 'pinned'; readonly card: Card }
  | { readonly mode: 'invite'; readonly inviteId: Bytes; readonly psk: Bytes };

export interface OpenedParcel {
  readonly body: Body;
  /** Who sent it: in invite mode as they proved, with the name they gave; pinned, the card that was pinned. */
  readonly peer: { readonly card: Card; readonly name: string | undefined };
  /** Whether a one-time prekey went into it: if not, whoever gets the signed one can open it until that is deleted. */
  readonly withOneTimeKey: boolean;
}

/**
 * Opens a parcel: first everything in clear, then each step whatever failed before, with a decoy in the place of what a
 * failed step would have given; the signature included.
 * @param prekeys - the private ones of the parcel's bundle and index; they are overwritten.
 * @param now - unix ms, for the sender's card
 * @returns `undefined` without saying what failed.
 */
export async function openParcel(
  us: ParcelRecipient,
  parcel: Parcel,
  prekeys: PrivatePrekeys,
  trust: Trust,
  now: number,
): Promise<OpenedParcel | undefined> {
  try {
    const transcript = await transcriptOf(parcel.head);
    const id = await parcelIdOf(transcript, parcel.introduction);
    if (!fits(us, parcel, prekeys, trust, now) || !equal(parcel.envelope.header.parcelId, id)) return undefined;
    const secret = await agree(parcel, prekeys, trust, transcript);
    const introduced =
      trust.mode === 'invite' ? await readIntroduction(parcel, secret, transcript, us.card) : undefined;
    const peer = trust.mode === 'pinned' ? { card: trust.card, name: undefined } : introduced;
    const messageKey = await parcelMessageKey(secret, id);
    const keys = {
      messageKey,
      decryptKey: us.decryptKey,
      formerKeys: us.formerKeys.map(({ key }) => key),
      verifyKey: (peer ?? us).card.verifyKey,
    };
    const parties = { sender: parcel.sender, recipient: us.card.fingerprint };
    const body = await openEnvelope(parties, parcel.envelope, keys);
    wipe(secret, messageKey);
    if (!body || !peer || !equal(peer.card.fingerprint, parcel.sender) || !isCurrent(peer.card, now)) return undefined;
    return { body, peer, withOneTimeKey: parcel.index !== undefined };
  } finally {
    wipePrekeys(prekeys);
  }
}

/** Whether what the parcel says in clear is what it is held against. */
function fits(us: ParcelRecipient, parcel: Parcel, prekeys: PrivatePrekeys, trust: Trust, now: number): boolean {
  const own = us.card.fingerprint;
  if (!equal(parcel.recipient, own) || equal(parcel.sender, own)) return false;
  if ((parcel.index === undefined) !== (prekeys.oneTime === undefined)) return false;
  if (trust.mode === 'pinned') {
    const { card } = trust;
    return parcel.mode.mode === 'pinned' && equal(parcel.sender, card.fingerprint) && isCurrent(card, now);
  }
  return parcel.mode.mode === 'invite' && equal(parcel.mode.inviteId, trust.inviteId);
}

/** The secret of a parcel. A key or ciphertext that gives none has a secret that nobody knows. */
async function agree(
  { ephemeral, kemCiphertext }: Parcel,
  { signed, oneTime }: PrivatePrekeys,
  trust: Trust,
  transcript: Bytes,
): Promise<Bytes> {
  const secrets = {
    signed: (await diffieHellman(signed.x25519, ephemeral)) ?? randomBytes(32),
    oneTime: oneTime && ((await diffieHellman(oneTime.x25519, ephemeral)) ?? randomBytes(32)),
    kem: decapsulate((oneTime ?? signed).kem.secretKey, kemCiphertext) ?? randomBytes(32),
    psk: trust.mode === 'invite' ? trust.psk : undefined,
  };
  return extractParcelSecret(transcript, secrets);
}

/** Who the sender is, as they say it. In the place of what does not open, our own card is read. */
async function readIntroduction(
  { introduction }: Parcel,
  secret: Bytes,
  transcript: Bytes,
  own: Card,
): Promise<ProvenPeer | undefined> {
  const key = await introductionKey(secret);
  const opened = await open(key, ZERO_NONCE, transcript, introduction);
  wipe(key);
  const reader = new ByteReader(opened ?? new Uint8Array(0));
  const name = decodeName(reader.lp(MAX_NAME_BYTES));
  const cardBytes = reader.lp(MAX_CARD_BYTES);
  const whole = reader.done();
  const card = await openCard(whole ? cardBytes : own.bytes);
  return whole && card && name !== undefined ? { card, name } : undefined;
}
