/** Printing a conversation, as the app saves it. */
import { Transcript } from '../../words/transcript.ts';
import type { Options } from '../options.ts';
import { findPerson, labelOf } from '../people.ts';
import { openProfile } from '../profile.ts';
import { messageRows } from '../said.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';

export async function log(terminal: Terminal, options: Options, name: string): Promise<void> {
  const profile = await openProfile(terminal, options);
  try {
    const { chat } = profile;
    const person = findPerson(chat, name);
    const names = { us: shown(chat.name), them: labelOf(person, chat.conversations, chat.name) };
    const transcript = new Transcript(names, {
      layout: (head, text) => messageRows(head, text, terminal.columns),
    });
    // Of a conversation that cannot be read not even the heading is printed.
    let heading = transcript.heading(Date.now());
    for await (const { messages } of chat.history(person.id)) {
      // One by one: what is printed may be longer than what is kept.
      for (const message of messages) {
        await terminal.write(heading + transcript.lines([message]));
        heading = '';
      }
    }
    await terminal.write(heading);
  } finally {
    await profile.close();
  }
}
