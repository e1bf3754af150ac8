/** A store in IndexedDB, one database a profile: the one door to idb-keyval. */
import { get, promisifyRequest, set, type UseStore } from 'idb-keyval';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { StorageError } from '../../core/base/errors.ts';
import { endOfList, type Changes } from '../../core/base/store.ts';
import type { Records } from '../profile/open-profile.ts';
import { IdbConnection, toStorageError } from './idb-connection.ts';

const STORE = 'records';
/** How long an empty database may wait for a tab that is frozen and holds it open. */
const DELETE_TIMEOUT = 3_000;
const LIST_PATIENCE = 1_000;
/** Who may change the records. */
const OWNER = 'owner';

/**
 * Opens the records of a profile. Who opens them to `own` becomes their owner, and only the newest owner's writes are
 * done: every transaction looks first whether it still is. A lock could not promise that, as a tab that was frozen while its
 * lock was taken away wakes up in the middle of what it was doing. To `read`, they must be there.
 * @param ongone - told if the records are deleted while they are open
 * @throws StorageError, as does every method of the store
 */
export async function openIdbStore(
  name: string,
  access: 'own' | 'read',
  ongone: () => void = () => undefined,
): Promise<Records> {
  const make = (database: IDBDatabase) => void database.createObjectStore(STORE);
  const connection = await IdbConnection.open(name, access === 'own' ? make : undefined, ongone);
  const us = crypto.randomUUID();
  let taken = false;

  // idb-keyval's own stores leave durability to the browser, and Chromium then answers before the disk has the data.
  const useStore: UseStore = async (mode, callback) => {
    try {
      const database = await connection.database();
      return await callback(database.transaction(STORE, mode, { durability: 'strict' }).objectStore(STORE));
    } catch (error) {
      if (connection.gone) throw new StorageError('gone');
      throw taken ? new StorageError('taken') : toStorageError(error);
    }
  };
  if (access === 'own') await set(OWNER, us, useStore);

  const write = (store: IDBObjectStore, changes: Changes) => {
    const done = promisifyRequest(store.transaction);
    const owner = store.get(OWNER);
    owner.onsuccess = () => {
      taken = owner.result !== us;
      if (taken) store.transaction.abort();
    };
    // Asked for at once, so that nothing waits for the answer; a transaction that is aborted has changed nothing.
    for (const [key, value] of changes) {
      if (value) store.put(value, key);
      else store.delete(key);
    }
    return done;
  };

  return {
    get: (key) => get<Bytes>(key, useStore),
    write: (changes) => useStore('readwrite', (store) => write(store, changes)),
    list: async (prefix, limit, before) => {
      const end = endOfList(prefix, before);
      if (limit === 0 || end <= prefix) return [];
      const range = IDBKeyRange.bound(prefix, end, false, true);
      return useStore('readonly', (store) => readDown(store, range, limit));
    },
    count: () => useStore('readonly', (store) => promisifyRequest(store.count())),
    close: () => connection.close(),
  };
}

export function deleteIdbStore(name: string): Promise<unknown> {
  return promisifyRequest(indexedDB.deleteDatabase(name));
}

/**
 * Erases records at once, whoever has them open, and deletes their database as soon as nobody has.
 * @throws StorageError if neither could be done
 */
export async function eraseIdbStore(name: string): Promise<void> {
  const emptied = await empty(name).then(
    () => true,
    () => false,
  );
  const deleted = deleteIdbStore(name).then(
    () => true,
    () => false,
  );
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), DELETE_TIMEOUT));
  if (!(await Promise.race([deleted, late])) && !emptied) throw new StorageError('failed');
}

async function empty(name: string): Promise<void> {
  const database = await promisifyRequest(indexedDB.open(name));
  try {
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
    transaction.objectStore(STORE).clear();
    await promisifyRequest(transaction);
  } finally {
    database.close();
  }
}

/**
 * The names of all databases. The answer is lost while the browser clears its storage, so it is asked again.
 * @throws StorageError
 */
export async function databaseNames(): Promise<string[]> {
  for (;;) {
    const patience = new Promise<undefined>((resolve) => setTimeout(resolve, LIST_PATIENCE));
    const databases = await Promise.race([indexedDB.databases(), patience]).catch((error: unknown) => {
      throw toStorageError(error);
    });
    if (databases) return databases.flatMap(({ name }) => name ?? []);
  }
}

function readDown(store: IDBObjectStore, range: IDBKeyRange, limit: number): Promise<[string, Bytes][]> {
  return new Promise((resolve, reject) => {
    const found: [string, Bytes][] = [];
    const request = store.openCursor(range, 'prev');
    request.onerror = () => reject(request.error ?? new DOMException('cursor failed'));
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor || found.length === limit) return resolve(found);
      // Who owns the records is none of them.
      if (cursor.key !== OWNER) found.push([cursor.key as string, cursor.value as Bytes]);
      cursor.continue();
    };
  });
}
