/** What can be known of the profiles of this browser without opening one: whose they are, and what they ask for. */
import { equal, type Bytes } from '../../../signal/wire/bytes.ts';
import { fingerprintOf } from '../../../signal/wire/keys.ts';
import { DamagedRecord, StorageError } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import { openIdentity } from '../../core/identity/identity.ts';
import { inIdentity, nameOn } from '../profile/glance.ts';
import { databaseNames, openIdbStore } from './idb-store.ts';

/** Before the id of a profile, in the name of its database. */
export const DATABASE_PREFIX = 'sotto-';

/** The name on a profile; `undefined` if it was never finished. One that cannot be read must not hide the others. */
export function nameOf(id: string): Promise<string | undefined> {
  return reading(id, (store) => nameOn(store, `Unreadable profile ${id.slice(0, 4)}`)).catch((error: unknown) => {
    // Deleted since it was listed.
    if (error instanceof StorageError && error.reason === 'gone') return undefined;
    throw error;
  });
}

export async function profileIds(): Promise<string[]> {
  const names = await databaseNames();
  return names.filter((name) => name.startsWith(DATABASE_PREFIX)).map((name) => name.slice(DATABASE_PREFIX.length));
}

/** Whether a signing key is a profile's already, of those that can be looked into without a passphrase. */
export async function isTaken(publicKey: CryptoKey): Promise<boolean> {
  return isHere(await fingerprintOf(new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))));
}

/** Whether somebody of this fingerprint has a profile here, of those that can be looked into without a passphrase. */
export async function isHere(fingerprint: Bytes): Promise<boolean> {
  const owners = (await profileIds()).map((id) =>
    reading(id, async (store) => {
      try {
        const identity = await inIdentity(store, openIdentity);
        return identity !== undefined && equal(identity.card.fingerprint, fingerprint);
      } catch (error) {
        if (error instanceof DamagedRecord) return false;
        throw error;
      }
    }),
  );
  return (await Promise.all(owners)).includes(true);
}

/** Looks into a profile's records without owning them. */
export async function reading<T>(id: string, look: (store: Store) => Promise<T>): Promise<T> {
  const store = await openIdbStore(DATABASE_PREFIX + id, 'read');
  try {
    return await look(store);
  } finally {
    store.close();
  }
}
