/** Key files, as a person chooses them in a browser. */
import { ChatError } from '../../core/base/errors.ts';
import { MAX_KEY_FILE_BYTES } from '../../core/identity/key-file/read.ts';
import { keyFileOf, type KeyFile } from '../profile/key-file.ts';

/** Reads a file, of a large one no more than shows that it is none. @throws ChatError */
export async function readKeyFile(file: Blob): Promise<KeyFile> {
  let bytes;
  try {
    bytes = new Uint8Array(await file.slice(0, MAX_KEY_FILE_BYTES + 1).arrayBuffer());
  } catch {
    throw new ChatError('The browser could not read this file: choose it again.');
  }
  return keyFileOf(bytes);
}
