/** Setting, changing or taking away the passphrase of a profile. */
import type { Protection } from '../../platform/profile/protection.ts';
import { checkPassphrase } from '../../platform/profile/passphrase.ts';
import { Failure } from '../exit.ts';
import type { Options } from '../options.ts';
import { openProfile } from '../profile.ts';
import { askWhether, newSecret, untilTaken } from '../questions.ts';
import { secretInFile } from '../secrets.ts';
import type { Terminal } from '../terminal.ts';

const OPEN = 'Take it away? Whoever gets hold of the folder of this profile then has all of it.';

export interface ProtectOptions extends Options {
  /** Of a script: what has the new passphrase on its first line. */
  readonly newPassphraseFile?: string;
}

export async function protect(terminal: Terminal, options: ProtectOptions): Promise<void> {
  const given = givenSecret(terminal, options);
  const profile = await openProfile(terminal, options);
  try {
    const { protection } = profile;
    const passphrase = given ?? (await untilTaken(terminal, () => wanted(terminal, protection), checked));
    if (passphrase !== '') {
      await protection.setPassphrase(passphrase);
      await sealed(protection);
      terminal.note(`The passphrase is set. Give it to open this profile${orTheCode(protection)}.`);
    } else if (protection.isProtected && (await askWhether(terminal, OPEN))) {
      await protection.unprotect();
      await sealed(protection);
      terminal.note('The passphrase is taken away: this profile opens by itself.');
    } else {
      terminal.note('Nothing was changed.');
    }
  } finally {
    await profile.close();
  }
}

/** Of a script, before anything is asked or opened. @throws Failure */
function givenSecret(terminal: Terminal, { newPassphraseFile }: ProtectOptions): string | undefined {
  if (newPassphraseFile !== undefined) return secretInFile(terminal, newPassphraseFile);
  if (terminal.isPerson) return undefined;
  throw new Failure('usage', 'Give the new passphrase by --new-passphrase-file FILE.');
}

function wanted(terminal: Terminal, { isProtected }: Protection): Promise<string> {
  return newSecret(terminal, isProtected ? 'New passphrase, or nothing to take it away' : 'Passphrase');
}

/** @throws ChatError if it is too short; nothing at all is a choice */
async function checked(passphrase: string): Promise<string> {
  if (passphrase !== '') checkPassphrase(passphrase);
  return passphrase;
}

/** Waits until nothing is sealed any more under the key before. @throws Failure */
async function sealed(protection: Protection): Promise<void> {
  await protection.sealAgain();
  if (protection.trouble !== undefined) throw new Failure('fault', protection.trouble);
}

function orTheCode({ ways }: Protection): string {
  return ways.some(({ kind }) => kind === 'recovery') ? ', or your recovery code' : '';
}
