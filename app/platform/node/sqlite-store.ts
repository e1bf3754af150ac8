/** A store in an SQLite file: the one door to better-sqlite3 on this side of the wire. */
import { chmodSync, closeSync, fstatSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { ChatError, DamagedRecord, StorageError } from '../../core/base/errors.ts';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import type { Records } from '../profile/open-profile.ts';

/** Grows when the tables change; stored in the file as user_version. */
const VERSION = 1;
const TABLES = 'CREATE TABLE records (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT';
/** Sorts after every character a key uses. */
const LAST = '\uffff';
/** Bytes overwritten at once. */
const BLOCK = 64 * 1024;

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
 * @throws InUse; DamagedRecord; StorageError, as does every method of the store
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
    list: async (prefix, limit, before = prefix + LAST) => {
      const end = before < prefix + LAST ? before : prefix + LAST;
      return attempt(() => list.all(prefix, end, limit).map(([key, value]) => [key, bytes(value)!]));
    },
    count: async () => attempt(() => count.get()!),
    close: () => void database.close(),
  };
}

/** Overwrites and removes a file that nobody has open, and what SQLite keeps beside it. @throws StorageError */
export function eraseSqliteStore(path: string): void {
  for (const name of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      overwrite(name);
      rmSync(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new StorageError('failed');
    }
  }
}

function overwrite(path: string): void {
  const file = openSync(path, 'r+');
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
    closeSync(openSync(path, 'a', 0o600));
    // SQLite gives what it keeps beside a file the same mode.
    chmodSync(path, 0o600);
    database = new Database(path, { timeout: 0 });
    // Before anything is read: the lock then lasts until the file is closed, and no memory is shared through another file.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('secure_delete = ON');
    database.pragma('temp_store = MEMORY');
    prepare(database);
    return database;
  } catch (error) {
    database?.close();
    throw toChatError(error);
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
