/** The server's one database file, DATA_DIR/sotto.sqlite: who is who, who invited whom, who is a member. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StartError } from './start-error.ts';
import type { Bytes } from './wire/bytes.ts';

export type Sqlite = Database.Database;

/** Grows when the tables change; stored in the file as user_version. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE cards (
    fingerprint BLOB PRIMARY KEY,
    sequence INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    seen INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX cards_by_seen ON cards (seen);

  CREATE TABLE invites (
    id BLOB PRIMARY KEY,
    inviter BLOB NOT NULL,
    expiry INTEGER NOT NULL,
    note BLOB NOT NULL,
    used_by BLOB,
    acceptance BLOB,
    hidden INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX invites_by_inviter ON invites (inviter);
  CREATE INDEX invites_by_expiry ON invites (expiry);

  -- A guest's row keeps the proof of who let them in, after the invite itself is gone.
  CREATE TABLE members (
    fingerprint BLOB PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('owner', 'guest')),
    inviter BLOB,
    invite BLOB,
    acceptance BLOB
  ) STRICT;

  -- One handle each, and one of all that look the same.
  CREATE TABLE handles (
    look TEXT PRIMARY KEY,
    handle TEXT NOT NULL,
    fingerprint BLOB NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    time INTEGER NOT NULL,
    signature BLOB NOT NULL
  ) STRICT;
`;

/**
 * Opens the database, making the folder and the tables where they are missing. A folder it makes is its owner's alone,
 * and so is the file. What was written survives a crash of the process and, as far as the disk keeps its word, of the
 * machine.
 * @throws StartError if it cannot be opened, or a newer server has written it.
 */
export function openSqlite(dataDir: string): Sqlite {
  const path = join(dataDir, 'sotto.sqlite');
  let database: Sqlite;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    database = new Database(path);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
  } catch (error) {
    throw new StartError(`DATA_DIR holds no usable database: ${path}: ${(error as Error).message}.`);
  }
  prepareSchema(database, path);
  return database;
}

function prepareSchema(database: Sqlite, path: string): void {
  const found = database.pragma('user_version', { simple: true }) as number;
  if (found === SCHEMA_VERSION) return;
  if (found > SCHEMA_VERSION) {
    database.close();
    throw new StartError(
      `DATA_DIR belongs to a newer version of Sotto (${path} has schema ${found}): update the server.`,
    );
  }
  database.transaction(() => {
    database.exec(SCHEMA);
    database.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}

/** A BLOB as plain bytes: better-sqlite3 returns Buffers, which JSON.stringify would spell out on its own terms. */
export function fromBlob(blob: Buffer): Bytes {
  return Uint8Array.from(blob);
}
