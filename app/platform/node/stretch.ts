/** Makes a secret of a passphrase, at once: nobody is being talked to while somebody unlocks a profile. */
import { ChatError } from '../../core/base/errors.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { passwordOf, type Stretch } from '../profile/stretch.ts';

export const stretch: Stretch = async (passphrase, stretching) => {
  const { argon2 } = await import('../profile/argon2.ts');
  const password = passwordOf(passphrase);
  try {
    return new Uint8Array(await argon2(password, stretching));
  } catch {
    throw new ChatError('This device has no room to check the passphrase. Close other programs, then try again.');
  } finally {
    wipe(password);
  }
};
