/** The sentences that tell a person what happened and what to do. */
import { MAX_HANDLE_LENGTH, MIN_HANDLE_LENGTH } from '../../../signal/wire/limits.ts';
import { ChatError, ServerAway, type LinkError } from '../base/errors.ts';
import type { Sentence } from '../base/sentence.ts';
import type { CodeVerdict } from '../session/safety-code.ts';
import type { SignalState } from '../transport/signal-client.ts';
import type { Verdict } from './invite-book.ts';
import type { InviteState } from './preview.ts';

/** For an interface that has something to tell itself. */
export { ChatError };

/** What an error says to people: its own sentence if it has one. */
export function sentenceOf(error: unknown): Sentence {
  if (error instanceof ChatError) return error.sentence;
  return {
    page: 'Something went wrong on our side. Try again; if it stays, reload the page.',
    terminal: 'Something went wrong on our side. Try again; if it stays, restart Sotto.',
  };
}

/** What may mend itself with a new beginning. */
function restarted(what: string): Sentence {
  return { page: `${what} Reload the page, then try again.`, terminal: `${what} Restart Sotto, then try again.` };
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

/** What shows after a restore when somebody has more of the conversation than the backup had. */
export function missingSentence(name: string | undefined): string {
  const who = name ?? 'Somebody you talk to';
  return `The backup that was restored is older than your conversation with ${who}: some messages are on their device and not on this one. Nothing of what comes now is lost; ask them for what you miss.`;
}

/** What shows after a restore when something was left that the server keeps for what comes before it. */
export function aheadSentence(name: string): string {
  return `${name} left something for you on the server that cannot be shown yet: what comes before it is not on this device, which was restored from a backup. It shows once you are both here.`;
}

const DOES_NOT_VERIFY =
  'What comes from this person’s device does not verify, so Sotto has stopped trying to reach it until they come back.';
export const BROKEN: Sentence = {
  page: `${DOES_NOT_VERIFY} Both reload the page; if it stays, talk to them another way.`,
  terminal: `${DOES_NOT_VERIFY} Both start Sotto again; if it stays, talk to them another way.`,
};

export const OTHER_KEY =
  'The server gave out another key in this person’s place. Sotto did not take it: what you write goes to the key you know, and waits if it must. If this stays, tell whoever runs the server, and talk to this person another way.';

export const OTHER_VERSION: Sentence = {
  page: 'You two run different versions of Sotto. Both reload the page; your messages are kept and will be sent then.',
  terminal:
    'You two run different versions of Sotto. Both bring it up to date; your messages are kept and will be sent then.',
};

/**
 * Of somebody who bears the name of another we know. @param held - the other is verified, so that nothing goes to this one.
 */
export function namesakeSentence(name: string, held: boolean): Sentence {
  const who = `You know another ${name}, with another key: this is a different person until you compare safety numbers.`;
  if (!held) return who;
  return {
    page: `${who} You cannot write to them before; press “Verify”.`,
    terminal: `${who} You cannot write to them before: verify them.`,
  };
}

export const NOTHING_TO_COMPARE =
  'You two have not been connected yet, so there is no key to compare. Wait until you are, then try again.';

/** What a scanned code says to whoever scanned it; `undefined` if it is the right one. */
export const CODE_SENTENCES: Record<CodeVerdict, Sentence | undefined> = {
  same: undefined,
  'another-person':
    'This is another person’s code, not that of the one you talk to here. If it is on the screen of whom you mean, this conversation is not with them: write nothing you would not tell a stranger.',
  'for-another':
    'This is their code, but for someone else than you. They may have another conversation open; if it is yours, they hold a key that is not yours, and somebody may stand between you.',
  own: 'This is your own code. Scan the one on the other person’s screen.',
  'other-version': {
    page: 'This code was made by another version of Sotto. Both reload the page, then try again.',
    terminal: 'This code was made by another version of Sotto. Both bring it up to date, then try again.',
  },
  'no-code': {
    page: 'This is not a Sotto code. On their device, open your conversation and press “Verify”, then scan what it shows.',
    terminal: 'This is not a Sotto code. On their device, open your conversation and verify, then take what it shows.',
  },
};

/** What to say when our server does not take us; everything else mends itself. */
const NOT_ACCEPTED =
  'The server did not accept this sign-in. If your keys are used in a newer profile, go on there; if not, check the clock of this device,';
export const SERVER_TROUBLE: Partial<Record<SignalState, Sentence>> = {
  outdated: {
    page: 'This page and its server are of different versions. Reload the page.',
    terminal: 'This program and the server are of different versions. Bring the older of the two up to date.',
  },
  rejected: {
    page: `${NOT_ACCEPTED} then reload the page.`,
    terminal: `${NOT_ACCEPTED} then restart Sotto.`,
  },
};

/** Fresh keys that our server does not take. */
export const KEYS_NOT_TAKEN =
  'Your keys are renewed, but the server has newer ones of yours. Another copy of this profile may be in use: use only one, and renew the keys there.';

const INVITE_REFUSALS: Record<string, Sentence> = {
  'too-many': {
    page: 'You have too many open invites. Cancel some in Settings, then try again.',
    terminal: 'You have too many open invites. They run out within a week: try again then.',
  },
  'not-allowed': 'This server does not let you invite others. Ask whoever runs it.',
};

/** Why an invite could not be made. @param code - the server's refusal; without one it did not answer. */
export function inviteError(code?: string): ChatError {
  if (code === undefined) {
    return new ServerAway('The server cannot be reached, so the invite would not work yet. Try again in a moment.');
  }
  return new ChatError(INVITE_REFUSALS[code] ?? restarted('The server did not take the invite.'));
}

/** Somebody’s device has published no keys to seal a parcel with. */
export function noPrekeys(name: string): string {
  return `Your messages cannot be left on the server for ${name} yet. They are kept here, and go when you are both here.`;
}

export const BAD_PREKEYS =
  'The server gave out keys in this person’s place that do not verify, so nothing was left there. Your messages are kept, and go when you are both here. If this stays, tell whoever runs the server.';

export const TOO_LONG_TO_LEAVE =
  'A message is too long to be left on the server before you have met here. It is kept, and goes when you are both here.';

/** Why our server did not take what we wanted to leave for somebody. @param code - its refusal */
export function leavingRefused(code: string, name: string): string {
  const kept = 'Your messages are kept here, and go when you are both here.';
  if (code === 'full') return `There is no more room on the server for what is left for ${name}. ${kept}`;
  if (code === 'too-many') return `You have left as much on the server as it takes from you for ${name}. ${kept}`;
  if (code === 'not-allowed') return `The server takes nothing from you for ${name}. ${kept}`;
  return `The server could not keep what you wrote to ${name}. ${kept} Sotto tries again by itself.`;
}

/** Something came that did not open. @param count - how many */
export function unopened(count: number): string {
  const things = count === 1 ? 'Something that was' : `${count} things that were`;
  return `${things} left for you on the server could not be opened, and is gone from there. Whoever wrote it sends it again by itself when you are both here.`;
}

export const HANDLE_RULE = `A handle has ${MIN_HANDLE_LENGTH} to ${MAX_HANDLE_LENGTH} letters from a to z, digits and single hyphens, and begins with a letter. Change it, then try again.`;

export const HANDLE_FORGED =
  'What this server says of that handle does not verify, so it is not shown. Ask the person for their fingerprint another way.';

const HANDLE_REFUSALS: Record<string, Sentence> = {
  taken: 'Somebody else has this handle, or one that looks like it. Choose another one.',
  'too-many': 'The server has been asked about handles too often from your network. Try again later.',
  'not-allowed': 'Handles are for members of this server. Wait until whoever invited you has let you in.',
  expired: 'The server’s clock and yours are more than a day apart. Set the clock of this device, then try again.',
};

/** Why the server did not do what was asked of a handle. @param code - its refusal; without one it did not answer. */
export function handleError(code?: string): ChatError {
  if (code === undefined) return new ServerAway('The server cannot be reached. Try again in a moment.');
  return new ChatError(HANDLE_REFUSALS[code] ?? restarted('The server did not take that.'));
}

/** What to say where one talks with somebody whose handle is not theirs any more. */
export function handleMoved(handle: string): string {
  return `The handle “${handle}” led to this person before, and leads to another key now. Whoever has it is somebody else, unless this person tells you here that it is theirs.`;
}

/** What to say to whoever had a handle. */
export function handleLost(handle: string): Sentence {
  const lost = `Your handle “${handle}” is not yours on this server any more. Tell whoever knows you by it`;
  return { page: `${lost}; you can claim another one in Settings.`, terminal: `${lost}.` };
}

export const BLOCKED = 'You have blocked this person, so nothing connects you. Unblock them to be connected again.';
export const AWAY = 'They are not here. You will be connected when you are both here.';
export const SERVER_AWAY =
  'The server that introduces you two cannot be reached. Sotto tries again by itself; check whether this device is online.';
export const DIALLING = 'Sotto is looking for a way between your two devices.';

const NO_LINK: Record<LinkError['code'], Sentence> = {
  closed: 'The connection broke off. Sotto is making a new one by itself.',
  timeout: 'The other device began to answer and then took too long. Sotto tries again by itself.',
  protocol: 'What came from the other device did not verify, so it was not taken. Sotto tries again by itself.',
  version: OTHER_VERSION,
  'no-answer': 'The other device did not answer: it may be asleep, or its network gone. Sotto tries again by itself.',
  'no-path':
    'Your networks let no direct connection through, and the server has no relay. One of you could try another network; your messages are kept.',
  'relay-refused':
    'Your networks let no direct connection through, and the relay refuses the passwords that this server hands out. Tell whoever runs the server; your messages are kept.',
};

const NO_PATH_BY_RELAY =
  'Your networks let through neither a direct connection nor one by the server’s relay. One of you could try another network; your messages are kept.';

/** Why no link opened. @param hasRelay - the server has named us one */
export function noLink(code: LinkError['code'], hasRelay: boolean): Sentence {
  return code === 'no-path' && hasRelay ? NO_PATH_BY_RELAY : NO_LINK[code];
}
