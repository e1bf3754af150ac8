/** A vault: its slot, the keys under it, a sealed record, and a hidden name. */
import { toHex, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { createProtectedVault, type NewSlot } from '../../../app/core/identity/protection.ts';
import { sealStore } from '../../../app/core/identity/sealed-store.ts';
import {
  createVault,
  hiddenName,
  openVault,
  readSlots,
  unlockVault,
  type Vault,
} from '../../../app/core/identity/vault.ts';
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
  /** The slots of the same vault, were it protected from its start, one of each kind; and a record under it. */
  readonly slots: readonly string[];
  readonly sealedUnderSlots: string;
}

const SLOT = 'slot/0';
const PLACE = 'contact/someone';
const VALUE = utf8('what is kept of someone – 1');
const VAULT_KEY = counting(32, 7);
const NONCE = counting(12, 90);
const NAMED = counting(32, 150);

const SLOTS: readonly NewSlot[] = [
  {
    way: { kind: 'passphrase', stretching: { salt: counting(16, 20), memory: 65_536, passes: 3 } },
    secret: counting(32, 1),
  },
  {
    way: { kind: 'passkey', passkey: { credential: counting(20, 40), salt: counting(32, 60) } },
    secret: counting(32, 2),
  },
  { way: { kind: 'recovery' }, secret: counting(16, 3) },
  {
    way: {
      kind: 'passphrase and passkey',
      stretching: { salt: counting(16, 21), memory: 65_537, passes: 4 },
      passkey: { credential: counting(21, 41), salt: counting(32, 61) },
    },
    secret: counting(32, 4),
  },
];
/** What each slot's encapsulation draws. */
const ENCAPSULATED = SLOTS.map((_, index) => counting(32, 100 + index));

/** The slots of a vault with this key, as they reach the disk. */
async function protectedBy(key: Bytes): Promise<{ slots: string[]; vault: Vault }> {
  const records = new Map<string, Bytes>();
  const drawn = [key, ...ENCAPSULATED, NONCE];
  const vault = await withRandomness(drawn, () => createProtectedVault(memoryStore(records), SLOTS));
  return { slots: SLOTS.map((_, index) => toHex(records.get(`slot/${index}`)!)), vault };
}

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
  const closed = await protectedBy(VAULT_KEY);
  return {
    slot: toHex(records.get(SLOT)!),
    recordKey: toHex(vault.recordKey),
    nameKey: toHex(vault.nameKey),
    record: await sealedUnder(vault),
    hiddenName: await hiddenName(vault, NAMED),
    slots: closed.slots,
    sealedUnderSlots: await sealedUnder(closed.vault),
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
    {
      promise: 'a record opens with the vault that each slot of another kind opens, by its secret',
      async holds({ vector }) {
        const disk = new Map([[PLACE, hex(vector.sealedUnderSlots)]]);
        for (const [index, slot] of vector.slots.entries()) disk.set(`slot/${index}`, hex(slot));
        const store = memoryStore(disk);
        const slots = await readSlots(store);
        check(slots.size === SLOTS.length, 'all slots are there');
        for (const [index, { secret }] of SLOTS.entries()) {
          const opened = await unlockVault(store, slots.get(index)!, secret);
          check(opened !== undefined, `slot ${index} opens`);
          same(await sealStore(store, opened).get(PLACE), VALUE, `the record, by slot ${index}`);
        }
      },
    },
  ],
};
