/** Writes a signing key as a file that only its password opens, and that openssl reads. */
import type { Bytes } from '../../../../signal/wire/bytes.ts';
import { ChatError, DamagedRecord } from '../../base/errors.ts';
import type { Store } from '../../base/store.ts';
import { wipe } from '../../crypto/wipe.ts';
import { IDENTITY_PLACE, signingKeyInRecord } from '../identity-record.ts';
import { encrypt } from './pbes2.ts';
import { encodePem } from './pem.ts';

const MIN_FILE_PASSWORD_LENGTH = 8;

/** The signing key of a profile's identity as a file. @param store - opened. @throws ChatError, DamagedRecord */
export async function exportSigningKey(store: Store, password: string): Promise<string> {
  const record = await store.get(IDENTITY_PLACE);
  if (!record) throw new DamagedRecord();
  const pkcs8 = signingKeyInRecord(record);
  try {
    return await writeKeyFile(pkcs8, password);
  } finally {
    wipe(record, pkcs8);
  }
}

/** @param pkcs8 - the private key. @returns the text of the file. @throws ChatError if the password is too short */
export async function writeKeyFile(pkcs8: Bytes, password: string): Promise<string> {
  if ([...password].length < MIN_FILE_PASSWORD_LENGTH) {
    throw new ChatError(
      `Choose a password of ${MIN_FILE_PASSWORD_LENGTH} characters or more for the file: a few words are best.`,
    );
  }
  return encodePem(await encrypt(pkcs8, password), 'ENCRYPTED PRIVATE KEY');
}
