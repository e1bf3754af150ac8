/**
 * Who may open a vault: giving it slots, and taking them away. A slot more re-encrypts nothing. The first one, or one less,
 * means a new vault key: what is sealed under the old one stays readable until `sealAgain` has gone over it. So it is when
 * all slots go.
 *
 *     slot keys  version u8 = 1, then for each slot: number u8 | its public half 1184      at `vault/slot-keys`, sealed
 */
import { ByteReader, concat, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../base/errors.ts';
import type { Store } from '../base/store.ts';
import { KEM_PUBLIC_KEY_BYTES } from '../crypto/kem.ts';
import { randomBytes } from '../crypto/random.ts';
import { openRecord, sealRecord } from './record.ts';
import { encodeSlot, fillSlot, slotKey, type Way } from './slot.ts';
import {
  encodeOpenSlot,
  FORMER_KEY_PLACE,
  MAX_SLOTS,
  NAME_KEY_PLACE,
  readSlots,
  recordKeyOf,
  SLOT_PREFIX,
  VAULT_PREFIX,
  vaultOf,
  type Vault,
} from './vault.ts';

const VERSION = 1;
const SLOT_KEYS_PLACE = `${VAULT_PREFIX}slot-keys`;

/** A new way into a vault, and the secret it leads to. */
export interface NewSlot {
  readonly way: Way;
  readonly secret: Bytes;
}

/** A slot as its vault remembers it: what new keys are sealed for stands sealed itself, so that nobody can slip in theirs. */
interface Holder {
  readonly way: Way;
  readonly publicKey: Bytes;
}

/** Adds a way into a protected vault. @throws DamagedRecord; RangeError if it has MAX_SLOTS */
export async function addSlot(store: Store, vault: Vault, { way, secret }: NewSlot): Promise<void> {
  const holders = await readHolders(store, vault);
  const number = freeNumber(holders);
  const publicKey = await slotKey(way, secret);
  holders.set(number, { way, publicKey });
  await store.write(
    new Map([
      [`${SLOT_PREFIX}${number}`, encodeSlot(await fillSlot(way, publicKey, vault.key))],
      [SLOT_KEYS_PLACE, await sealRecord(vault.recordKey, SLOT_KEYS_PLACE, encodeHolders(holders))],
    ]),
  );
}

/**
 * Makes a vault in an empty store whose key only these slots hold: it never stands anywhere in the clear.
 * @param nameKey - of a vault whose hidden names are to be kept. @throws RangeError for passkeys alone
 */
export function createProtectedVault(store: Store, slots: readonly NewSlot[], nameKey?: Bytes): Promise<Vault> {
  return newKey(store, new Map(), slots, new Map(nameKey ? [[NAME_KEY_PLACE, nameKey]] : []));
}

/**
 * Gives a vault a new key, held by these slots of it and these new ones alone, in one write. @returns the vault with its
 * new key. @throws DamagedRecord; RangeError for passkeys alone, or while records are left that
 * were sealed under the key before
 */
export async function changeKey(
  store: Store,
  vault: Vault,
  kept: ReadonlySet<number>,
  added: readonly NewSlot[],
): Promise<Vault> {
  const holders = new Map([...(await readHolders(store, vault))].filter(([number]) => kept.has(number)));
  return newKey(store, holders, added, formerKeys(vault));
}

/**
 * Gives a protected vault a new key that stands in an open slot, in one write: no slot is left then, and nothing protects it.
 * @returns the vault with its new key. @throws RangeError while records are left that were sealed under the key before
 */
export async function openUp(store: Store, vault: Vault): Promise<Vault> {
  const own = formerKeys(vault);
  const key = randomBytes(32);
  return putKey(store, key, new Map([[0, encodeOpenSlot(key)]]), own);
}

/** What a vault keeps of its keys when it gets a new one. @throws RangeError if it does so of another change still */
function formerKeys({ nameKey, recordKey, formerKey }: Vault): ReadonlyMap<string, Bytes> {
  if (formerKey) throw new RangeError('the last change of the key is not finished');
  return new Map([
    [NAME_KEY_PLACE, nameKey],
    [FORMER_KEY_PLACE, recordKey],
  ]);
}

/**
 * Seals a new vault key into slots, and these records of the vault's own under it, in one write. Passkeys get lost, and
 * their providers copy them: they are never the only way in. @throws RangeError if they would be
 */
async function newKey(
  store: Store,
  kept: ReadonlyMap<number, Holder>,
  added: readonly NewSlot[],
  own: ReadonlyMap<string, Bytes>,
): Promise<Vault> {
  const holders = new Map(kept);
  for (const { way, secret } of added) holders.set(freeNumber(holders), { way, publicKey: await slotKey(way, secret) });
  if ([...holders.values()].every(({ way }) => way.kind === 'passkey')) throw new RangeError('a passkey alone');
  const key = randomBytes(32);
  const slots = new Map<number, Bytes>();
  for (const [number, { way, publicKey }] of holders) {
    slots.set(number, encodeSlot(await fillSlot(way, publicKey, key)));
  }
  return putKey(store, key, slots, new Map([...own, [SLOT_KEYS_PLACE, encodeHolders(holders)]]));
}

/** Writes a new key's slots, in place of all there were, and the vault's own records, sealed under it. */
async function putKey(
  store: Store,
  key: Bytes,
  slots: ReadonlyMap<number, Bytes>,
  own: ReadonlyMap<string, Bytes>,
): Promise<Vault> {
  const recordKey = await recordKeyOf(key);
  const changes = new Map<string, Bytes | undefined>([[SLOT_KEYS_PLACE, undefined]]);
  for (let number = 0; number < MAX_SLOTS; number++) changes.set(`${SLOT_PREFIX}${number}`, slots.get(number));
  for (const [place, value] of own) changes.set(place, await sealRecord(recordKey, place, value));
  await store.write(changes);
  return vaultOf(store, key);
}

/** @throws RangeError if all are taken */
function freeNumber(holders: ReadonlyMap<number, Holder>): number {
  for (let number = 0; number < MAX_SLOTS; number++) if (!holders.has(number)) return number;
  throw new RangeError('the vault has all the slots it can have');
}

async function readHolders(store: Store, vault: Vault): Promise<Map<number, Holder>> {
  const slots = await readSlots(store);
  const holders = new Map<number, Holder>();
  if (slots.size === 0) return holders;
  const record = await store.get(SLOT_KEYS_PLACE);
  const value = record && (await openRecord(vault.recordKey, SLOT_KEYS_PLACE, record));
  const reader = new ByteReader(value ?? new Uint8Array(0));
  if (reader.u8() !== VERSION) throw new DamagedRecord();
  while (reader.more) {
    const [number, publicKey] = [reader.u8(), reader.take(KEM_PUBLIC_KEY_BYTES)];
    const slot = slots.get(number);
    if (slot) holders.set(number, { way: slot.way, publicKey });
  }
  if (!reader.done()) throw new DamagedRecord();
  return holders;
}

function encodeHolders(holders: ReadonlyMap<number, Holder>): Bytes {
  return concat(u8(VERSION), ...[...holders].map(([number, { publicKey }]) => concat(u8(number), publicKey)));
}
