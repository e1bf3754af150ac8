/** Forgetting someone altogether: their inbox, list of senders, bundle and backup. */
import type { Sqlite } from '../sqlite.ts';
import type { Bytes } from '../wire/bytes.ts';

/** @returns what durably forgets all that is kept for these people, in one transaction. */
export function eraser(database: Sqlite): (owners: readonly Bytes[]) => void {
  const chunks = database.prepare<[Bytes]>(
    'DELETE FROM chunks WHERE backup IN (SELECT id FROM backups WHERE owner = ?)',
  );
  const tables = ['parcels', 'inboxes', 'shares', 'senders', 'one_time_keys', 'bundles', 'backups'];
  const rows = tables.map((table) => database.prepare<[Bytes]>(`DELETE FROM ${table} WHERE owner = ?`));
  return database.transaction((owners: readonly Bytes[]) => {
    for (const owner of owners) {
      for (const statement of [chunks, ...rows]) statement.run(owner);
    }
  });
}
