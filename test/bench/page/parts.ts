/** What a single message cannot do without, each measured alone and by the browser's own means. */
import { now } from './clock.ts';
import { person } from './person.ts';

const RECORD_BYTES = 300;
const STORE = 'records';

async function timed(task: () => Promise<unknown>): Promise<number> {
  const begin = now();
  await task();
  return now() - begin;
}

const database = new Promise<IDBDatabase>((resolve, reject) => {
  const request = indexedDB.open('bare', 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error ?? new Error('no database'));
});
let written = 0;

function write(db: IDBDatabase): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(STORE, 'readwrite', { durability: 'strict' });
    transaction.objectStore(STORE).put(crypto.getRandomValues(new Uint8Array(RECORD_BYTES)), written++);
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error ?? new Error('not written'));
  });
}

export const parts = {
  /** One record, durable. */
  async write(): Promise<number> {
    const db = await database;
    return timed(() => write(db));
  },

  /** One RSA-3072 PSS signature. */
  async sign(): Promise<number> {
    const { signKey } = person.identity();
    const data = crypto.getRandomValues(new Uint8Array(48));
    return timed(() => crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 32 }, signKey, data));
  },

  /** One RSA-3072 OAEP decryption. */
  async decrypt(): Promise<number> {
    const { card, decryptKey } = person.identity();
    const sealed = await crypto.subtle.encrypt('RSA-OAEP', card.encryptKey, new Uint8Array(40));
    return timed(() => crypto.subtle.decrypt('RSA-OAEP', decryptKey, sealed));
  },
};
