/** Backups: sealed chunks by name, in a place that a token opens. One place for each identity. */
import type { StorageQuotas } from '../config.ts';
import { fromBlob, type Sqlite } from '../sqlite.ts';
import { equal, type Bytes } from '../wire/bytes.ts';
import { MAX_BACKUP_CHUNKS } from '../wire/limits.ts';
import { usedBytes } from './database.ts';

/** How much of all that may be kept backups may fill: parcels always find room beside them. */
const BACKUP_SHARE = 0.75;

export interface Chunk {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

export class Backups {
  readonly #quotas: StorageQuotas;
  readonly #used: () => number;
  readonly #place;
  readonly #get;
  readonly #list;
  readonly #bind: (owner: Bytes, id: Bytes) => boolean;
  readonly #put: (id: Bytes, name: string, bytes: Bytes) => 'stored' | 'full' | 'unknown';
  readonly #delete: (id: Bytes, name: string) => void;

  constructor(database: Sqlite, quotas: StorageQuotas) {
    this.#quotas = quotas;
    this.#used = usedBytes(database);
    this.#place = database.prepare<[Bytes], { owner: Buffer; bytes: number }>(
      'SELECT owner, bytes FROM backups WHERE id = ?',
    );
    this.#get = database.prepare<[Bytes, string], { bytes: Buffer }>(
      'SELECT bytes FROM chunks WHERE backup = ? AND name = ?',
    );
    this.#list = database.prepare<[Bytes], Chunk>(
      'SELECT name, length(bytes) AS size FROM chunks WHERE backup = ? ORDER BY name',
    );
    const count = database.prepare<[Bytes], { count: number }>('SELECT count(*) AS count FROM chunks WHERE backup = ?');
    const idOf = database.prepare<[Bytes], { id: Buffer }>('SELECT id FROM backups WHERE owner = ?');
    const removeChunks = database.prepare<[Bytes]>('DELETE FROM chunks WHERE backup = ?');
    const bind = database.prepare<[Bytes, Bytes]>(
      `INSERT INTO backups (owner, id, bytes) VALUES (?, ?, 0)
       ON CONFLICT (owner) DO UPDATE SET id = excluded.id, bytes = 0`,
    );
    this.#bind = database.transaction((owner: Bytes, id: Bytes) => {
      const place = this.#place.get(id);
      if (place) return equal(fromBlob(place.owner), owner);
      const former = idOf.get(owner);
      if (former) removeChunks.run(fromBlob(former.id));
      bind.run(owner, id);
      return true;
    });
    const size = database.prepare<[Bytes, string], { size: number }>(
      'SELECT length(bytes) AS size FROM chunks WHERE backup = ? AND name = ?',
    );
    const put = database.prepare<[Bytes, string, Bytes]>(
      `INSERT INTO chunks (backup, name, bytes) VALUES (?, ?, ?)
       ON CONFLICT (backup, name) DO UPDATE SET bytes = excluded.bytes`,
    );
    const grow = database.prepare<[number, Bytes]>('UPDATE backups SET bytes = bytes + ? WHERE id = ?');
    this.#put = database.transaction((id: Bytes, name: string, bytes: Bytes) => {
      const place = this.#place.get(id);
      if (!place) return 'unknown';
      const former = size.get(id, name)?.size;
      const growth = bytes.length - (former ?? 0);
      if (former === undefined && count.get(id)!.count >= MAX_BACKUP_CHUNKS) return 'full';
      if (growth > 0 && !this.#hasRoom(place.bytes, growth)) return 'full';
      put.run(id, name, bytes);
      grow.run(growth, id);
      return 'stored';
    });
    const remove = database.prepare<[Bytes, string]>('DELETE FROM chunks WHERE backup = ? AND name = ?');
    this.#delete = database.transaction((id: Bytes, name: string) => {
      grow.run(-(size.get(id, name)?.size ?? 0), id);
      remove.run(id, name);
    });
  }

  #hasRoom(taken: number, growth: number): boolean {
    const { backupBytes, totalBytes } = this.#quotas;
    return taken + growth <= backupBytes && this.#used() + growth <= totalBytes * BACKUP_SHARE;
  }

  /**
   * Durably gives an identity a place for its backup; a former one goes, with all that is in it. The very same again
   * changes nothing.
   * @param id SHA-256 of the token that is to open it.
   * @returns false if the place is somebody else's.
   */
  bind(owner: Bytes, id: Bytes): boolean {
    return this.#bind(owner, id);
  }

  /** Whether there is a place of this id. */
  has(id: Bytes): boolean {
    return this.#place.get(id) !== undefined;
  }

  /** Durably stores a chunk, in place of one of the same name. @returns why not: too much in all, or no such place. */
  put(id: Bytes, name: string, bytes: Bytes): 'stored' | 'full' | 'unknown' {
    return this.#put(id, name, bytes);
  }

  get(id: Bytes, name: string): Buffer | undefined {
    return this.#get.get(id, name)?.bytes;
  }

  /** Durably forgets a chunk, if there is one. */
  delete(id: Bytes, name: string): void {
    this.#delete(id, name);
  }

  list(id: Bytes): Chunk[] {
    return this.#list.all(id);
  }
}
