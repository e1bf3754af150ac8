/**
 * Signaling payloads: what two people say to each other through the server before they have a channel of their own.
 * Sealed, so the server cannot read them; signed, so it cannot make one; each bound to one dial.
 *
 *     header   version u8 = 1 | mode u8 (0 pinned, 1 invite) | direction u8 (0 from, 1 to the dialler) | dial id 16
 *              | invite: invite id 32 | pinned, to open a dial: LP(ek), else LP(empty)
 *     payload  header | iv 12 | LP(AES-256-GCM(key of the direction, iv, AAD = "signal" ‖ header,
 *              LP(type u8 ‖ text) ‖ LP(card, in invite mode) ‖ LP(PSS("signal", from, to, header, type ‖ text))))
 *
 * The keys of a dial are HKDF(secret, salt = dial id, "signal-key" ‖ direction). The secret is the invite's signaling
 * key; between pinned people it is 32 random bytes that the opening payload carries under the other's wrapping key.
 */
import { ByteReader, concat, equal, fromUtf8, lp, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { openCard, type Card } from '../../../signal/wire/card.ts';
import { sign, verify, type PrivateKey } from '../../../signal/wire/keys.ts';
import { INVITE_ID_BYTES, MAX_CARD_BYTES, MAX_RSA_BYTES, MAX_SIGNAL_BYTES } from '../../../signal/wire/limits.ts';
import { IV_BYTES, open, seal } from '../crypto/aead.ts';
import { hkdf } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';
import { randomBytes } from '../crypto/random.ts';
import { boundLabel, oaepDecrypt, oaepEncrypt } from '../crypto/rsa.ts';

const VERSION = 1;
export const DIAL_ID_BYTES = 16;
const EMPTY: Bytes = new Uint8Array(0);
const FROM_DIALLER = 0;
const TO_DIALLER = 1;

const TYPES = ['offer', 'answer', 'candidates', 'refusal'] as const;

/** What one side tells the other: the WebRTC description or candidates as JSON, or why an invite is refused. */
export interface Signal {
  readonly type: (typeof TYPES)[number];
  readonly text: string;
}

/** How a dial is authenticated: by the other's pinned card, or by an invite's secret. */
export type DialMode = { readonly mode: 'pinned' } | { readonly mode: 'invite'; readonly inviteId: Bytes };

export function sameMode(a: DialMode, b: DialMode): boolean {
  if (a.mode === 'invite' && b.mode === 'invite') return equal(a.inviteId, b.inviteId);
  return a.mode === b.mode;
}

/** One dial, as either side holds it. */
export interface DialKeys {
  readonly dialId: Bytes;
  readonly mode: DialMode;
  readonly secret: Bytes;
  /** Opens the dial to its pinned recipient: the secret under their wrapping key. Empty in invite mode. */
  readonly ek: Bytes;
  readonly role: 'dialler' | 'answerer';
}

/** Us, and the other by fingerprint. */
export interface SignalParties {
  readonly us: {
    readonly card: Card;
    readonly signKey: PrivateKey;
    readonly decryptKey: PrivateKey;
    /** Of wrapping keys that a newer card has replaced: the other may not have seen that card. */
    readonly formerKeys: readonly { readonly key: PrivateKey }[];
  };
  readonly them: Bytes;
}

/** A payload taken apart, not yet opened. */
export interface SealedSignal {
  readonly mode: DialMode;
  readonly fromDialler: boolean;
  readonly dialId: Bytes;
  readonly ek: Bytes;
  readonly header: Bytes;
  readonly iv: Bytes;
  readonly ciphertext: Bytes;
}

function ekLabel(dialler: Bytes, answerer: Bytes, dialId: Bytes): Promise<Bytes> {
  return boundLabel(LABEL.signalOaep, concat(lp(dialler), lp(answerer), lp(dialId)));
}

/** Begins a dial to a pinned person. */
export async function dialPinned(parties: SignalParties, theirCard: Card): Promise<DialKeys> {
  const dialId = randomBytes(DIAL_ID_BYTES);
  const secret = randomBytes(32);
  const label = await ekLabel(parties.us.card.fingerprint, parties.them, dialId);
  const ek = await oaepEncrypt(theirCard.encryptKey, label, secret);
  return { dialId, mode: { mode: 'pinned' }, secret, ek, role: 'dialler' };
}

/** Begins a dial to the maker of an invite. */
export function dialInvite(inviteId: Bytes, signalKey: Bytes): DialKeys {
  const dialId = randomBytes(DIAL_ID_BYTES);
  return { dialId, mode: { mode: 'invite', inviteId }, secret: signalKey, ek: EMPTY, role: 'dialler' };
}

/**
 * The keys of a dial that a payload opens. Where the secret was not made for us, a decoy takes its place, so that what
 * does not decrypt fails where what was forged fails: at the seal. @returns `undefined` without the invite's key
 */
export async function answerDial(
  parties: SignalParties,
  sealed: SealedSignal,
  inviteSignalKey: Bytes | undefined,
): Promise<DialKeys | undefined> {
  const { dialId, mode, ek } = sealed;
  if (mode.mode === 'invite') {
    return inviteSignalKey && { dialId, mode, secret: inviteSignalKey, ek, role: 'answerer' };
  }
  const label = await ekLabel(parties.them, parties.us.card.fingerprint, dialId);
  // Each key is tried, whichever fits: how long it takes says nothing of what came.
  const { decryptKey, formerKeys } = parties.us;
  const keys = [decryptKey, ...formerKeys.map(({ key }) => key)];
  const secrets = await Promise.all(keys.map((key) => oaepDecrypt(key, label, ek)));
  const sound = secrets.find((secret) => secret?.length === 32) ?? randomBytes(32);
  return { dialId, mode, secret: sound, ek, role: 'answerer' };
}

function directionKey(dial: DialKeys, direction: number): Promise<Bytes> {
  return hkdf(dial.secret, dial.dialId, concat(LABEL.signalKey, u8(direction)), 32);
}

function encodeHeader(dial: DialKeys, direction: number, signal: Signal): Bytes {
  const { mode } = dial;
  return concat(
    u8(VERSION),
    u8(mode.mode === 'invite' ? 1 : 0),
    u8(direction),
    dial.dialId,
    mode.mode === 'invite' ? mode.inviteId : EMPTY,
    lp(signal.type === 'offer' ? dial.ek : EMPTY),
  );
}

/** Seals and signs a signal of a dial. @returns at most MAX_SIGNAL_BYTES, or `undefined` if it would be larger. */
export async function sealSignal(parties: SignalParties, dial: DialKeys, signal: Signal): Promise<Bytes | undefined> {
  const direction = dial.role === 'dialler' ? FROM_DIALLER : TO_DIALLER;
  const header = encodeHeader(dial, direction, signal);
  const content = concat(u8(TYPES.indexOf(signal.type)), utf8(signal.text));
  const { card, signKey } = parties.us;
  const signature = await sign(signKey, LABEL.signal, [card.fingerprint, parties.them, header, content]);
  const cardBytes = dial.mode.mode === 'invite' ? card.bytes : EMPTY;
  const iv = randomBytes(IV_BYTES);
  const plaintext = concat(lp(content), lp(cardBytes), lp(signature));
  const ciphertext = await seal(await directionKey(dial, direction), iv, concat(LABEL.signal, header), plaintext);
  const payload = concat(header, iv, lp(ciphertext));
  return payload.length <= MAX_SIGNAL_BYTES ? payload : undefined;
}

/** Takes an untrusted payload apart. @returns `undefined` unless every field has its size. */
export function decodeSignal(payload: Bytes): SealedSignal | undefined {
  const reader = new ByteReader(payload);
  const [version, modeByte, direction] = [reader.u8(), reader.u8(), reader.u8()];
  const dialId = reader.take(DIAL_ID_BYTES);
  const inviteId = modeByte === 1 ? reader.take(INVITE_ID_BYTES) : undefined;
  const ek = reader.lp(MAX_RSA_BYTES);
  const headerLength = 3 + DIAL_ID_BYTES + (inviteId?.length ?? 0) + 4 + ek.length;
  const iv = reader.take(IV_BYTES);
  const ciphertext = reader.lp(MAX_SIGNAL_BYTES);
  if (!reader.done() || version !== VERSION || modeByte > 1 || direction > 1) return undefined;
  const mode: DialMode = inviteId ? { mode: 'invite', inviteId } : { mode: 'pinned' };
  const header = payload.slice(0, headerLength);
  return { mode, fromDialler: direction === FROM_DIALLER, dialId, ek, header, iv, ciphertext };
}

/**
 * Opens a payload of a dial.
 * @param pinned - their card where we have it; in invite mode the payload brings one, which must match the fingerprint.
 * @returns the signal and the card that signed it, or `undefined` without saying what failed.
 */
export async function openSignal(
  parties: SignalParties,
  dial: DialKeys,
  sealed: SealedSignal,
  pinned: Card | undefined,
): Promise<{ signal: Signal; card: Card } | undefined> {
  const fromThem = sealed.fromDialler === (dial.role === 'answerer');
  if (!fromThem || !equal(sealed.dialId, dial.dialId) || !sameMode(sealed.mode, dial.mode)) return undefined;
  const key = await directionKey(dial, sealed.fromDialler ? FROM_DIALLER : TO_DIALLER);
  const plaintext = await open(key, sealed.iv, concat(LABEL.signal, sealed.header), sealed.ciphertext);
  if (!plaintext) return undefined;

  const reader = new ByteReader(plaintext);
  const content = reader.lp(MAX_SIGNAL_BYTES);
  const cardBytes = reader.lp(MAX_CARD_BYTES);
  const signature = reader.lp(MAX_RSA_BYTES);
  const type = TYPES[content[0] ?? TYPES.length];
  const text = fromUtf8(content.slice(1));
  if (!reader.done() || !type || text === undefined) return undefined;

  const card = dial.mode.mode === 'invite' ? await openCard(cardBytes) : pinned;
  if (!card || !equal(card.fingerprint, parties.them)) return undefined;
  const fields = [parties.them, parties.us.card.fingerprint, sealed.header, content];
  return (await verify(card.verifyKey, LABEL.signal, fields, signature)) ? { signal: { type, text }, card } : undefined;
}
