/** Making a profile of a backup, which its recovery code opens. */
import { formatPast } from '../../core/chat/moments.ts';
import { OpenFile } from '../../platform/node/files.ts';
import { openBackup, type OpenedBackup } from '../../platform/profile/restoring.ts';
import { DEFAULT_SERVER, type Options } from '../options.ts';
import { newProfile } from '../profile.ts';
import { askWhether, nextSecret, NoAnswer } from '../questions.ts';
import { originOf } from '../server.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';

export async function restore(terminal: Terminal, options: Options, file?: string): Promise<void> {
  const origin = originOf(options.server ?? DEFAULT_SERVER);
  const opened = file === undefined ? undefined : OpenFile.read(file);
  try {
    const profile = await newProfile(options, async (folder) => {
      const code = await nextSecret(terminal, 'Recovery code, twelve words');
      const found = await openBackup(code, opened ? { file: opened } : { origin });
      await confirm(terminal, found);
      return folder.restore(found, origin, () => undefined);
    });
    terminal.print(profile.chat.fingerprint);
    await profile.close();
  } finally {
    opened?.close();
  }
}

/** A script has given the code of the backup that it means; a person may look first. @throws NoAnswer */
async function confirm(terminal: Terminal, { summary }: OpenedBackup): Promise<void> {
  if (!terminal.isPerson) return;
  terminal.note(
    `This is backup number ${summary.counter} of ${shown(summary.name)}, made ${formatPast(summary.date)}.`,
  );
  terminal.note('What is newer is not in it. If the profile is in use elsewhere, use only this one from now on.');
  if (summary.isProtected) terminal.note('It was protected, and will open with the recovery code.');
  if (!(await askWhether(terminal, 'Restore it?', ''))) throw new NoAnswer();
}
