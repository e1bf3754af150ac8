/** Fills the profiles of a browser, which have no passphrase yet, with records of its own: as many as a long log has. */
import { openIdbStore } from '../../../app/platform/browser/idb-store.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { openVault } from '../../../app/core/identity/vault.ts';

const BATCH = 500;

/** @param id - of the profile. */
async function fill(id: string, count: number): Promise<void> {
  const raw = await openIdbStore(`sotto-${id}`, 'own');
  const vault = await openVault(raw);
  if (!vault) throw new Error('only an open profile can be filled');
  const store = sealStore(raw, vault);
  for (let at = 0; at < count; at += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, count - at) }, (_, index) => at + index);
    const places = numbers.map(
      (number) => [`log/filler/${String(number).padStart(14, '0')}`, new Uint8Array(300)] as const,
    );
    await store.write(new Map(places));
  }
  store.close();
}

Object.assign(window, { fill });
