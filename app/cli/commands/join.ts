/** Answering an invite. */
import type { Chat } from '../../core/chat/chat.ts';
import { inviterOf, parseInviteLink, previewInvite, type Invite, type InvitePreview } from '../../core/chat/preview.ts';
import { INVITE_SENTENCES } from '../../core/chat/trouble.ts';
import { End } from '../end.ts';
import { Failure } from '../exit.ts';
import { Headless } from '../headless.ts';
import type { TalkOptions } from '../options.ts';
import { openProfile } from '../profile.ts';
import { nextSecret } from '../questions.ts';
import { Session, unreachable, until } from '../session.ts';
import { talk } from '../talk.ts';
import type { Terminal } from '../terminal.ts';
import { inTerminal } from '../words.ts';

/** Milliseconds in which somebody who knows us is connected without their invite. */
const PATIENCE = 5_000;

/** @param link - `undefined` or `-`: it is asked for, or the first line that comes in. */
export async function join(terminal: Terminal, options: TalkOptions, link: string | undefined): Promise<void> {
  // What is asked for is not shown, as whoever reads the screen later could use it.
  const given = link === undefined || link === '-' ? await nextSecret(terminal, 'Invite link (it is not shown)') : link;
  const invite = readLink(given);
  const asked = previewInvite(invite, Date.now());
  // Before anything is made for an invite that leads nowhere.
  const beforeCreating = async () => check(invite, await asked);
  const profile = await openProfile(terminal, options, { mayCreate: true, origin: invite.origin, beforeCreating });
  const session = await Session.begin(profile);
  try {
    const end = new End(terminal, session);
    const headless = options.json ? new Headless(terminal, session) : undefined;
    const person = await end.or(answer(session, invite, await asked));
    if (options.leave) await session.chat.mailbox.setLeaving(person, true);
    session.connect(options.token);
    await (headless ? headless.run(options.wait, end) : talk(terminal, session, person, options.wait, end));
  } finally {
    await session.close();
  }
}

/** @throws Failure */
function readLink(link: string): Invite {
  const invite = parseInviteLink(link);
  if ('problem' in invite) throw new Failure('usage', inTerminal(invite.problem));
  return invite;
}

/** Takes up an invite; someone known already is just found. @returns the conversation @throws Failure, ChatError */
async function answer({ chat, profile }: Session, invite: Invite, seen: InvitePreview): Promise<string> {
  const inviter = inviterOf(invite);
  if (invite.origin !== profile.origin) {
    throw new Failure(
      'usage',
      `This invite belongs to ${invite.origin}, and your profile to ${profile.origin}. Use another folder for it: --data DIR.`,
    );
  }
  if (chat.conversations.some(({ id, invited }) => id === inviter && !invited)) {
    void callLater(chat, invite, inviter);
    return inviter;
  }
  if (inviter === chat.fingerprint) return chat.join(invite);
  // Whoever has used it may come again.
  const now = seen.state === 'used' ? await previewInvite(invite, Date.now(), chat.fingerprint) : seen;
  check(invite, now);
  return chat.join(invite, now.name);
}

/** They may just not have heard yet that we are here; by their invite we call only if they seem to have forgotten us. */
async function callLater(chat: Chat, invite: Invite, inviter: string): Promise<void> {
  const isLinked = () =>
    chat.conversations.some(({ id, connection }) => id === inviter && /^(direct|relay)$/.test(connection));
  if (!(await until(chat, isLinked, PATIENCE))) chat.callAgain(invite);
}

/** @throws Failure unless the invite may be answered */
function check({ origin }: Invite, { state }: InvitePreview): void {
  if (state === 'unreachable') throw new Failure('unreachable', unreachable(origin));
  const sentence = INVITE_SENTENCES[state];
  if (sentence !== undefined) throw new Failure('refused', sentence);
}
