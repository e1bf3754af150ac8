/** Printing a conversation, as the app saves it. */
import { Transcript } from '../../core/chat/transcript.ts';
import type { Options } from '../options.ts';
import { findPerson, labelOf } from '../people.ts';
import { openProfile } from '../profile.ts';
import { shown, shownLines } from '../shown.ts';
import type { Terminal } from '../terminal.ts';

export async function log(terminal: Terminal, options: Options, name: string): Promise<void> {
  const profile = await openProfile(terminal, options);
  try {
    const { chat } = profile;
    const person = findPerson(chat, name);
    const transcript = new Transcript({ us: shown(chat.name), them: labelOf(person, chat.conversations) });
    const { output } = terminal.streams;
    output.write(transcript.heading(Date.now()));
    for await (const { messages } of chat.history(person.id)) {
      const harmless = messages.map((message) => ({ ...message, text: shownLines(message.text).join('\n') }));
      output.write(transcript.lines(harmless));
    }
  } finally {
    await profile.close();
  }
}
