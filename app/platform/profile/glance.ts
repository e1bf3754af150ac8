/** What can be known of a profile without opening it: what it asks for, and whose it is. */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { IDENTITY_PLACE, nameInRecord } from '../../core/identity/identity-record.ts';
import { sealStore } from '../../core/identity/sealed-store.ts';
import type { Way } from '../../core/identity/slot.ts';
import { openVault, readSlots } from '../../core/identity/vault.ts';
import { readLabel } from './label.ts';

/** The ways into a protected vault; none if it is open. @throws DamagedRecord */
export async function waysInto(store: Store): Promise<Way['kind'][]> {
  return [...(await readSlots(store)).values()].map(({ way }) => way.kind);
}

/** Whether it takes a secret to open a vault. @throws DamagedRecord */
export async function isProtected(store: Store): Promise<boolean> {
  return (await waysInto(store)).length > 0;
}

/**
 * The name on a profile; `undefined` if it was never finished.
 * @param unreadable - what to call one that cannot be read: it must not hide others.
 */
export async function nameOn(store: Store, unreadable: string): Promise<string | undefined> {
  try {
    // By what stands on it, as nothing in it opens without its secret.
    if (await isProtected(store)) {
      return (await store.get(IDENTITY_PLACE)) && ((await readLabel(store)) ?? unreadable);
    }
    return await inIdentity(store, nameInRecord);
  } catch (error) {
    if (error instanceof DamagedRecord) return (await readLabel(store)) ?? unreadable;
    throw error;
  }
}

/** Looks into the identity of a profile that is not protected, and overwrites what was looked into. @throws DamagedRecord */
export async function inIdentity<T>(store: Store, look: (record: Bytes) => T): Promise<Awaited<T> | undefined> {
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
