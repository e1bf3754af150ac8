/** Writes a signing key as a file that only its password opens, and that openssl reads. */
import type { Bytes } from '../../../../signal/wire/bytes.ts';
import { ChatError } from '../../base/errors.ts';
import { encrypt } from './pbes2.ts';
import { encodePem } from './pem.ts';

const MIN_FILE_PASSWORD_LENGTH = 8;

/** @param pkcs8 - the private key. @returns the text of the file. @throws ChatError if the password is too short */
export async function writeKeyFile(pkcs8: Bytes, password: string): Promise<string> {
  if ([...password].length < MIN_FILE_PASSWORD_LENGTH) {
    throw new ChatError(
      `Choose a password of ${MIN_FILE_PASSWORD_LENGTH} characters or more for the file: a few words are best.`,
    );
  }
  return encodePem(await encrypt(pkcs8, password), 'ENCRYPTED PRIVATE KEY');
}
