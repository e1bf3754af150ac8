/** The sentences that tell a person what happened and what to do. */
import { ChatError } from '../base/errors.ts';
import type { SignalState } from '../transport/signal-client.ts';
import type { Verdict } from './invite-book.ts';
import type { InviteState } from './preview.ts';

/** What an error says to people: its own sentence if it has one. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ChatError) return error.message;
  return 'Something went wrong on our side. Try again; if it stays, reload the page.';
}

export function textTooLong(): ChatError {
  return new ChatError('This text is too long for one message. Send it in parts.');
}

/** What an invite's state means to whoever holds it; `undefined` where there is nothing to say. */
export const INVITE_SENTENCES: Record<InviteState, string | undefined> = {
  live: undefined,
  unreachable: undefined,
  used: 'This invite has been used. Ask for a new one.',
  expired: 'This invite has expired. Ask for a new one.',
  cancelled: 'This invite has been cancelled. Ask for a new one.',
  unknown: 'This invite is no longer valid. Ask for a new one.',
};

/** What the maker of an invite reads when somebody comes with it in vain. */
export const TURNED_AWAY: Record<Verdict, string> = {
  used: 'Somebody tried to join by an invite of yours that had been used already, and was not let in. If the first was not whom you meant, talk to them another way.',
  expired: 'Somebody tried to join by an invite of yours that had expired. You can send them a new one.',
  cancelled: 'Somebody tried to join by an invite that you had cancelled, and was not let in.',
};

export const OUT_OF_STEP =
  'What this person’s device sends does not fit your conversation, so nothing of it was taken. Ask them whether they use a copy of their profile.';

export const BROKEN =
  'What comes from this person’s device does not verify, so Sotto has stopped trying to reach it until they come back. Both reload the page; if it stays, talk to them another way.';

export const OTHER_VERSION =
  'You two run different versions of Sotto. Both reload the page; your messages are kept and will be sent then.';

/** What to say when our server does not take us; everything else mends itself. */
export const SERVER_TROUBLE: Partial<Record<SignalState, string>> = {
  outdated: 'This page and its server are of different versions. Reload the page.',
  rejected:
    'The server did not accept this sign-in. If your keys are used in a newer profile, go on there; if not, check the clock of this device, then reload the page.',
};

const INVITE_REFUSALS: Record<string, string> = {
  'too-many': 'You have too many open invites. Cancel some in Settings, then try again.',
  'not-allowed': 'This server does not let you invite others. Ask whoever runs it.',
};

/** Why an invite could not be made. @param code - the server's refusal; without one it did not answer. */
export function inviteError(code?: string): ChatError {
  if (code === undefined) {
    return new ChatError('The server cannot be reached, so the invite would not work yet. Try again in a moment.');
  }
  return new ChatError(INVITE_REFUSALS[code] ?? 'The server did not take the invite. Reload the page, then try again.');
}
