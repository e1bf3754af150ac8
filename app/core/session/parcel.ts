/**
 * A parcel: a handshake in one message, and one envelope, for someone who is away. Here are its bytes and what its keys
 * are made of; `seal-parcel.ts` makes one, `open-parcel.ts` opens one. `../envelope/PROTOCOL.md` draws it.
 *
 *     head          version u8 = 1 | mode u8 (0 pinned, 1 invite) | fpSender 32 | fpRecipient 32 | bundle hash 32
 *                   | one-time index u8 (255: none) | ephemeral X25519 32 | ML-KEM-768 ciphertext 1088
 *                   | invite id 32 (pinned: zeros)
 *     parcel        head | LP(introduction) | envelope
 *     introduction  in invite mode AEAD of LP(name) | LP(card); pinned: empty
 */
import { ByteReader, concat, lp, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import {
  FINGERPRINT_BYTES,
  INVITE_ID_BYTES,
  MAX_CARD_BYTES,
  MAX_ONE_TIME_KEYS,
  MAX_PARCEL_BYTES,
} from '../../../signal/wire/limits.ts';
import { MAX_NAME_BYTES } from '../base/name.ts';
import { TAG_BYTES } from '../crypto/aead.ts';
import { X25519_BYTES } from '../crypto/dh.ts';
import { hkdfExpand, hkdfExtract } from '../crypto/kdf.ts';
import { KEM_CIPHERTEXT_BYTES } from '../crypto/kem.ts';
import { LABEL } from '../crypto/labels.ts';
import { wipe } from '../crypto/wipe.ts';
import { decodeParcelEnvelope, type Envelope } from '../envelope/envelope.ts';
import type { ParcelHeader } from '../envelope/header.ts';
import type { DialMode } from './signaling.ts';

const VERSION = 1;
const BUNDLE_HASH_BYTES = 32;
/** In the place of an index: the parcel was sealed for the signed prekey alone. */
const NO_ONE_TIME_KEY = 255;
const NO_INVITE: Bytes = new Uint8Array(INVITE_ID_BYTES);
const NO_SECRET: Bytes = new Uint8Array(32);
const PEOPLE_BYTES = FINGERPRINT_BYTES + FINGERPRINT_BYTES;
const KEYS_BYTES = X25519_BYTES + KEM_CIPHERTEXT_BYTES;
const PARCEL_HEAD_BYTES = 1 + 1 + PEOPLE_BYTES + BUNDLE_HASH_BYTES + 1 + KEYS_BYTES + INVITE_ID_BYTES;
const MAX_INTRODUCTION_BYTES = 4 + MAX_NAME_BYTES + 4 + MAX_CARD_BYTES + TAG_BYTES;

/** What of a parcel is in clear, and signed with its content. */
export interface ParcelHead {
  readonly mode: DialMode;
  readonly sender: Bytes;
  readonly recipient: Bytes;
  /** SHA-256 of the bundle whose prekeys it was sealed for. */
  readonly bundleHash: Bytes;
  /** Of the one-time prekey; `undefined` without one. */
  readonly index: number | undefined;
  /** The sender's X25519 public key, made for this parcel. */
  readonly ephemeral: Bytes;
  readonly kemCiphertext: Bytes;
}

/** A parcel taken apart, not yet opened. */
export interface Parcel extends ParcelHead {
  readonly head: Bytes;
  readonly introduction: Bytes;
  readonly envelope: Envelope<ParcelHeader>;
}

/** The secrets that a parcel's keys are made of, 32 bytes each. */
export interface ParcelSecrets {
  readonly signed: Bytes;
  /** `undefined` without a one-time prekey. */
  readonly oneTime: Bytes | undefined;
  readonly kem: Bytes;
  /** The invite's; `undefined` in pinned mode. */
  readonly psk: Bytes | undefined;
}

export function encodeHead(head: ParcelHead): Bytes {
  const { mode } = head;
  return concat(
    u8(VERSION),
    u8(mode.mode === 'invite' ? 1 : 0),
    head.sender,
    head.recipient,
    head.bundleHash,
    u8(head.index ?? NO_ONE_TIME_KEY),
    head.ephemeral,
    head.kemCiphertext,
    mode.mode === 'invite' ? mode.inviteId : NO_INVITE,
  );
}

export function encodeParcel(head: Bytes, introduction: Bytes, envelope: Bytes): Bytes {
  return concat(head, lp(introduction), envelope);
}

/**
 * Takes an untrusted parcel apart. It says itself who it is from, for whom, and for which prekeys: that is true only once
 * `openParcel` has opened it.
 * @returns `undefined` unless every field has its size and no byte is left over.
 */
export function decodeParcel(bytes: Bytes): Parcel | undefined {
  if (bytes.length > MAX_PARCEL_BYTES) return undefined;
  const reader = new ByteReader(bytes);
  const [version, modeByte] = [reader.u8(), reader.u8()];
  const people = { sender: reader.take(FINGERPRINT_BYTES), recipient: reader.take(FINGERPRINT_BYTES) };
  const bundleHash = reader.take(BUNDLE_HASH_BYTES);
  const indexByte = reader.u8();
  const keys = { ephemeral: reader.take(X25519_BYTES), kemCiphertext: reader.take(KEM_CIPHERTEXT_BYTES) };
  const inviteId = reader.take(INVITE_ID_BYTES);
  const introduction = reader.lp(MAX_INTRODUCTION_BYTES);
  const start = PARCEL_HEAD_BYTES + 4 + introduction.length;
  const envelopeBytes = reader.take(Math.max(0, bytes.length - start));
  if (!reader.done() || version !== VERSION || modeByte > 1) return undefined;
  if (indexByte !== NO_ONE_TIME_KEY && indexByte >= MAX_ONE_TIME_KEYS) return undefined;
  if (modeByte === 0 && (introduction.length > 0 || inviteId.some((byte) => byte !== 0))) return undefined;
  if (modeByte === 1 && introduction.length < TAG_BYTES) return undefined;
  const envelope = decodeParcelEnvelope(envelopeBytes);
  if (!envelope) return undefined;
  const mode: DialMode = modeByte === 1 ? { mode: 'invite', inviteId } : { mode: 'pinned' };
  const index = indexByte === NO_ONE_TIME_KEY ? undefined : indexByte;
  return {
    mode,
    ...people,
    bundleHash,
    index,
    ...keys,
    head: bytes.slice(0, PARCEL_HEAD_BYTES),
    introduction,
    envelope,
  };
}

/** The hash of all that was settled before anything was sealed. */
export function transcriptOf(head: Bytes): Promise<Bytes> {
  return sha256(concat(LABEL.parcel, head));
}

/** What names a parcel: its transcript, and its introduction as sealed. */
export function parcelIdOf(transcript: Bytes, introduction: Bytes): Promise<Bytes> {
  return sha256(concat(LABEL.parcelId, transcript, lp(introduction)));
}

/** The secret of a parcel, 32 bytes. What it is made of is overwritten, but for the invite's key. */
export async function extractParcelSecret(transcript: Bytes, secrets: ParcelSecrets): Promise<Bytes> {
  const { signed, oneTime, kem, psk } = secrets;
  const ikm = concat(signed, oneTime ?? NO_SECRET, kem, psk ?? NO_SECRET);
  const secret = await hkdfExtract(transcript, ikm);
  wipe(signed, ...(oneTime ? [oneTime] : []), kem, ikm);
  return secret;
}

/** The key that seals the introduction, and nothing else: its nonce is zero. */
export function introductionKey(secret: Bytes): Promise<Bytes> {
  return hkdfExpand(secret, LABEL.parcelIntroduction, 32);
}

/** The message key of the parcel's envelope. */
export function parcelMessageKey(secret: Bytes, parcelId: Bytes): Promise<Bytes> {
  return hkdfExpand(secret, concat(LABEL.parcelKey, parcelId), 32);
}
