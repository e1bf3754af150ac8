/**
 * The vault: a random key under which every record of a profile is sealed. An open slot keeps it in the same browser,
 * for profiles without a passphrase: that protects nothing from someone who copies the disk.
 *
 *     slot    version u8 = 1 | kind u8 = 0 (open) | vault key 32
 *     record  version u8 = 1 | iv 12 | AES-256-GCM under HKDF(vault key, "record"), its place as associated data
 */
import { ByteReader, concat, lp, toBase64Url, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Changes, Store } from '../base/store.ts';
import { DamagedRecord } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import { IV_BYTES, open, seal } from '../crypto/aead.ts';
import { hkdf, hmac } from '../crypto/kdf.ts';
import { LABEL } from '../crypto/labels.ts';
import { randomBytes } from '../crypto/random.ts';

const VERSION = 1;
const KIND_OPEN = 0;
const SLOT_PLACE = 'slot/0';
const NO_SALT: Bytes = new Uint8Array(32);

export interface Vault {
  readonly recordKey: Bytes;
  readonly nameKey: Bytes;
}

async function vaultOf(vaultKey: Bytes): Promise<Vault> {
  const [recordKey, nameKey] = await Promise.all([
    hkdf(vaultKey, NO_SALT, LABEL.vaultRecord, 32),
    hkdf(vaultKey, NO_SALT, LABEL.vaultName, 32),
  ]);
  return { recordKey, nameKey };
}

/** Makes a vault in an empty store, its key in an open slot. */
export async function createVault(store: Store): Promise<Vault> {
  const vaultKey = randomBytes(32);
  await store.write(new Map([[SLOT_PLACE, concat(u8(VERSION), u8(KIND_OPEN), vaultKey)]]));
  return vaultOf(vaultKey);
}

/** Opens the vault of a store by its open slot. @returns `undefined` if the store has none. @throws DamagedRecord */
export async function openVault(store: Store): Promise<Vault | undefined> {
  const slot = await store.get(SLOT_PLACE);
  if (!slot) return undefined;
  const reader = new ByteReader(slot);
  const [version, kind, vaultKey] = [reader.u8(), reader.u8(), reader.take(32)];
  if (!reader.done() || version !== VERSION || kind !== KIND_OPEN) throw new DamagedRecord();
  return vaultOf(vaultKey);
}

/** A name that reveals nothing of the person or thing it stands for. */
export async function hiddenName(vault: Vault, secret: Bytes): Promise<string> {
  return toBase64Url((await hmac(vault.nameKey, secret)).slice(0, 16));
}

function aad(place: string): Bytes {
  return concat(LABEL.vaultRecord, u8(VERSION), lp(utf8(place)));
}

async function sealRecord(vault: Vault, place: string, value: Bytes): Promise<Bytes> {
  const iv = randomBytes(IV_BYTES);
  return concat(u8(VERSION), iv, await seal(vault.recordKey, iv, aad(place), value));
}

async function openRecord(vault: Vault, place: string, record: Bytes): Promise<Bytes> {
  const iv = record.slice(1, 1 + IV_BYTES);
  const sealed = record.slice(1 + IV_BYTES);
  const value = record[0] === VERSION ? await open(vault.recordKey, iv, aad(place), sealed) : undefined;
  if (!value) throw new DamagedRecord();
  return value;
}

/**
 * A store whose values are sealed under the vault, each bound to its key, on top of one that keeps the ciphertext.
 * Reading a record that does not open throws DamagedRecord.
 */
export function sealStore(store: Store, vault: Vault): Store {
  // Writes are sealed side by side, and done in the order they were asked for.
  const turns = new Serial();
  return {
    async get(key) {
      const record = await store.get(key);
      return record && openRecord(vault, key, record);
    },
    async write(changes: Changes) {
      const sealed = [...changes].map(
        async ([key, value]) => [key, value && (await sealRecord(vault, key, value))] as const,
      );
      const records = Promise.all(sealed);
      await turns.run(async () => store.write(new Map(await records)));
    },
    async list(prefix, limit, before) {
      const records = await store.list(prefix, limit, before);
      return Promise.all(
        records.map(async ([key, record]): Promise<[string, Bytes]> => [key, await openRecord(vault, key, record)]),
      );
    },
    close: () => store.close(),
  };
}
