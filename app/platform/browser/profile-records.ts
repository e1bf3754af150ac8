/** What can be known of the profiles of this browser without opening one: whose they are, and what they ask for. */
import { equal, type Bytes } from '../../../signal/wire/bytes.ts';
import { fingerprintOf } from '../../../signal/wire/keys.ts';
import { DamagedRecord, StorageError } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { openIdentity } from '../../core/identity/identity.ts';
import { IDENTITY_PLACE, nameInRecord } from '../../core/identity/identity-record.ts';
import { sealStore } from '../../core/identity/sealed-store.ts';
import { openVault } from '../../core/identity/vault.ts';
import { databaseNames, openIdbStore } from './idb-store.ts';
import { readLabel } from './label.ts';
import { waysInto } from './unlock.ts';

/** Before the id of a profile, in the name of its database. */
export const DATABASE_PREFIX = 'sotto-';

/** The name on a profile; `undefined` if it was never finished. One that cannot be read must not hide the others. */
export function nameOf(id: string): Promise<string | undefined> {
  return reading(id, async (store) => {
    try {
      // By what stands on it, as nothing in it opens without its secret.
      if (await isProtected(store)) {
        return (await store.get(IDENTITY_PLACE)) && ((await readLabel(store)) ?? unreadable(id));
      }
      return await inIdentity(store, nameInRecord);
    } catch (error) {
      if (error instanceof DamagedRecord) return (await readLabel(store)) ?? unreadable(id);
      throw error;
    }
  }).catch((error: unknown) => {
    // Deleted since it was listed.
    if (error instanceof StorageError && error.reason === 'gone') return undefined;
    throw error;
  });
}

function unreadable(id: string): string {
  return `Unreadable profile ${id.slice(0, 4)}`;
}

export async function isProtected(store: Store): Promise<boolean> {
  return (await waysInto(store)).length > 0;
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

/** Looks into the identity of a profile that is not protected, and overwrites what was looked into. */
async function inIdentity<T>(store: Store, look: (record: Bytes) => T): Promise<Awaited<T> | undefined> {
  const vault = await openVault(store);
  const record = vault && (await sealStore(store, vault).get(IDENTITY_PLACE));
  if (vault) wipe(vault.key, vault.recordKey, vault.nameKey);
  if (!record) return undefined;
  try {
    return await look(record);
  } finally {
    wipe(record);
  }
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
