/** Key files, as a person chooses them. */
import { ChatError } from '../../core/base/errors.ts';
import { isEncrypted, MAX_KEY_FILE_BYTES, openKeyFile } from '../../core/identity/key-file/read.ts';

/** A file that a person chose as their key. */
export interface KeyFile {
  /** Whether it takes a password to open it. */
  readonly isEncrypted: boolean;
  /** The pair that signs, exportable once to be sealed. Throws a ChatError. */
  open(password: string): Promise<CryptoKeyPair>;
}

/** Reads a file, of a large one no more than shows that it is none. @throws ChatError */
export async function readKeyFile(file: Blob): Promise<KeyFile> {
  let bytes;
  try {
    bytes = new Uint8Array(await file.slice(0, MAX_KEY_FILE_BYTES + 1).arrayBuffer());
  } catch {
    throw new ChatError('The browser could not read this file: choose it again.');
  }
  return { isEncrypted: isEncrypted(bytes), open: (password) => openKeyFile(bytes, password) };
}
