/**
 * The name on a protected profile, in the clear: without it one could not choose which to open.
 *
 *     label  the name in UTF-8, at `vault/label`
 */
import { utf8 } from '../../../signal/wire/bytes.ts';
import { decodeName } from '../../core/base/name.ts';
import type { Store } from '../../core/base/store.ts';
import { VAULT_PREFIX } from '../../core/identity/vault.ts';

const LABEL_PLACE = `${VAULT_PREFIX}label`;

/** Puts a name there, in the place of one before. @param store - as it is on the disk. @throws StorageError */
export async function writeLabel(store: Store, name: string): Promise<void> {
  await store.write(new Map([[LABEL_PLACE, utf8(name)]]));
}

/** @throws StorageError */
export async function removeLabel(store: Store): Promise<void> {
  await store.write(new Map([[LABEL_PLACE, undefined]]));
}

/** @returns `undefined` if there is none that can be read */
export async function readLabel(store: Store): Promise<string | undefined> {
  const label = await store.get(LABEL_PLACE);
  return label && decodeName(label);
}
