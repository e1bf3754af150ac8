/** The name on a protected profile, in the clear: without it one could not choose which to open. */
import { utf8 } from '../../../signal/wire/bytes.ts';
import { decodeName } from '../../core/base/name.ts';
import type { Store } from '../../core/base/store.ts';
import { VAULT_PREFIX } from '../../core/identity/vault.ts';

const LABEL_PLACE = `${VAULT_PREFIX}label`;

export async function writeLabel(store: Store, name: string): Promise<void> {
  await store.write(new Map([[LABEL_PLACE, utf8(name)]]));
}

/** @returns `undefined` if there is none that can be read */
export async function readLabel(store: Store): Promise<string | undefined> {
  const label = await store.get(LABEL_PLACE);
  return label && decodeName(label);
}
