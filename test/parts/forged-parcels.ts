/** Parcels spelled out from the protocol's page, sound or with any one thing made otherwise. */
import { openBundle } from '../../signal/wire/bundle.ts';
import { concat, lp, u8, utf8, type Bytes } from '../../signal/wire/bytes.ts';
import { label, sha256 } from '../../signal/wire/keys.ts';
import { open, seal } from '../../app/core/crypto/aead.ts';
import { diffieHellman, generateRatchetKey } from '../../app/core/crypto/dh.ts';
import { hkdfExpand, hkdfExtract } from '../../app/core/crypto/kdf.ts';
import { encapsulate } from '../../app/core/crypto/kem.ts';
import type { Body } from '../../app/core/envelope/envelope.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import type { SealingMode } from '../../app/core/session/seal-parcel.ts';
import { forgeEnvelope, type Otherwise } from './forged-envelopes.ts';
import type { Published } from './parcels.ts';

export const ZEROS: Bytes = new Uint8Array(32);
const NONCE: Bytes = new Uint8Array(12);

/** What a parcel is made of. */
export interface ParcelMaking {
  readonly from: Identity;
  readonly to: Published;
  /** Somebody who has no part in it. */
  readonly other: Identity;
  /** Of the one-time key. */
  readonly index: number | undefined;
  readonly mode: SealingMode;
  readonly body: Body;
}

/** What of a parcel is made otherwise than the protocol's page says. */
export interface ParcelOtherwise {
  readonly ephemeral?: Bytes;
  readonly kemCiphertext?: Bytes;
  readonly bundleHash?: Bytes;
  readonly psk?: Bytes;
  /** What the introduction seals. */
  readonly introduced?: Bytes;
  readonly introduction?: (sealed: Bytes) => Bytes;
  /** The id in the envelope's header. */
  readonly id?: Bytes;
  /** Who the recipient is, in clear. */
  readonly recipient?: Bytes;
  readonly messageKey?: Bytes;
  readonly envelope?: Otherwise;
}

/** A parcel, and every secret that went into it. */
export interface SpelledOut {
  readonly bytes: Bytes;
  readonly transcript: Bytes;
  readonly introduction: Bytes;
  readonly id: Bytes;
  /** X25519 with the signed key, with the one-time key, ML-KEM, the invite's: zeros for what is not there. */
  readonly parts: readonly Bytes[];
}

export async function forgeParcel(making: ParcelMaking, otherwise: ParcelOtherwise = {}): Promise<SpelledOut> {
  const { from, to, other, index, mode, body } = making;
  const { bundle: bundleBytes, keys } = to.publication;
  const bundle = (await openBundle(bundleBytes, to.identity.card.verifyKey))!;
  const oneTime = index === undefined ? undefined : keys[index]!;
  const ephemeral = await generateRatchetKey();
  const { ciphertext, secret } = encapsulate(oneTime?.slice(32) ?? bundle.kem)!;
  const psk = mode.mode === 'invite' ? (otherwise.psk ?? mode.psk) : ZEROS;
  const parts = [
    (await diffieHellman(ephemeral, bundle.x25519))!,
    oneTime ? (await diffieHellman(ephemeral, oneTime.slice(0, 32)))! : ZEROS,
    secret,
    psk,
  ];
  const [us, them] = [from.card.fingerprint, to.identity.card.fingerprint];
  const head = concat(
    u8(1),
    u8(mode.mode === 'invite' ? 1 : 0),
    us,
    otherwise.recipient ?? them,
    otherwise.bundleHash ?? (await sha256(bundleBytes)),
    u8(index ?? 255),
    otherwise.ephemeral ?? ephemeral.publicKey,
    otherwise.kemCiphertext ?? ciphertext,
    mode.mode === 'invite' ? mode.inviteId : ZEROS,
  );
  const transcript = await sha256(concat(label('parcel'), head));
  const prk = await hkdfExtract(transcript, concat(...parts));
  const introduced = otherwise.introduced ?? concat(lp(utf8(from.name)), lp(from.card.bytes));
  const sealed = await seal(await hkdfExpand(prk, label('parcel-intro'), 32), NONCE, transcript, introduced);
  const introduction = mode.mode === 'invite' ? (otherwise.introduction?.(sealed) ?? sealed) : new Uint8Array(0);
  const id = await sha256(concat(label('parcel-id'), transcript, lp(introduction)));
  const messageKey = otherwise.messageKey ?? (await messageKeyOf(parts, transcript, id));
  const envelope = await forgeEnvelope(
    { from, to: to.identity, other, header: { parcelId: otherwise.id ?? id }, messageKey, body },
    otherwise.envelope,
  );
  return { bytes: concat(head, lp(introduction), envelope), transcript, introduction, id, parts };
}

/** The message key of a parcel from the parts of its secret. */
export async function messageKeyOf(parts: readonly Bytes[], transcript: Bytes, id: Bytes): Promise<Bytes> {
  const prk = await hkdfExtract(transcript, concat(...parts));
  return hkdfExpand(prk, concat(label('parcel-key'), id), 32);
}

/** What an introduction says to whoever has these parts of the secret. */
export async function introducedTo(parts: readonly Bytes[], parcel: SpelledOut): Promise<Bytes | undefined> {
  const prk = await hkdfExtract(parcel.transcript, concat(...parts));
  return open(await hkdfExpand(prk, label('parcel-intro'), 32), NONCE, parcel.transcript, parcel.introduction);
}
