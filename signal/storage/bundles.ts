/** Bundles of prekeys, and the one-time keys that go with them: each is handed out once. */
import { fromBlob, type Sqlite } from '../sqlite.ts';
import type { Bundle } from '../wire/bundle.ts';
import { equal, type Bytes } from '../wire/bytes.ts';
import type { ServerMessageOf } from '../wire/messages.ts';

interface Row {
  readonly sequence: number;
  readonly bytes: Buffer;
}

type Prekeys = Pick<ServerMessageOf<'prekeys'>, 'bundle' | 'oneTime'>;

export class Bundles {
  readonly #now: () => number;
  readonly #find;
  readonly #left;
  readonly #sweep;
  readonly #publish: (bundle: Bundle, keys: readonly Bytes[]) => boolean;
  readonly #takeKey: (owner: Bytes) => Prekeys['oneTime'];

  /** @param now the clock by which bundles expire, in unix milliseconds. */
  constructor(database: Sqlite, now: () => number) {
    this.#now = now;
    this.#find = database.prepare<[Bytes, number], Row>(
      'SELECT sequence, bytes FROM bundles WHERE owner = ? AND expiry > ?',
    );
    this.#left = database.prepare<[Bytes], { left: number }>(
      'SELECT count(*) AS left FROM one_time_keys WHERE owner = ?',
    );
    const removeKeys = database.prepare<[Bytes]>('DELETE FROM one_time_keys WHERE owner = ?');
    const put = database.prepare<[Bytes, number, number, Bytes]>(
      `INSERT INTO bundles (owner, sequence, expiry, bytes) VALUES (?, ?, ?, ?)
       ON CONFLICT (owner)
       DO UPDATE SET sequence = excluded.sequence, expiry = excluded.expiry, bytes = excluded.bytes`,
    );
    const putKey = database.prepare<[Bytes, number, Bytes]>(
      'INSERT INTO one_time_keys (owner, place, key) VALUES (?, ?, ?)',
    );
    this.#publish = database.transaction((bundle: Bundle, keys: readonly Bytes[]) => {
      const owner = bundle.fingerprint;
      const known = this.#find.get(owner, this.#now());
      // Again the very same: its keys that have been handed out must not come back.
      if (known && equal(fromBlob(known.bytes), bundle.bytes)) return true;
      if (known && bundle.sequence <= known.sequence) return false;
      removeKeys.run(owner);
      put.run(owner, bundle.sequence, bundle.expiry, bundle.bytes);
      keys.forEach((key, place) => putKey.run(owner, place, key));
      return true;
    });
    const firstKey = database.prepare<[Bytes], { id: number; place: number; key: Buffer }>(
      'SELECT id, place, key FROM one_time_keys WHERE owner = ? ORDER BY place LIMIT 1',
    );
    const removeKey = database.prepare<[number]>('DELETE FROM one_time_keys WHERE id = ?');
    this.#takeKey = database.transaction((owner: Bytes) => {
      const row = firstKey.get(owner);
      if (!row) return null;
      removeKey.run(row.id);
      return { index: row.place, key: fromBlob(row.key) };
    });
    const removeExpiredKeys = database.prepare<[number]>(
      'DELETE FROM one_time_keys WHERE owner IN (SELECT owner FROM bundles WHERE expiry <= ?)',
    );
    const removeExpired = database.prepare<[number]>('DELETE FROM bundles WHERE expiry <= ?');
    this.#sweep = database.transaction((moment: number) => {
      removeExpiredKeys.run(moment);
      removeExpired.run(moment);
    });
  }

  /**
   * Durably puts a bundle in the place of its owner's former one, and its one-time keys in the place of the former ones.
   * The very same again changes nothing. The caller has verified both.
   * @returns false, changing nothing, if the stored one is as new or newer.
   */
  publish(bundle: Bundle, keys: readonly Bytes[]): boolean {
    return this.#publish(bundle, keys);
  }

  /** How many one-time keys are left of somebody's bundle, and its sequence; zeros without a bundle. */
  stock(owner: Bytes): Pick<ServerMessageOf<'stock'>, 'sequence' | 'left'> {
    const bundle = this.#find.get(owner, this.#now());
    return bundle ? { sequence: bundle.sequence, left: this.#left.get(owner)!.left } : { sequence: 0, left: 0 };
  }

  /** Somebody's bundle, or `undefined` if there is none that still holds. */
  find(owner: Bytes): Bytes | undefined {
    const row = this.#find.get(owner, this.#now());
    return row && fromBlob(row.bytes);
  }

  /**
   * Hands out one of the one-time keys: durably removed first. The caller has found the bundle in this very turn.
   * @returns `null` if none is left.
   */
  takeKey(owner: Bytes): Prekeys['oneTime'] {
    return this.#takeKey(owner);
  }

  /** Forgets bundles that have expired. */
  sweep(): void {
    this.#sweep(this.#now());
  }
}
