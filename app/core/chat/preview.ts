/** What can be known of an invite before anything is spent: the server is asked with the invite's ticket alone. */
import { equal, fromHex, toBase64Url, toHex } from '../../../signal/wire/bytes.ts';
import { MAX_MESSAGE_BYTES } from '../../../signal/wire/limits.ts';
import { decodeMessage, OpenedInvite } from '../../../signal/wire/messages.ts';
import type { Verdict } from './invite-book.ts';
import { inviteKeys, isExpired, openInviteNote, type Invite } from '../identity/invite.ts';

/** What tells an interface whose invite it is: the fingerprint, in hexadecimal. */
export function inviterOf(invite: Invite): string {
  return toHex(invite.inviter);
}

export { parseInviteLink, type Invite, type InviteProblem } from '../identity/invite.ts';

const TIMEOUT = 10_000;

/**
 * `live`: it may be joined. `used` by somebody else, `expired`, or `cancelled`. `unknown` to the server, so it was
 * cancelled or never was. `unreachable`: the server did not answer.
 */
export type InviteState = 'live' | Verdict | 'unknown' | 'unreachable';

export interface InvitePreview {
  readonly state: InviteState;
  /** The inviter's, where the server could give the note that holds it. */
  readonly name: string | undefined;
  /** Whether the server lets us in while its maker is away. */
  readonly knock: boolean;
}

/** @param me - the fingerprint, in hexadecimal, of whoever is about to join: the one who spent an invite may retry. */
export async function previewInvite(invite: Invite, now: number, me?: string): Promise<InvitePreview> {
  const none = (state: InviteState) => ({ state, name: undefined, knock: false });
  if (isExpired(invite, now)) return none('expired');
  const keys = await inviteKeys(invite);
  let text: string;
  try {
    const authorization = `Invite ${toBase64Url(keys.ticket)}`;
    const response = await fetch(`${invite.origin}/invites`, {
      headers: { authorization },
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (response.status === 404) return none('unknown');
    text = response.ok ? await response.text() : '';
  } catch {
    return none('unreachable');
  }
  const opened = text.length <= MAX_MESSAGE_BYTES ? decodeMessage(OpenedInvite, text) : undefined;
  if (!opened) return none('unreachable');
  // Whoever made this ticket known is not the one whom the link names.
  if (!equal(opened.inviter, invite.inviter)) return none('unknown');
  const name = await openInviteNote(keys, opened.note);
  const mine = me === undefined ? undefined : fromHex(me);
  const usedByAnother = opened.usedBy && !(mine && equal(opened.usedBy, mine));
  return { state: usedByAnother ? 'used' : 'live', name, knock: opened.knock };
}
