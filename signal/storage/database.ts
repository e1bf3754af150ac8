/**
 * The database of what is kept for people who are away, DATA_DIR/storage.sqlite. A file of its own: it is large, changes
 * all the time and may be capped or lost without anybody being locked out, while the other one says who may come in.
 */
import { openDatabase, type Sqlite } from '../sqlite.ts';

const TABLES = `
  -- What waits for somebody, in the order it came. Numbers are never used again.
  CREATE TABLE parcels (
    id INTEGER PRIMARY KEY,
    owner BLOB NOT NULL,
    number INTEGER NOT NULL,
    sender BLOB NOT NULL,
    -- Of whoever came by an invite.
    invite BLOB,
    hash BLOB NOT NULL,
    time INTEGER NOT NULL,
    parcel BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX parcels_by_number ON parcels (owner, number);
  CREATE UNIQUE INDEX parcels_by_hash ON parcels (owner, sender, hash);
  CREATE INDEX parcels_by_invite ON parcels (owner, invite) WHERE invite IS NOT NULL;
  CREATE INDEX parcels_by_time ON parcels (time);

  CREATE TABLE inboxes (
    owner BLOB PRIMARY KEY,
    last INTEGER NOT NULL,
    parcels INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What each sender takes of an inbox.
  CREATE TABLE shares (
    owner BLOB NOT NULL,
    sender BLOB NOT NULL,
    parcels INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (owner, sender)
  ) STRICT, WITHOUT ROWID;

  -- Whatever comes or goes is counted, whoever deletes it.
  CREATE TRIGGER parcel_left AFTER INSERT ON parcels BEGIN
    INSERT INTO inboxes VALUES (new.owner, new.number, 1, length(new.parcel))
      ON CONFLICT (owner) DO UPDATE
      SET last = new.number, parcels = parcels + 1, bytes = bytes + length(new.parcel);
    INSERT INTO shares VALUES (new.owner, new.sender, 1, length(new.parcel))
      ON CONFLICT (owner, sender) DO UPDATE SET parcels = parcels + 1, bytes = bytes + length(new.parcel);
  END;
  CREATE TRIGGER parcel_gone AFTER DELETE ON parcels BEGIN
    UPDATE inboxes SET parcels = parcels - 1, bytes = bytes - length(old.parcel) WHERE owner = old.owner;
    UPDATE shares SET parcels = parcels - 1, bytes = bytes - length(old.parcel)
      WHERE owner = old.owner AND sender = old.sender;
    DELETE FROM shares WHERE owner = old.owner AND sender = old.sender AND parcels = 0;
  END;

  -- Who may leave parcels for whom.
  CREATE TABLE senders (
    owner BLOB NOT NULL,
    sender BLOB NOT NULL,
    PRIMARY KEY (owner, sender)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE bundles (
    owner BLOB PRIMARY KEY,
    sequence INTEGER NOT NULL,
    expiry INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX bundles_by_expiry ON bundles (expiry);

  CREATE TABLE one_time_keys (
    id INTEGER PRIMARY KEY,
    owner BLOB NOT NULL,
    place INTEGER NOT NULL,
    key BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX one_time_keys_by_place ON one_time_keys (owner, place);

  -- A backup's id is SHA-256 of the token that opens it.
  CREATE TABLE backups (
    owner BLOB PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE chunks (
    rowid INTEGER PRIMARY KEY,
    backup BLOB NOT NULL,
    name TEXT NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX chunks_by_name ON chunks (backup, name);
`;

/** @throws StartError if it cannot be opened, or a newer server has written it. */
export function openStorageDatabase(dataDir: string): Sqlite {
  return openDatabase(dataDir, { name: 'storage.sqlite', version: 1, tables: TABLES });
}

/** How many bytes of the database are in use; pages that are free again do not count. */
export function usedBytes(database: Sqlite): () => number {
  const used = database.prepare<[], { used: number }>(
    `SELECT (page_count - freelist_count) * page_size AS used
     FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()`,
  );
  return () => used.get()!.used;
}

/** Whether an error says that the disk did not take something: it is full, or fails. Nothing was changed then. */
export function isDiskTrouble(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR');
}
