/** Making an invite, and waiting for whoever comes in by it. */
import type { InviteView } from '../../core/chat/views.ts';
import { Failure } from '../exit.ts';
import type { LiveProfile } from '../live-profile.ts';
import type { Options } from '../options.ts';
import { openProfile } from '../profile.ts';
import { talking } from '../talking.ts';
import type { Terminal } from '../terminal.ts';

const NO_MAILBOX =
  'This server keeps nothing for people who are away, so nobody can join meanwhile. Make the invite without --knock.';
const NO_KNOCK =
  'Whoever opens it while you are away can only wait for you: the server has not taken what is needed. Stay here, or run this again.';

export interface InviteOptions extends Options {
  /** Whoever gets it may join while we are away. */
  readonly knock?: boolean;
}

export async function invite(terminal: Terminal, options: InviteOptions): Promise<void> {
  const profile = await openProfile(terminal, options, { mayCreate: true });
  await talking(terminal, options, profile, async (talk, live, end) => {
    live.connect(options.token);
    await end.or(live.signedIn());
    // Who comes while we are away finds our keys on the server, so they are there before anybody has the link.
    const mayKnock = options.knock === true && (await end.or(isReadyForKnocks(live)));
    talk.handOver(await end.or(make(live, options)));
    if (options.knock && !mayKnock) talk.say(NO_KNOCK);
    await talk.run();
  });
}

/** @throws Failure */
async function isReadyForKnocks({ chat }: LiveProfile): Promise<boolean> {
  if (!chat.mailbox.exists) throw new Failure('refused', NO_MAILBOX);
  return chat.mailbox.ready();
}

/** @throws ChatError */
async function make({ chat }: LiveProfile, { knock = false }: InviteOptions): Promise<InviteView> {
  const made = await chat.createInvite();
  return (knock && (await chat.setKnock(made.id, true))) || made;
}
