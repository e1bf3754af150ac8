/** Secrets that come from a file or a descriptor. None is ever taken from the command line, which others can see. */
import { closeSync, openSync, readSync } from 'node:fs';
import { Failure } from './exit.ts';
import type { Options } from './options.ts';

/** Bytes of a file that holds a secret on its first line. */
export const MAX_SECRET_BYTES = 4096;

/** The passphrase that the options lead to; `undefined` if they lead to none. @throws Failure */
export function givenPassphrase({ passphraseFile, passphraseFd }: Options): string | undefined {
  if (passphraseFile !== undefined) return secretIn(passphraseFile);
  return passphraseFd === undefined ? undefined : secretIn(passphraseFd);
}

/** The first line of a file, or of what a descriptor gives. @throws Failure */
export function secretIn(source: string | number): string {
  const bytes = Buffer.alloc(MAX_SECRET_BYTES + 1);
  let size = 0;
  try {
    const descriptor = typeof source === 'number' ? source : openSync(source, 'r');
    try {
      for (let read = -1; read !== 0 && size < bytes.length; size += read)
        read = readSync(descriptor, bytes, size, bytes.length - size, null);
    } finally {
      if (typeof source === 'string') closeSync(descriptor);
    }
  } catch {
    throw new Failure(
      'usage',
      'The file or descriptor of the passphrase cannot be read. Check --passphrase-file or --passphrase-fd.',
    );
  }
  const [first = ''] = bytes.toString('utf8', 0, size).split(/\r?\n/u);
  bytes.fill(0);
  if (size > MAX_SECRET_BYTES || first === '') {
    throw new Failure(
      'usage',
      'The passphrase stands on the first line of its file, and that line is empty or much too long.',
    );
  }
  return first;
}
