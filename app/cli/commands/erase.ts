/** Erasing a profile for good. */
import { Failure } from '../exit.ts';
import type { Options } from '../options.ts';
import { takeProfile } from '../profile.ts';
import { ask } from '../questions.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';

export interface EraseOptions extends Options {
  /** Without being asked. */
  readonly yes?: boolean;
}

/** Needs no passphrase: whoever may write into the folder can remove it. */
export async function erase(terminal: Terminal, options: EraseOptions): Promise<void> {
  const { folder, name } = await takeProfile(options);
  try {
    if (!options.yes) await confirm(terminal, shown(name));
    folder.erase();
    terminal.note('Erased.');
  } finally {
    folder.close();
  }
}

/** @throws Failure unless it is meant; NoAnswer */
async function confirm(terminal: Terminal, name: string): Promise<void> {
  if (!terminal.isPerson) {
    throw new Failure('usage', 'There is nobody to ask. If you mean to erase this profile for good: erase --yes.');
  }
  terminal.note(
    `This erases the profile of ${name} for good: its keys, contacts and conversations. Backups stay where they are, and so does what others have.`,
  );
  const typed = await ask(terminal, 'Type its name to erase it');
  if (typed.normalize('NFC') !== name) throw new Failure('refused', 'That is not its name. Nothing was erased.');
}
