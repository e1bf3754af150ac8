/** Profiles that only their passphrase opens. */
import { utf8 } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../../core/base/errors.ts';
import { decodeName } from '../../core/base/name.ts';
import type { Store } from '../../core/base/store.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { createProtectedVault } from '../../core/identity/protection.ts';
import type { Slot } from '../../core/identity/slot.ts';
import { readSlots, unlockVault, VAULT_PREFIX, type Vault } from '../../core/identity/vault.ts';
import { newStretching, stretch } from './stretch.ts';

/** The name on a protected profile, in the clear: without it one could not choose which to open. */
const LABEL_PLACE = `${VAULT_PREFIX}label`;
const MIN_PASSPHRASE_LENGTH = 8;

/** Makes a vault in an empty store that this passphrase opens. @throws ChatError if it is too short */
export async function createByPassphrase(store: Store, passphrase: string): Promise<Vault> {
  if ([...passphrase].length < MIN_PASSPHRASE_LENGTH) {
    throw new ChatError(`Choose a passphrase of ${MIN_PASSPHRASE_LENGTH} characters or more: a few words are best.`);
  }
  const stretching = newStretching();
  const secret = await stretch(passphrase, stretching);
  const vault = await createProtectedVault(store, [{ way: { kind: 'passphrase', stretching }, secret }]);
  wipe(secret);
  return vault;
}

/** Opens a vault by its passphrase. @throws ChatError if it is another; DamagedRecord */
export async function unlockByPassphrase(store: Store, passphrase: string): Promise<Vault> {
  for (const slot of (await readSlots(store)).values()) {
    const vault = await tryPassphrase(store, slot, passphrase);
    if (vault) return vault;
  }
  throw new ChatError('That is not the passphrase of this profile. Try again.');
}

async function tryPassphrase(store: Store, slot: Slot, passphrase: string): Promise<Vault | undefined> {
  if (slot.way.kind !== 'passphrase') return undefined;
  const secret = await stretch(passphrase, slot.way.stretching);
  const vault = await unlockVault(store, slot, secret);
  wipe(secret);
  return vault;
}

/** Whether it takes a secret to open the vault of a store. @throws DamagedRecord */
export async function isProtected(store: Store): Promise<boolean> {
  return (await readSlots(store)).size > 0;
}

export async function writeLabel(store: Store, name: string): Promise<void> {
  await store.write(new Map([[LABEL_PLACE, utf8(name)]]));
}

/** The name on a protected profile; `undefined` if there is none. */
export async function readLabel(store: Store): Promise<string | undefined> {
  const label = await store.get(LABEL_PLACE);
  return label && decodeName(label);
}
