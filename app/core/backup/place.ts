/** A port: where a backup is kept, as named bytes. Every adapter passes `test/contracts/backup-place.ts`. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../base/errors.ts';

/** The name of what says which chunks a backup has; every other name is a chunk's, 22 characters of base64url. */
export const MANIFEST_NAME = 'manifest';

/** All methods throw a PlaceError if the place cannot be used. */
export interface BackupPlace {
  /** What is there: the size of each in bytes, by name. */
  list(): Promise<Map<string, number>>;
  get(name: string): Promise<Bytes | undefined>;
  /** Puts at most MAX_BACKUP_CHUNK_BYTES under a name, in the place of what was there. Resolves once it is durable. */
  put(name: string, bytes: Bytes): Promise<void>;
  /** Removes a name, known or not. */
  remove(name: string): Promise<void>;
}

const SENTENCES = {
  unreachable: 'The server cannot be reached right now. What is backed up already is kept; try again in a moment.',
  unknown: 'The server has no backup for this recovery code. Check the words; it may be a newer code that you need.',
  absent: 'This server keeps no backups. Back up to a file instead.',
  full: 'The server has no room for this backup. Back up to a file instead, or ask whoever runs the server.',
  refused: 'This server keeps no backup for you. Back up to a file instead, or ask whoever runs the server.',
  busy: 'The server is asked for too much at once. Wait a minute, then try again.',
  failed: 'The server did not do what a backup needs. Try again; if it stays, ask whoever runs the server.',
  unreadable: 'This file cannot be read or written. Choose it again, or another one.',
};

/** Tell the person: the place of a backup could not be used. What it had, it still has. */
export class PlaceError extends ChatError {
  override readonly name = 'PlaceError';
  readonly reason: keyof typeof SENTENCES;

  /**
   * @param reason - `unknown`: the place belongs to another recovery code. `absent`: no backups are kept there. `refused`: none
   *   of ours. `full`: there is no room left. `busy`: it was asked too often. `failed`: a server did otherwise.
   *   `unreadable`: a file could not be used.
   */
  constructor(reason: keyof typeof SENTENCES) {
    super(SENTENCES[reason]);
    this.reason = reason;
  }
}
