/** Key files, as a person names them. */
import { MAX_KEY_FILE_BYTES } from '../../core/identity/key-file/read.ts';
import { keyFileOf, type KeyFile } from '../profile/key-file.ts';
import { OpenFile } from './files.ts';

/** Reads a file, of a large one no more than shows that it is none. @throws ChatError */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const file = OpenFile.read(path);
  try {
    return keyFileOf(await file.read(0, MAX_KEY_FILE_BYTES + 1));
  } finally {
    file.close();
  }
}
