/** The server's databases, and the one that it cannot do without, DATA_DIR/sotto.sqlite: who is who, who invited whom. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StartError } from './start-error.ts';
import type { Bytes } from './wire/bytes.ts';

export type Sqlite = Database.Database;

/** The tables of a database. */
export interface Schema {
  /** Of the file, in DATA_DIR. */
  readonly name: string;
  /** Grows when the tables change; stored in the file as user_version. */
  readonly version: number;
  readonly tables: string;
}

const TABLES = `
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
    hidden INTEGER NOT NULL DEFAULT 0,
    knock INTEGER NOT NULL DEFAULT 0
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

/** The database of who is who. @throws StartError as `openDatabase` does. */
export function openSqlite(dataDir: string): Sqlite {
  return openDatabase(dataDir, { name: 'sotto.sqlite', version: 1, tables: TABLES });
}

/**
 * Opens a database, making the folder and the tables where they are missing. A folder it makes is its owner's alone,
 * and so is the file. What was written survives a crash of the process and, as far as the disk keeps its word, of the
 * machine.
 * @throws StartError if it cannot be opened, or a newer server has written it.
 */
export function openDatabase(dataDir: string, schema: Schema): Sqlite {
  const path = join(dataDir, schema.name);
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
  prepareSchema(database, path, schema);
  return database;
}

function prepareSchema(database: Sqlite, path: string, { version, tables }: Schema): void {
  const found = database.pragma('user_version', { simple: true }) as number;
  if (found === version) return;
  if (found > version) {
    database.close();
    throw new StartError(
      `DATA_DIR belongs to a newer version of Sotto (${path} has schema ${found}): update the server.`,
    );
  }
  database.transaction(() => {
    database.exec(tables);
    database.pragma(`user_version = ${version}`);
  })();
}

/** A BLOB as plain bytes: better-sqlite3 returns Buffers, which JSON.stringify would spell out on its own terms. */
export function fromBlob(blob: Buffer): Bytes {
  return Uint8Array.from(blob);
}
