/** The sentences that tell a person what happened and what to do. */
import { ChatError } from '../base/errors.ts';
import { MAX_TEXT_BYTES } from '../envelope/content.ts';
import type { SignalState } from '../transport/signal-client.ts';
import type { InviteState } from './preview.ts';
import type { Verdict } from './contacts.ts';

export function textTooLong(): ChatError {
  const limit = MAX_TEXT_BYTES.toLocaleString('en');
  return new ChatError('bad-text', `A message holds 1 to ${limit} bytes of text. Send this one in parts.`);
}

/** What to say when a record could not be written or read. */
export function storageError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  const full = error instanceof Error && error.name === 'QuotaExceededError';
  return full
    ? new ChatError('storage-full', 'This browser has no room left for Sotto. Free some disk space, then try again.')
    : new ChatError('storage-failed', 'This browser could not save that. Reload the page, then try again.');
}

/** What a joiner reads when the inviter, or the server, turns the invite down. */
export const REFUSED_INVITE: Record<Verdict, string> = {
  used: 'This invite has been used. Ask for a new one.',
  expired: 'This invite has expired. Ask for a new one.',
  removed: 'This invite has been cancelled. Ask for a new one.',
};

/** What the server's word on an invite means to whoever holds it. */
export const DEAD_INVITE: Record<InviteState, string | undefined> = {
  live: undefined,
  unreachable: undefined,
  used: REFUSED_INVITE.used,
  expired: REFUSED_INVITE.expired,
  gone: 'This invite is no longer valid. Ask for a new one.',
};

/** What the maker of an invite reads when somebody comes with it in vain. */
export const TURNED_AWAY: Record<Verdict, string> = {
  used: 'Somebody opened an invite of yours that had been used already. They were not let in. If the first was not whom you meant, talk to them another way.',
  expired: 'Somebody opened an invite of yours that had expired. They were not let in; you can send them a new one.',
  removed: 'Somebody opened an invite of yours that you had cancelled. They were not let in.',
};

export const OUT_OF_STEP =
  'What this person’s device sends does not fit your conversation, so nothing of it was taken. Ask them whether they use a copy of their profile.';

export const OTHER_VERSION =
  'You two run different versions of Sotto. Both reload the page; your messages are kept and will be sent then.';

/** What to say when our server does not take us; everything else mends itself. */
export const SERVER_TROUBLE: Partial<Record<SignalState, string>> = {
  outdated: 'This page and its server are of different versions. Reload the page.',
  rejected: 'The server did not accept this sign-in. Check the clock of this device, then reload the page.',
};

const INVITE_REFUSALS: Record<string, string> = {
  unreachable: 'The server cannot be reached, so the invite would not work yet. Try again in a moment.',
  'too-many': 'You have too many open invites. Cancel some in Settings, then try again.',
  'not-allowed': 'This server does not let you invite others. Ask whoever runs it.',
};

/** Why an invite could not be made. @param code - the server's. */
export function inviteError(code: string): ChatError {
  const sentence = INVITE_REFUSALS[code] ?? 'The server did not take the invite. Reload the page, then try again.';
  return new ChatError('invite-failed', sentence);
}
