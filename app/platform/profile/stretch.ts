/** Making a secret of a passphrase, as slow as Argon2id can be borne: where and how, each platform knows best. */
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../core/crypto/random.ts';
import { STRETCHING, STRETCHING_SALT_BYTES, type Stretching } from '../../core/identity/slot.ts';

/** A port. @returns 32 bytes. @throws ChatError if this device has not enough memory */
export type Stretch = (passphrase: string, stretching: Stretching) => Promise<Bytes>;

/** How a new passphrase is stretched. */
export function newStretching(): Stretching {
  return { salt: randomBytes(STRETCHING_SALT_BYTES), ...STRETCHING };
}

/** What is stretched of a passphrase: the same on every keyboard. Whoever gets it overwrites it. */
export function passwordOf(passphrase: string): Bytes {
  return utf8(passphrase.normalize('NFKC'));
}
