/** Backing a profile up: to its server, or to a file. */
import { resolve } from 'node:path';
import { makeFile } from '../../platform/node/files.ts';
import type { OpenProfile } from '../../platform/node/folder.ts';
import { recoverySecret } from '../../platform/profile/recovery-code.ts';
import { End, Stopped } from '../end.ts';
import { LiveProfile } from '../live-profile.ts';
import type { Options } from '../options.ts';
import { openProfile } from '../profile.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';
import { wrapped } from '../wrapped.ts';

const CODE =
  'Your recovery code. Write these twelve words down on paper: nothing else opens your backups, whoever has them can read everything in a backup, and they are shown this once.';
const FORMER = 'The code before it opens the backups that were made until now, and nothing else any more.';

export interface BackupOptions extends Options {
  /** Makes a new recovery code, as the one before is lost. */
  readonly newCode?: boolean;
}

export async function backup(terminal: Terminal, options: BackupOptions, file?: string): Promise<void> {
  const live = await LiveProfile.begin(await openProfile(terminal, options));
  // Nobody is told what happens meanwhile, nor is it kept for somebody who would be.
  live.onevent = () => undefined;
  try {
    const { profile } = live;
    const { backups } = profile;
    const ensureCode = async () => {
      if (options.newCode || !backups.hasCode) await newCode(terminal, profile);
    };
    if (file === undefined) {
      const end = new End(terminal, live);
      live.connect(options.token);
      await end.or(live.signedIn());
      await ensureCode();
      await end.or(backups.backUp());
    } else {
      await makeFile(file, async (open) => {
        await ensureCode();
        await backups.backUpTo(open);
      });
    }
    const place = file === undefined ? 'the server' : shown(resolve(file));
    terminal.note(`Backed up to ${place}, number ${backups.last?.counter ?? 0}.`);
  } finally {
    await live.close();
  }
}

/** Makes the code that opens backups from now on: it is printed, this once. @throws Stopped if nobody can have read it; ChatError */
async function newCode(terminal: Terminal, { backups, protection }: OpenProfile): Promise<void> {
  const code = await protection.newRecoveryCode();
  const isSecond = backups.hasCode;
  terminal.note(CODE);
  terminal.note('');
  terminal.print(wrapped(code, terminal.columns));
  terminal.note('');
  // Only a code that somebody can have read may open anything.
  if (!(await terminal.written())) throw new Stopped();
  if (protection.isProtected) {
    await protection.setRecoveryCode(code);
  } else {
    const secret = recoverySecret(code);
    await backups.setCode(secret).finally(() => secret.fill(0));
  }
  if (isSecond) terminal.note(FORMER);
}
