/** Making a profile of a backup, which its recovery code opens. */
import { formatPast } from '../../words/moments.ts';
import { OpenFile } from '../../platform/node/files.ts';
import { openBackup, type OpenedBackup } from '../../platform/profile/restoring.ts';
import { DEFAULT_SERVER, type Options } from '../options.ts';
import { newPassphrase, newProfile } from '../profile.ts';
import { askWhether, nextSecret, untilTaken } from '../questions.ts';
import { originOf } from '../server.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';

export async function restore(terminal: Terminal, options: Options, file?: string): Promise<void> {
  const origin = originOf(options.server ?? DEFAULT_SERVER);
  const opened = file === undefined ? undefined : OpenFile.read(file);
  try {
    const profile = await newProfile(options, async (folder) => {
      const code = () => nextSecret(terminal, 'Recovery code, twelve words');
      const source = opened ? { file: opened } : { origin };
      const found = await untilTaken(terminal, code, (secret) => openBackup(secret, source));
      if (!(await isWanted(terminal, found))) return undefined;
      const passphrase = await newPassphrase(terminal, options);
      return folder.restore(found, origin, passphrase);
    });
    if (!profile) return terminal.note('Nothing was restored.');
    terminal.print(profile.chat.fingerprint);
    terminal.note('Restored. See who is in contact with you: list. Go on with: open NAME.');
    await profile.close();
  } finally {
    opened?.close();
  }
}

/** A script has given the code of the backup that it means; a person may look first. @throws NoAnswer */
async function isWanted(terminal: Terminal, { summary }: OpenedBackup): Promise<boolean> {
  if (!terminal.isPerson) return true;
  terminal.note(
    `This is backup number ${summary.counter} of ${shown(summary.name)}, made ${formatPast(summary.date)}.`,
  );
  terminal.note('What is newer is not in it. If the profile is in use elsewhere, use only this one from now on.');
  if (summary.isProtected) terminal.note('It was protected, and will open with the recovery code.');
  return askWhether(terminal, 'Restore it?');
}
