/** A store in an SQLite file: the one door to better-sqlite3 on this side of the wire. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  type Stats,
} from 'node:fs';
import Database from 'better-sqlite3';
import { endOfList } from '../../core/base/store.ts';
import { ChatError, DamagedRecord, StorageError } from '../../core/base/errors.ts';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import type { Records } from '../profile/open-profile.ts';

/** Grows when the tables change; stored in the file as user_version. */
const VERSION = 1;
const TABLES = 'CREATE TABLE records (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT';
/** Bytes overwritten at once. */
const BLOCK = 64 * 1024;
/** What a file is called while it is erased. */
const ERASED = '.erased';
const NOT_OURS =
  'The file of this profile is a link, has a second name, or belongs to somebody else. Give a folder of your own.';

/** Another process has the records open: the kernel lets go of them as soon as that one ends, however it does. */
export class InUse extends ChatError {
  override readonly name = 'InUse';

  constructor() {
    super('This profile is in use by another Sotto. Close that one first, or give another folder.');
  }
}

/**
 * Opens the records in a file, making it where it is missing: readable for its owner alone, as is what SQLite keeps
 * beside it. No other process has them meanwhile. What was written survives a crash of the process and, as far as the
 * disk keeps its word, of the machine; what is deleted is overwritten.
 * @throws InUse; ChatError if the file is not ours alone; DamagedRecord; StorageError, as does every method of the store
 */
export function openSqliteStore(path: string): Records {
  const database = open(path);
  const get = database.prepare<[string], Buffer>('SELECT value FROM records WHERE key = ?').pluck();
  const put = database.prepare<[string, Bytes]>('INSERT OR REPLACE INTO records VALUES (?, ?)');
  const remove = database.prepare<[string]>('DELETE FROM records WHERE key = ?');
  const list = database
    .prepare<[string, string, number], [string, Buffer]>(
      'SELECT key, value FROM records WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT ?',
    )
    .raw();
  const count = database.prepare<[], number>('SELECT count(*) FROM records').pluck();
  const write = database.transaction((changes: ReadonlyMap<string, Bytes | undefined>) => {
    for (const [key, value] of changes) {
      if (value) put.run(key, value);
      else remove.run(key);
    }
  });
  return {
    get: async (key) => attempt(() => bytes(get.get(key))),
    write: async (changes) => attempt(() => write(changes)),
    list: async (prefix, limit, before) => {
      const end = endOfList(prefix, before);
      return attempt(() => list.all(prefix, end, limit).map(([key, value]) => [key, bytes(value)!]));
    },
    count: async () => attempt(() => count.get()!),
    close: () => void database.close(),
  };
}

/** Overwrites and removes a file that nobody has open, and what SQLite keeps beside it. @throws StorageError */
export function eraseSqliteStore(path: string): void {
  finishErasing(path);
  // Set aside first: what is overwritten in part would be a store that nothing opens, and nothing erases.
  for (const name of filesOf(path)) unlessAbsent(() => renameSync(name, name + ERASED));
  finishErasing(path);
}

/** Goes on with an erasing that was broken off, if one was. @throws StorageError */
export function finishErasing(path: string): void {
  for (const name of filesOf(path)) {
    unlessAbsent(() => {
      if (isOursAlone(lstatSync(name + ERASED))) overwrite(name + ERASED);
      rmSync(name + ERASED);
    });
  }
}

function filesOf(path: string): string[] {
  return [path, `${path}-wal`, `${path}-shm`];
}

/** What a link leads to is somebody else's, or elsewhere: the link alone goes. */
function isOursAlone(seen: Stats): boolean {
  return seen.isFile() && seen.nlink === 1;
}

function unlessAbsent(task: () => void): void {
  try {
    task();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new StorageError('failed');
  }
}

function overwrite(path: string): void {
  const file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const { size } = fstatSync(file);
    const nothing = new Uint8Array(BLOCK);
    for (let at = 0; at < size; at += BLOCK) writeSync(file, nothing, 0, Math.min(BLOCK, size - at), at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function open(path: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    const ours = takeFile(path);
    database = new Database(path, { timeout: 0 });
    // Before anything is read: the lock then lasts until the file is closed, and no memory is shared through another file.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('secure_delete = ON');
    database.pragma('temp_store = MEMORY');
    prepare(database);
    // SQLite opens by name, and follows links: what it has locked is the file that was looked at, or it is given up.
    if (lstatSync(path, { bigint: true }).ino !== ours) throw new ChatError(NOT_OURS);
    return database;
  } catch (error) {
    database?.close();
    throw toChatError(error);
  }
}

/**
 * Makes sure that there is a file, that nobody else reads it, and that it is ours under this one name: what is kept in it
 * would otherwise be somebody else's. @returns which one it is. @throws ChatError
 */
function takeFile(path: string): bigint {
  const file = openWithoutFollowing(path);
  try {
    const { ino, nlink, uid } = fstatSync(file, { bigint: true });
    if (nlink !== 1n || Number(uid) !== (process.getuid?.() ?? Number(uid))) throw new ChatError(NOT_OURS);
    // SQLite gives what it keeps beside a file the same mode.
    fchmodSync(file, 0o600);
    return ino;
  } finally {
    closeSync(file);
  }
}

function openWithoutFollowing(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ELOOP' ? new ChatError(NOT_OURS) : error;
  }
}

function prepare(database: Database.Database): void {
  const make = database.transaction(() => {
    const found = database.pragma('user_version', { simple: true }) as number;
    if (found === VERSION) return;
    if (found !== 0) throw new ChatError('This profile was written by a newer Sotto. Update this one.');
    database.exec(TABLES);
    database.pragma(`user_version = ${VERSION}`);
  });
  make.exclusive();
}

/** A BLOB as plain bytes: better-sqlite3 gives Buffers. */
function bytes(blob: Buffer | undefined): Bytes | undefined {
  return blob && Uint8Array.from(blob);
}

function attempt<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw toChatError(error);
  }
}

/** What an error of SQLite's means to people. */
function toChatError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return new InUse();
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return new DamagedRecord();
  return new StorageError(code.startsWith('SQLITE_FULL') ? 'full' : 'failed');
}
