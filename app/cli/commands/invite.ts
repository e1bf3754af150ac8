/** Making an invite, and waiting for whoever comes in by it. */
import { formatDeadline } from '../../core/chat/moments.ts';
import type { InviteView } from '../../core/chat/views.ts';
import { End } from '../end.ts';
import { Failure } from '../exit.ts';
import { Headless } from '../headless.ts';
import type { Options } from '../options.ts';
import { labelOf } from '../people.ts';
import { openProfile } from '../profile.ts';
import { Session } from '../session.ts';
import { talk } from '../talk.ts';
import type { Terminal } from '../terminal.ts';

const NO_MAILBOX =
  'This server keeps nothing for people who are away, so nobody can join meanwhile. Make the invite without --knock.';

export interface InviteOptions extends Options {
  /** Whoever gets it may join while we are away. */
  readonly knock?: boolean;
}

export async function invite(terminal: Terminal, options: InviteOptions): Promise<void> {
  const session = await Session.begin(await openProfile(terminal, options, { mayCreate: true }));
  try {
    const end = new End(terminal, session);
    const headless = options.json ? new Headless(terminal, session) : undefined;
    session.connect(options.token);
    await end.or(session.signedIn());
    const made = await end.or(make(session, options));
    if (headless) {
      headless.tell({ event: 'invite', link: made.link });
      await headless.run(options.wait, end);
    } else {
      await talk(terminal, session, await end.or(newcomer(terminal, session, made)), options.wait, end);
    }
  } finally {
    await session.close();
  }
}

/** @throws Failure, ChatError */
async function make({ chat }: Session, { knock = false }: InviteOptions): Promise<InviteView> {
  if (knock && !chat.mailbox.exists) throw new Failure('refused', NO_MAILBOX);
  // Who comes while we are away finds our keys on the server, so they are there before anybody has the link.
  if (knock) await chat.mailbox.ready();
  const made = await chat.createInvite();
  return (knock && (await chat.setKnock(made.id, true))) || made;
}

/** Shows an invite, and waits. @returns who has come in by it */
async function newcomer(terminal: Terminal, { chat }: Session, { id, link, expiry }: InviteView): Promise<string> {
  const joined = new Promise<string>((resolve) => {
    chat.joined.add((conversation, invited) => invited === id && resolve(conversation));
  });
  terminal.note('Send this link to one person. It lets in whoever opens it first:');
  terminal.note('');
  terminal.print(link);
  terminal.note('');
  terminal.note(`It is good until ${formatDeadline(expiry)}, also if you leave (Ctrl-C). Waiting for them…`);
  const person = await joined;
  const everyone = chat.conversations;
  terminal.note(
    `${labelOf(
      everyone.find((one) => one.id === person)!,
      everyone,
    )} has joined.`,
  );
  return person;
}
