/** Key files, as people bring them. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { isEncrypted, openKeyFile } from '../../core/identity/key-file/read.ts';

/** A file that a person chose as their key. */
export interface KeyFile {
  /** Whether it takes a password to open it. */
  readonly isEncrypted: boolean;
  /** The pair that signs, exportable once to be sealed. Throws a ChatError. */
  open(password: string): Promise<CryptoKeyPair>;
}

/** @param bytes - of the file; of a large one, more than MAX_KEY_FILE_BYTES show that it is none. @throws ChatError */
export function keyFileOf(bytes: Bytes): KeyFile {
  return { isEncrypted: isEncrypted(bytes), open: (password) => openKeyFile(bytes, password) };
}
