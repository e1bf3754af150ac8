/** Opening a protected profile: what a person may give, and what each of them opens. */
import type { Store } from '../../core/base/store.ts';
import type { Vault } from '../../core/identity/vault.ts';
import { openByPassphrase } from '../profile/passphrase.ts';
import { openByBoth, openByPasskey } from './passkey-slot.ts';
import { stretch } from './stretch.ts';

/** What a person gives to open a profile. */
export type Proof =
  /** And then the passkey, where it takes both. */
  | { readonly passphrase: string }
  | { readonly recoveryCode: string }
  /** One that the browser asks for. */
  | { readonly passkey: true };

/** Opens a vault by what a person gives. @throws ChatError if it does not open it; DamagedRecord */
export async function unlockBy(store: Store, proof: Proof): Promise<Vault> {
  if ('passphrase' in proof)
    return (await openByBoth(store, proof.passphrase)) ?? openByPassphrase(store, proof.passphrase, stretch);
  if ('passkey' in proof) return openByPasskey(store);
  const { openByRecoveryCode } = await import('../profile/recovery-code.ts');
  return openByRecoveryCode(store, proof.recoveryCode);
}
