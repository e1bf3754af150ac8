/** Passphrases that come from a file or a descriptor. None is ever taken from the command line, which others can see. */
import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { Failure } from './exit.ts';
import type { Options } from './options.ts';
import type { Terminal } from './terminal.ts';

/** Bytes of a passphrase. */
export const MAX_SECRET_BYTES = 4096;
const LF = 0x0a;

/** The passphrase that the options lead to; `undefined` if they lead to none. @throws Failure */
export function givenPassphrase(terminal: Terminal, { passphraseFile, passphraseFd }: Options): string | undefined {
  if (passphraseFile !== undefined) return secretInFile(terminal, passphraseFile);
  return passphraseFd === undefined ? undefined : secretIn(passphraseFd);
}

/** The first line of a file; says so if others may read it. @throws Failure */
export function secretInFile(terminal: Terminal, path: string): string {
  const seen = statSync(path, { throwIfNoEntry: false });
  if (seen?.isFile() && (seen.mode & 0o044) !== 0) {
    terminal.tell('Others on this machine can read the file of your passphrase. Keep it to yourself: chmod 600 FILE.');
  }
  return secretIn(path);
}

/** The first line of a file, or of what a descriptor gives; what comes behind it stays there. @throws Failure */
export function secretIn(source: string | number): string {
  // With an end of its line, CR and LF.
  const bytes = Buffer.alloc(MAX_SECRET_BYTES + 2);
  let size = 0;
  try {
    const descriptor = typeof source === 'number' ? source : openSync(source, 'r');
    try {
      while (size < bytes.length && readSync(descriptor, bytes, size, 1, null) === 1) if (bytes[size++] === LF) break;
    } finally {
      if (typeof source === 'string') closeSync(descriptor);
    }
  } catch {
    throw new Failure(
      'usage',
      'The file or descriptor of the passphrase cannot be read. Check the option that names it.',
    );
  }
  const line = bytes.subarray(0, size);
  const isText = isUtf8(line);
  const first = line.toString('utf8').replace(/\r?\n$/u, '');
  bytes.fill(0);
  // Bytes that are no text would all be read as one and the same character.
  if (!isText || first === '' || Buffer.byteLength(first) > MAX_SECRET_BYTES) {
    throw new Failure(
      'usage',
      'The passphrase stands on the first line of its file, and that line is empty, no text, or much too long.',
    );
  }
  return first;
}
