/**
 * An invite: a link that carries a secret. The part behind `#` never reaches a server.
 *
 *     <origin>/#/join/<base64url(version u8 = 1 | secret 32 | inviter's fingerprint 32 | expiry u64)>
 *
 * From the secret come, by HKDF with SHA-256(version ‖ fingerprint ‖ expiry) in the info: an admission ticket, whose
 * hash is the invite's id; a key for signaling; a pre-shared key for the handshake; a key for the inviter's note.
 */
import {
  ByteReader,
  concat,
  fromBase64Url,
  toBase64Url,
  u64,
  u8,
  utf8,
  type Bytes,
} from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { CLOCK_TOLERANCE, FINGERPRINT_BYTES } from '../../../signal/wire/limits.ts';
import { DAY } from '../../../signal/wire/time.ts';
import type { Sentence } from '../base/sentence.ts';
import { decodeName } from '../base/name.ts';
import { IV_BYTES, open, seal } from '../crypto/aead.ts';
import { hkdf } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';
import { randomBytes } from '../crypto/random.ts';
import { wipe } from '../crypto/wipe.ts';

const VERSION = 1;
export const INVITE_SECRET_BYTES = 32;
const FRAGMENT_START = '#/join/';
const MAX_LINK_LENGTH = 2048;
/** How long an invite is good for, by the inviter's clock. */
export const INVITE_LIFETIME = 7 * DAY;

export interface Invite {
  /** The server it was made on, as an origin. */
  readonly origin: string;
  readonly secret: Bytes;
  /** The fingerprint of whoever made it. */
  readonly inviter: Bytes;
  /** Unix ms. */
  readonly expiry: number;
}

export interface InviteKeys {
  /** Shown to the server to be let in, and to look the inviter up. */
  readonly ticket: Bytes;
  /** What the server knows the invite by: SHA-256 of the ticket. */
  readonly id: Bytes;
  readonly signalKey: Bytes;
  readonly psk: Bytes;
  readonly noteKey: Bytes;
}

/** Why a text is not an invite: one sentence. */
export interface InviteProblem {
  readonly problem: Sentence;
}

export function createInvite(origin: string, inviter: Bytes, now: number): Invite {
  return { origin, secret: randomBytes(INVITE_SECRET_BYTES), inviter, expiry: now + INVITE_LIFETIME };
}

export function inviteLink(invite: Invite): string {
  const payload = concat(u8(VERSION), invite.secret, invite.inviter, u64(invite.expiry));
  return `${invite.origin}/${FRAGMENT_START}${toBase64Url(payload)}`;
}

/** Reads a link that somebody pasted or opened. Nothing is sent anywhere. */
export function parseInviteLink(text: string): Invite | InviteProblem {
  const link = text.trim();
  const notAnInvite = { problem: 'This is not an invite link. Ask for the whole link, and open it as it is.' };
  if (link.length > MAX_LINK_LENGTH || !URL.canParse(link)) return notAnInvite;
  const url = new URL(link);
  if (!/^https?:$/.test(url.protocol) || !url.hash.startsWith(FRAGMENT_START)) return notAnInvite;
  const payload = fromBase64Url(url.hash.slice(FRAGMENT_START.length));
  const reader = new ByteReader(payload ?? new Uint8Array(0));
  const version = reader.u8();
  if (payload && version > VERSION) {
    const newer = 'This invite was made by a newer version of Sotto.';
    return {
      problem: {
        page: `${newer} Reload the page, then open the link again.`,
        terminal: `${newer} Bring yours up to date, then use the link again.`,
      },
    };
  }
  const fields = {
    secret: reader.take(INVITE_SECRET_BYTES),
    inviter: reader.take(FINGERPRINT_BYTES),
    expiry: reader.u64(),
  };
  if (!reader.done() || version !== VERSION) {
    return { problem: 'This invite link is damaged or cut short. Ask for the whole link, and open it as it is.' };
  }
  return { ...fields, origin: url.origin };
}

export async function inviteKeys(invite: Invite): Promise<InviteKeys> {
  const context = await sha256(concat(u8(VERSION), invite.inviter, u64(invite.expiry)));
  const derive = (label: Bytes) => hkdf(invite.secret, new Uint8Array(32), concat(label, context), 32);
  const [ticket, signalKey, psk, noteKey] = await Promise.all([
    derive(LABEL.inviteTicket),
    derive(LABEL.inviteSignal),
    derive(LABEL.invitePsk),
    derive(LABEL.inviteNote),
  ]);
  return { ticket, id: await sha256(ticket), signalKey, psk, noteKey };
}

/** Overwrites an invite's secret and what comes of it, when a profile is closed. */
export function wipeInvite({ secret }: Invite, { ticket, signalKey, psk, noteKey }: InviteKeys): void {
  wipe(secret, ticket, signalKey, psk, noteKey);
}

/** Whether the joiner may still try, by a clock that may be a day off the inviter's; the inviter has the last word. */
export function isExpired(invite: Invite, now: number): boolean {
  return now > invite.expiry + CLOCK_TOLERANCE;
}

/** The inviter's name, sealed for whoever opens the link, so that the page can say who invites. */
export async function sealInviteNote(keys: InviteKeys, name: string): Promise<Bytes> {
  const iv = randomBytes(IV_BYTES);
  return concat(iv, await seal(keys.noteKey, iv, LABEL.inviteNote, utf8(name)));
}

/** The name in a note, or `undefined` if it is not the inviter's. */
export async function openInviteNote(keys: InviteKeys, note: Bytes): Promise<string | undefined> {
  const name = await open(keys.noteKey, note.slice(0, IV_BYTES), LABEL.inviteNote, note.slice(IV_BYTES));
  return name && decodeName(name);
}
