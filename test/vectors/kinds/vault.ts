/** A vault: its slot, the keys under it, a sealed record, and a hidden name. */
import { toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import { createVault, hiddenName, openVault, type Vault } from '../../../app/core/identity/vault.ts';
import { check, same } from '../../contracts/check.ts';
import { memoryStore } from '../../parts/memory-store.ts';
import { counting, withRandomness } from '../../parts/randomness.ts';
import { hex } from '../hex.ts';
import type { Kind } from '../kind.ts';

interface VaultVector {
  readonly slot: string;
  readonly recordKey: string;
  readonly nameKey: string;
  readonly record: string;
  readonly hiddenName: string;
}

const SLOT = 'slot/0';
const PLACE = 'contact/someone';
const VALUE = utf8('what is kept of someone – 1');
const VAULT_KEY = counting(32, 7);
const NONCE = counting(12, 90);
const NAMED = counting(32, 150);

/** The record as it reaches the disk. */
async function sealedUnder(vault: Vault): Promise<string> {
  const records = new Map<string, Bytes>();
  const store = sealStore(memoryStore(records), vault);
  await withRandomness([NONCE], () => store.write(new Map([[PLACE, VALUE]])));
  return toHex(records.get(PLACE)!);
}

async function vaultVector(): Promise<VaultVector> {
  const records = new Map<string, Bytes>();
  const vault = await withRandomness([VAULT_KEY], () => createVault(memoryStore(records)));
  return {
    slot: toHex(records.get(SLOT)!),
    recordKey: toHex(vault.recordKey),
    nameKey: toHex(vault.nameKey),
    record: await sealedUnder(vault),
    hiddenName: await hiddenName(vault, NAMED),
  };
}

export const vault: Kind<VaultVector> = {
  make: vaultVector,
  promises: [
    {
      promise: 'a vault has the same slot, keys, sealed records and hidden names',
      async holds({ vector }) {
        same(await vaultVector(), vector, 'the vault');
      },
    },
    {
      promise: 'a record opens with the vault that its slot opens',
      async holds({ vector }) {
        const disk = new Map([
          [SLOT, hex(vector.slot)],
          [PLACE, hex(vector.record)],
        ]);
        const opened = await openVault(memoryStore(disk));
        check(opened !== undefined, 'the slot opens');
        same(await sealStore(memoryStore(disk), opened).get(PLACE), VALUE, 'the record');
      },
    },
  ],
};
