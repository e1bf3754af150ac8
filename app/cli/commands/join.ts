/** Answering an invite. */
import type { Chat } from '../../core/chat/chat.ts';
import { inviterOf, parseInviteLink, previewInvite, type Invite, type InvitePreview } from '../../core/chat/preview.ts';
import { INVITE_SENTENCES } from '../../core/chat/trouble.ts';
import { Failure } from '../exit.ts';
import { unreachable, until, type LiveProfile } from '../live-profile.ts';
import type { TalkOptions } from '../options.ts';
import { isLinked } from '../people.ts';
import { openProfile } from '../profile.ts';
import { nextSecret } from '../questions.ts';
import { shown } from '../shown.ts';
import { talking } from '../talking.ts';
import type { Terminal } from '../terminal.ts';

/** Milliseconds in which somebody who knows us is connected without their invite. */
const PATIENCE = 5_000;

/** @param link - `undefined` or `-`: it is asked for, or the first line that comes in. */
export async function join(terminal: Terminal, options: TalkOptions, link: string | undefined): Promise<void> {
  // What is asked for is not shown, as whoever reads the screen later could use it.
  const given = link === undefined || link === '-' ? await nextSecret(terminal, 'Invite link (it is not shown)') : link;
  const invite = readLink(given);
  terminal.meanwhile('Looking at the invite…');
  const asked = previewInvite(invite, Date.now());
  // Before anything is made for an invite that leads nowhere.
  const beforeCreating = async () => {
    const seen = await asked;
    check(invite, seen);
    if (seen.name !== undefined) terminal.note(`${shown(seen.name)} invites you.`);
  };
  const profile = await openProfile(terminal, options, { mayCreate: true, origin: invite.origin, beforeCreating });
  await talking(terminal, options, profile, async (talk, live, end) => {
    const person = await end.or(answer(live, invite, await asked));
    if (options.leave) await live.chat.mailbox.setLeaving(person, true);
    live.connect(options.token);
    await talk.run(person);
  });
}

/** @throws Failure */
function readLink(link: string): Invite {
  const invite = parseInviteLink(link);
  if ('problem' in invite) throw new Failure('usage', invite.problem);
  return invite;
}

/** Takes up an invite; someone known already is just found. @returns the conversation @throws Failure, ChatError */
async function answer({ chat, profile }: LiveProfile, invite: Invite, seen: InvitePreview): Promise<string> {
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
  const isBack = () => chat.conversations.some((person) => person.id === inviter && isLinked(person));
  if (!(await until(chat, isBack, PATIENCE))) chat.callAgain(invite);
}

/** @throws Failure unless the invite may be answered */
function check({ origin }: Invite, { state }: InvitePreview): void {
  if (state === 'unreachable') throw new Failure('unreachable', unreachable(origin));
  const sentence = INVITE_SENTENCES[state];
  if (sentence !== undefined) throw new Failure('refused', sentence);
}
