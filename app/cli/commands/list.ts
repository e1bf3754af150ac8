/** Who is in contact with us. Nobody is asked for it. */
import type { Options } from '../options.ts';
import { openProfile } from '../profile.ts';
import { NOBODY_YET, printPeople } from '../standings.ts';
import type { Terminal } from '../terminal.ts';

export async function list(terminal: Terminal, options: Options): Promise<void> {
  const profile = await openProfile(terminal, options);
  try {
    const { conversations, invites } = profile.chat;
    if (options.json) {
      for (const { id: fingerprint, name, verified, blocked, unread } of conversations) {
        terminal.printJson({ name, fingerprint, verified, blocked, unread });
      }
      return;
    }
    printPeople(terminal, profile.chat, NOBODY_YET.before);
    if (invites.length > 0) terminal.note('Who has joined meanwhile is found by: open');
  } finally {
    await profile.close();
  }
}
