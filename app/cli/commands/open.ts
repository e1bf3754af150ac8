/** Going on with a conversation, or with all of them. */
import { End } from '../end.ts';
import { Failure } from '../exit.ts';
import { Headless } from '../headless.ts';
import type { TalkOptions } from '../options.ts';
import { findPerson } from '../people.ts';
import { openProfile } from '../profile.ts';
import { Session } from '../session.ts';
import { talk } from '../talk.ts';
import type { Terminal } from '../terminal.ts';

export async function open(terminal: Terminal, options: TalkOptions, name: string | undefined): Promise<void> {
  if (name === undefined && !options.json)
    throw new Failure('usage', 'Say with whom: open NAME. See who there is: list.');
  const session = await Session.begin(await openProfile(terminal, options));
  try {
    const person = name === undefined ? undefined : findPerson(session.chat, name);
    if (person && options.leave) await session.chat.mailbox.setLeaving(person.id, true);
    const end = new End(terminal, session);
    const headless = options.json ? new Headless(terminal, session) : undefined;
    session.connect(options.token);
    if (headless) await headless.run(options.wait, end);
    else if (person) await talk(terminal, session, person.id, options.wait, end);
  } finally {
    await session.close();
  }
}
