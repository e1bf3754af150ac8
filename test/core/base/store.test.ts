/** The Store port's contract, for the stores that need no browser. */
import { describe, it } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { createVault, openVault } from '../../../app/core/identity/vault.ts';
import { storeContract, type OpenStore } from '../../contracts/store.ts';
import { memoryStore } from '../../parts/memory-store.ts';

/** Stores in memory that are found again by their names. */
function memoryStores(): OpenStore {
  const disks = new Map<string, Map<string, Bytes>>();
  return async (name) => {
    const records = disks.get(name) ?? new Map<string, Bytes>();
    disks.set(name, records);
    return memoryStore(records);
  };
}

/** The same, sealed. */
function sealedStores(): OpenStore {
  const open = memoryStores();
  return async (name) => {
    const raw = await open(name);
    return sealStore(raw, (await openVault(raw)) ?? (await createVault(raw)));
  };
}

describe.each([
  ['a store in memory', memoryStores],
  ['a sealed store', sealedStores],
])('%s', (_, stores) => {
  for (const { promise, holds } of storeContract) it(promise, () => holds(stores()));
});
