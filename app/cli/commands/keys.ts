/** Our own key: what it is known by, and taking it out or in as a file. */
import { resolve } from 'node:path';
import { readKeyFile } from '../../platform/node/key-file.ts';
import { saveFile } from '../../platform/node/files.ts';
import { Failure } from '../exit.ts';
import type { Options } from '../options.ts';
import { create, newProfile, openProfile } from '../profile.ts';
import { newSecret, nextSecret, untilTaken } from '../questions.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';

export async function keys(terminal: Terminal, options: Options, what?: string, file?: string): Promise<void> {
  if (what === undefined) return tell(terminal, options);
  if ((what !== 'export' && what !== 'import') || file === undefined) {
    throw new Failure('usage', 'It is: keys, keys export FILE, or keys import FILE.');
  }
  return what === 'export' ? exportTo(terminal, options, file) : importFrom(terminal, options, file);
}

async function tell(terminal: Terminal, options: Options): Promise<void> {
  const profile = await openProfile(terminal, options);
  terminal.print(profile.chat.fingerprint);
  await profile.close();
}

async function exportTo(terminal: Terminal, options: Options, file: string): Promise<void> {
  const profile = await openProfile(terminal, options);
  try {
    const password = () => newSecret(terminal, 'A password for the file');
    await saveFile(file, () => untilTaken(terminal, password, (secret) => profile.chat.exportKeys(secret)));
    terminal.note(`Saved to ${shown(resolve(file))}. Whoever has the file and its password can be you.`);
  } finally {
    await profile.close();
  }
}

async function importFrom(terminal: Terminal, options: Options, file: string): Promise<void> {
  const key = await readKeyFile(file);
  const profile = await newProfile(options, async (folder) => {
    const password = async () => (key.isEncrypted ? nextSecret(terminal, 'The password of the file') : '');
    const signing = await untilTaken(terminal, password, (secret) => key.open(secret));
    return create(terminal, options, folder, undefined, signing);
  });
  terminal.print(profile.chat.fingerprint);
  terminal.note('This is your key from now on. Begin with “invite”, or with “join”.');
  await profile.close();
}
