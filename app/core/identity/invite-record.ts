/**
 * An invite of ours as a record: its secret, and what has become of it.
 *
 *     record  version u8 = 1 | secret 32 | expiry u64 | flags u8 (1 told, 2 hidden, 4 knock)
 *             | LP(note) | status u8 (0 live, 1 used, 2 cancelled)
 *             | 1 (used): fingerprint 32
 */
import { ByteReader, concat, lp, u64, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { FINGERPRINT_BYTES, MAX_INVITE_NOTE_BYTES } from '../../../signal/wire/limits.ts';
import { DamagedRecord } from '../base/errors.ts';
import { INVITE_SECRET_BYTES } from './invite.ts';

const VERSION = 1;
/** Where the invites that we made stand. */
export const INVITE_PREFIX = 'invite/';
const [TOLD, HIDDEN, KNOCK] = [1, 2, 4];

export type InviteStatus =
  { readonly kind: 'live' } | { readonly kind: 'used'; readonly by: Bytes } | { readonly kind: 'cancelled' };

/** What is kept of an invite, whatever else it is made of. */
export interface InviteRecord {
  readonly secret: Bytes;
  /** Unix ms. */
  readonly expiry: number;
  /** Our name, sealed for whoever opens the link: kept, so that the server is told the very same each time. */
  readonly note: Bytes;
  readonly status: InviteStatus;
  /** Its ticket leads to us no more, and nobody is told: whoever used it is blocked, or their conversation deleted. */
  readonly hidden: boolean;
  /** Whoever holds it may join while we are away. */
  readonly knock: boolean;
  /** Whether our server has heard of all this. */
  readonly told: boolean;
}

export function encodeInvite({ secret, expiry, note, status, told, hidden, knock }: InviteRecord): Bytes {
  const flags = (told ? TOLD : 0) | (hidden ? HIDDEN : 0) | (knock ? KNOCK : 0);
  const start = concat(u8(VERSION), secret, u64(expiry), u8(flags), lp(note));
  if (status.kind === 'used') return concat(start, u8(1), status.by);
  return concat(start, u8(status.kind === 'live' ? 0 : 2));
}

/** @throws DamagedRecord */
export function decodeInvite(record: Bytes): InviteRecord {
  const reader = new ByteReader(record);
  const version = reader.u8();
  const [secret, expiry, flags] = [reader.take(INVITE_SECRET_BYTES), reader.u64(), reader.u8()];
  const note = reader.lp(MAX_INVITE_NOTE_BYTES);
  const status = readStatus(reader);
  if (!reader.done() || version !== VERSION || flags > (TOLD | HIDDEN | KNOCK) || !status) throw new DamagedRecord();
  const [told, hidden, knock] = [(flags & TOLD) !== 0, (flags & HIDDEN) !== 0, (flags & KNOCK) !== 0];
  return { secret, expiry, note, status, told, hidden, knock };
}

function readStatus(reader: ByteReader): InviteStatus | undefined {
  const kind = reader.u8();
  if (kind === 0) return { kind: 'live' };
  if (kind === 1) return { kind: 'used', by: reader.take(FINGERPRINT_BYTES) };
  return kind === 2 ? { kind: 'cancelled' } : undefined;
}

/** Nobody comes in by it any more, of which our server has yet to hear. */
export function cancelled<I extends Pick<InviteRecord, 'status' | 'told'>>(invite: I): I {
  return { ...invite, status: { kind: 'cancelled' }, told: false };
}
