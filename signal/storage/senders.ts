/** Who may leave parcels for whom: everybody's own list. */
import type { Sqlite } from '../sqlite.ts';
import type { Bytes } from '../wire/bytes.ts';
import { MAX_SENDERS } from '../wire/limits.ts';

export class Senders {
  readonly #find;
  readonly #update: (owner: Bytes, add: readonly Bytes[], remove: readonly Bytes[]) => void;

  constructor(database: Sqlite) {
    this.#find = database.prepare<[Bytes, Bytes], { found: 1 }>(
      'SELECT 1 AS found FROM senders WHERE owner = ? AND sender = ?',
    );
    const insert = database.prepare<[Bytes, Bytes]>(
      'INSERT INTO senders (owner, sender) VALUES (?, ?) ON CONFLICT DO NOTHING',
    );
    const remove = database.prepare<[Bytes, Bytes]>('DELETE FROM senders WHERE owner = ? AND sender = ?');
    const count = database.prepare<[Bytes], { count: number }>('SELECT count(*) AS count FROM senders WHERE owner = ?');
    this.#update = database.transaction((owner: Bytes, added: readonly Bytes[], removed: readonly Bytes[]) => {
      for (const sender of removed) remove.run(owner, sender);
      for (const sender of added) insert.run(owner, sender);
      // What is thrown undoes all of it.
      if (added.length > 0 && count.get(owner)!.count > MAX_SENDERS) throw new TooManySenders();
    });
  }

  /**
   * Durably takes people off somebody's list, then puts others on it.
   * @returns false, changing nothing, if there would be more than MAX_SENDERS.
   */
  update(owner: Bytes, add: readonly Bytes[], remove: readonly Bytes[]): boolean {
    try {
      this.#update(owner, add, remove);
      return true;
    } catch (error) {
      if (error instanceof TooManySenders) return false;
      throw error;
    }
  }

  /** Whether `sender` is on the list of `owner`. */
  has(owner: Bytes, sender: Bytes): boolean {
    return this.#find.get(owner, sender) !== undefined;
  }
}

class TooManySenders extends Error {}
