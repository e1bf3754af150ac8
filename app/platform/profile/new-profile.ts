/** Making a profile. */
import type { Store } from '../../core/base/store.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { createIdentity, nameOf, type KeyPairs } from '../../core/identity/identity.ts';
import { IDENTITY_PLACE, nameInRecord } from '../../core/identity/identity-record.ts';
import { createProtectedVault } from '../../core/identity/protection.ts';
import { sealStore } from '../../core/identity/sealed-store.ts';
import { createVault, type Vault } from '../../core/identity/vault.ts';
import { writeLabel } from './label.ts';
import { checkPassphrase, passphraseSlot } from './passphrase.ts';
import type { Stretch } from './stretch.ts';

export interface NewProfile {
  readonly name: string;
  /** Asked for once all else is sound: it may take a while to make them. */
  readonly keys: () => Promise<KeyPairs>;
  /** The pair that signs, if the person brought their own. */
  readonly signing?: CryptoKeyPair | undefined;
  /** Protects the profile. */
  readonly passphrase?: string | undefined;
}

/** Prepares a profile. @returns what writes it, durable, into an empty store, and gives its vault. @throws ChatError */
export async function newProfile(
  { name, keys, signing, passphrase }: NewProfile,
  stretch: Stretch,
): Promise<(raw: Store) => Promise<Vault>> {
  if (passphrase !== undefined) checkPassphrase(passphrase);
  nameOf(name);
  const pairs = await keys();
  const record = await createIdentity(signing ? { ...pairs, signing } : pairs, name, Date.now());
  const slot = passphrase === undefined ? undefined : await passphraseSlot(passphrase, stretch);
  return async (raw) => {
    const vault = slot ? await createProtectedVault(raw, [slot]) : await createVault(raw);
    if (slot) {
      wipe(slot.secret);
      await writeLabel(raw, nameInRecord(record));
    }
    // Last, as a profile without an identity was never finished.
    await sealStore(raw, vault).write(new Map([[IDENTITY_PLACE, record]]));
    wipe(record);
    return vault;
  };
}
