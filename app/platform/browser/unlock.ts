/** Opening a protected profile: what a person may give, and what each of them opens. */
import type { Store } from '../../core/base/store.ts';
import { readSlots, type Vault } from '../../core/identity/vault.ts';
import type { Way } from '../../core/identity/slot.ts';
import { openByBoth, openByPasskey } from './passkey-slot.ts';
import { openByPassphrase } from './passphrase.ts';

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
    return (await openByBoth(store, proof.passphrase)) ?? openByPassphrase(store, proof.passphrase);
  if ('passkey' in proof) return openByPasskey(store);
  const { openByRecoveryCode } = await import('./recovery-code.ts');
  return openByRecoveryCode(store, proof.recoveryCode);
}

/** The ways into a protected vault; none if it is open. @throws DamagedRecord */
export async function waysInto(store: Store): Promise<Way['kind'][]> {
  return [...(await readSlots(store)).values()].map(({ way }) => way.kind);
}
