/** Comparing keys with somebody. */
import type { Options } from '../options.ts';
import { findPerson } from '../people.ts';
import { openProfile } from '../profile.ts';
import { ask } from '../questions.ts';
import { compare } from '../safety-number.ts';
import type { Terminal } from '../terminal.ts';

export async function verify(terminal: Terminal, options: Options, name: string): Promise<void> {
  const profile = await openProfile(terminal, options);
  try {
    const { chat } = profile;
    await compare(chat, findPerson(chat, name), {
      print: (lines) => terminal.print(lines),
      say: (sentence) => terminal.note(sentence),
      ask: terminal.isPerson ? (question) => ask(terminal, question) : undefined,
    });
  } finally {
    await profile.close();
  }
}
