/**
 * The vault: a random key under which every record of a profile is sealed. An open slot keeps it in the same browser, for
 * profiles without a passphrase: that protects nothing from someone who copies the disk. Other slots (`slot.ts`) give it
 * to whoever has their secret.
 *
 *     open slot  version u8 = 1 | kind u8 = 0 | vault key 32
 */
import { concat, toBase64Url, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Store } from '../base/store.ts';
import { DamagedRecord } from '../base/errors.ts';
import { hkdf, hmac } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';
import { randomBytes } from '../crypto/random.ts';
import { openRecord, sealRecord } from './record.ts';
import { decodeSlot, openSlot, type Slot } from './slot.ts';

const OPEN_SLOT = Uint8Array.of(1, 0);
/** Slots stand here, in the clear: `slot/0` to `slot/7`. */
export const SLOT_PREFIX = 'slot/';
export const MAX_SLOTS = 8;
/** What belongs to the vault itself, sealed under its newest key. */
export const VAULT_PREFIX = 'vault/';
export const NAME_KEY_PLACE = `${VAULT_PREFIX}name-key`;
export const FORMER_KEY_PLACE = `${VAULT_PREFIX}former-key`;
/** After how long this device locks the vault by itself. */
export const LOCK_AFTER_PLACE = 'settings/lock-after';
const NO_SALT: Bytes = new Uint8Array(32);

/** A vault that is open: its keys, 32 bytes each. */
export interface Vault {
  readonly key: Bytes;
  readonly recordKey: Bytes;
  readonly nameKey: Bytes;
  /** Of records that were sealed before the vault's key was changed, while there are any left. */
  readonly formerKey: Bytes | undefined;
}

/** Makes a vault in an empty store, its key in an open slot. @param nameKey - of a vault whose hidden names are to be kept */
export async function createVault(store: Store, nameKey?: Bytes): Promise<Vault> {
  const key = randomBytes(32);
  const changes = new Map([[`${SLOT_PREFIX}0`, encodeOpenSlot(key)]]);
  if (nameKey) changes.set(NAME_KEY_PLACE, await sealRecord(await recordKeyOf(key), NAME_KEY_PLACE, nameKey));
  await store.write(changes);
  return vaultOf(store, key);
}

/** Opens the vault of a store by its open slot. @returns `undefined` without one: ask `readSlots`. @throws DamagedRecord */
export async function openVault(store: Store): Promise<Vault | undefined> {
  const slot = await store.get(`${SLOT_PREFIX}0`);
  if (!slot) return undefined;
  const key = openKeyIn(slot);
  if (!key && !decodeSlot(slot)) throw new DamagedRecord();
  return key && vaultOf(store, key);
}

/**
 * The slots of a protected vault, by their numbers; none if it is open, or not there. One that is damaged must not keep
 * the others closed. @throws DamagedRecord if there are slots, and all are
 */
export async function readSlots(store: Store): Promise<Map<number, Slot>> {
  const slots = new Map<number, Slot>();
  const records = await store.list(SLOT_PREFIX, MAX_SLOTS);
  for (const [place, record] of records) {
    const slot = decodeSlot(record);
    if (slot) slots.set(Number(place.slice(SLOT_PREFIX.length)), slot);
  }
  if (slots.size === 0 && records.some(([, record]) => !openKeyIn(record))) throw new DamagedRecord();
  return slots;
}

/** Opens a vault by a slot and its secret. @returns `undefined` if the secret is not the slot's. @throws DamagedRecord */
export async function unlockVault(store: Store, slot: Slot, secret: Bytes): Promise<Vault | undefined> {
  const key = await openSlot(slot, secret);
  return key && vaultOf(store, key);
}

/** The keys of a vault, by the key that its slots hold. @throws DamagedRecord */
export async function vaultOf(store: Store, key: Bytes): Promise<Vault> {
  const recordKey = await recordKeyOf(key);
  const kept = async (place: string): Promise<Bytes | undefined> => {
    const record = await store.get(place);
    const value = record && (await openRecord(recordKey, place, record));
    if (record && value?.length !== 32) throw new DamagedRecord();
    return value;
  };
  const nameKey = (await kept(NAME_KEY_PLACE)) ?? (await hkdf(key, NO_SALT, LABEL.vaultName, 32));
  return { key, recordKey, nameKey, formerKey: await kept(FORMER_KEY_PLACE) };
}

/** The key of the records of a vault with this key. */
export function recordKeyOf(key: Bytes): Promise<Bytes> {
  return hkdf(key, NO_SALT, LABEL.vaultRecord, 32);
}

/** A name that reveals nothing of the person or thing it stands for. */
export async function hiddenName(vault: Vault, secret: Bytes): Promise<string> {
  return toBase64Url((await hmac(vault.nameKey, secret)).slice(0, 16));
}

export function encodeOpenSlot(key: Bytes): Bytes {
  return concat(OPEN_SLOT, key);
}

function openKeyIn(slot: Bytes): Bytes | undefined {
  const isOpen = slot.length === 34 && slot[0] === OPEN_SLOT[0] && slot[1] === OPEN_SLOT[1];
  return isOpen ? slot.slice(2) : undefined;
}
