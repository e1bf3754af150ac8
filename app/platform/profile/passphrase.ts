/** Slots that a passphrase opens. */
import { ChatError } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import type { NewSlot } from '../../core/identity/protection.ts';
import { readSlots, unlockVault, type Vault } from '../../core/identity/vault.ts';
import { newStretching, type Stretch } from './stretch.ts';

const MIN_PASSPHRASE_LENGTH = 8;

/** @throws ChatError if a passphrase is too short to protect anything */
export function checkPassphrase(passphrase: string): void {
  if ([...passphrase].length < MIN_PASSPHRASE_LENGTH) {
    throw new ChatError(`Choose a passphrase of ${MIN_PASSPHRASE_LENGTH} characters or more: a few words are best.`);
  }
}

/** A slot for a new passphrase; whoever gets it overwrites its secret. @throws ChatError if it is too short */
export async function passphraseSlot(passphrase: string, stretch: Stretch): Promise<NewSlot> {
  checkPassphrase(passphrase);
  const stretching = newStretching();
  return { way: { kind: 'passphrase', stretching }, secret: await stretch(passphrase, stretching) };
}

/** Opens a vault by its passphrase. @throws ChatError if it is another; DamagedRecord */
export async function openByPassphrase(store: Store, passphrase: string, stretch: Stretch): Promise<Vault> {
  for (const slot of (await readSlots(store)).values()) {
    if (slot.way.kind !== 'passphrase') continue;
    const secret = await stretch(passphrase, slot.way.stretching);
    const vault = await unlockVault(store, slot, secret);
    wipe(secret);
    if (vault) return vault;
  }
  throw new ChatError('That is not the passphrase of this profile. Nothing is lost: try again.');
}
