/** Files that a person names: what is written is their owner's alone, and takes the place of nothing. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import type { BackupFile } from '../../core/backup/file-place.ts';
import { ChatError, StorageError } from '../../core/base/errors.ts';

/** What tells a process to end. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A file that is being read, or written at its end. */
export class OpenFile implements BackupFile {
  readonly #path: string;
  readonly #file: number;
  #size: number;

  private constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
    this.#size = fstatSync(file).size;
  }

  /** @throws ChatError */
  static read(path: string): OpenFile {
    return trying(path, () => new OpenFile(path, openSync(path, 'r')));
  }

  /** Makes a file. @throws ChatError, also if there is one of this name */
  static create(path: string): OpenFile {
    return trying(path, () => new OpenFile(path, openSync(path, 'wx+', 0o600)));
  }

  get size(): number {
    return this.#size;
  }

  async read(from: number, to: number): Promise<Bytes> {
    const bytes = new Uint8Array(Math.max(0, Math.min(to, this.#size) - from));
    for (let at = 0; at < bytes.length;) {
      const read = trying(this.#path, () => readSync(this.#file, bytes, at, bytes.length - at, from + at));
      if (read === 0) return bytes.slice(0, at);
      at += read;
    }
    return bytes;
  }

  async append(bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += trying(this.#path, () => writeSync(this.#file, bytes, at, bytes.length - at, this.#size + at));
    }
    this.#size += bytes.length;
  }

  /** What was written is then on the disk. @throws ChatError */
  flush(): void {
    trying(this.#path, () => fsyncSync(this.#file));
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Closes it and removes it. */
  discard(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }
}

/**
 * Makes a file of what `write` puts into it; if that fails, or the process exits meanwhile, there is none. A signal makes it exit
 * at once, as shells say of it. @throws ChatError
 */
export async function makeFile(path: string, write: (file: OpenFile) => Promise<void>): Promise<void> {
  let file: OpenFile | undefined;
  const discard = () => {
    file?.discard();
    // Nor has a process that exits in the midst of it done what it was asked for.
    process.exitCode ||= 1;
  };
  const end = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);
  process.once('exit', discard);
  // Before there is a file; and not `once`, which lets go of a signal before it calls: one more would kill us at once.
  for (const signal of ENDING) process.on(signal, end);
  try {
    file = OpenFile.create(path);
    await write(file);
    file.flush();
  } catch (error) {
    file?.discard();
    throw error;
  } finally {
    process.off('exit', discard);
    for (const signal of ENDING) process.off(signal, end);
  }
  file.close();
}

/** Saves a text, or bytes, as a new file. @param content - asked for once it is known that there can be one. @throws ChatError */
export function saveFile(path: string, content: () => Promise<string | Bytes>): Promise<void> {
  return makeFile(path, async (file) => {
    const saved = await content();
    await file.append(typeof saved === 'string' ? utf8(saved) : saved);
  });
}

function trying<T>(path: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new StorageError('full');
    if (code === 'EEXIST') throw new ChatError(`There is a file “${path}” already. Choose another name.`);
    if (code === 'ENOENT') throw new ChatError(`There is no “${path}”. Check the name, and the folder.`);
    throw new ChatError(`The file “${path}” cannot be used. Check that you may read and write it, or choose another.`);
  }
}
