/** Comparing keys with somebody. */
import type { Options } from '../options.ts';
import { findPerson, labelOf } from '../people.ts';
import { openProfile } from '../profile.ts';
import { askWhether } from '../questions.ts';
import { comparison } from '../safety-number.ts';
import type { Terminal } from '../terminal.ts';

export async function verify(terminal: Terminal, options: Options, name: string): Promise<void> {
  const profile = await openProfile(terminal, options);
  try {
    const { chat } = profile;
    const person = findPerson(chat, name);
    const label = labelOf(person, chat.conversations);
    terminal.print(comparison(label, await chat.verification.safetyNumber(person.id)));
    terminal.print(person.verified ? `${label} is verified.` : `${label} is not verified yet.`);
    if (!terminal.isPerson) return;
    const match = await askWhether(terminal, 'Do they match?', '');
    if (match === undefined || match === person.verified) return;
    await chat.verification.mark(person.id, match);
    terminal.note(match ? 'Marked as verified.' : 'Marked as not verified.');
  } finally {
    await profile.close();
  }
}
