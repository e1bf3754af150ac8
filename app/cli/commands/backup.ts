/** Backing a profile up: to its server, or to a file. */
import { makeFile } from '../../platform/node/files.ts';
import type { OpenProfile } from '../../platform/node/folder.ts';
import { recoverySecret } from '../../platform/profile/recovery-code.ts';
import { End } from '../end.ts';
import type { Options } from '../options.ts';
import { openProfile } from '../profile.ts';
import { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

const CODE =
  'Your recovery code. Write these twelve words down on paper: nothing else opens your backups, whoever has them can read everything in a backup, and they are shown this once.';

export async function backup(terminal: Terminal, options: Options, file?: string): Promise<void> {
  const session = await Session.begin(await openProfile(terminal, options));
  try {
    const { profile } = session;
    const { backups } = profile;
    if (file === undefined) {
      const end = new End(terminal, session);
      session.connect(options.token);
      await end.or(session.signedIn());
      await ensureCode(terminal, profile);
      await end.or(backups.backUp());
    } else {
      await makeFile(file, async (open) => {
        await ensureCode(terminal, profile);
        await backups.backUpTo(open);
      });
    }
    terminal.note(`Backed up, number ${backups.last?.counter ?? 0}.`);
  } finally {
    await session.close();
  }
}

/** The first time there is no code yet that opens backups: it is printed, this once. */
async function ensureCode(terminal: Terminal, { backups, protection }: OpenProfile): Promise<void> {
  if (backups.hasCode) return;
  const code = await protection.newRecoveryCode();
  terminal.note(CODE);
  terminal.note('');
  terminal.print(code);
  terminal.note('');
  // Only a code that somebody can have read may open anything.
  await terminal.written();
  if (protection.isProtected) {
    await protection.setRecoveryCode(code);
  } else {
    const secret = recoverySecret(code);
    await backups.setCode(secret).finally(() => secret.fill(0));
  }
}
