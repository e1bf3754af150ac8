/** Profiles to be backed up and restored, in memory. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import type { Store } from '../../app/core/base/store.ts';
import { newAccess, type Access } from '../../app/core/backup/access.ts';
import { backUp } from '../../app/core/backup/back-up.ts';
import type { BackupPlace } from '../../app/core/backup/place.ts';
import { findBackup, restoreInto } from '../../app/core/backup/restore.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { openIdentity } from '../../app/core/identity/identity.ts';
import { IDENTITY_PLACE } from '../../app/core/identity/identity-record.ts';
import { sealStore } from '../../app/core/identity/sealed-store.ts';
import { createVault, hiddenName, openVault, type Vault } from '../../app/core/identity/vault.ts';
import { conversationOf } from '../../app/core/log/entry.ts';
import { Log } from '../../app/core/log/log.ts';
import { contents } from './conversations.ts';
import { recordOf } from './identities.ts';
import { memoryStore } from './memory-store.ts';

/** A profile: its records as they lie on the disk, and opened. */
export interface Profile {
  readonly records: Map<string, Bytes>;
  readonly store: Store;
  readonly vault: Vault;
}

export async function newProfile(name: string): Promise<Profile> {
  const records = new Map<string, Bytes>();
  const raw = memoryStore(records);
  const vault = await createVault(raw);
  const store = sealStore(raw, vault);
  await store.write(new Map([[IDENTITY_PLACE, await recordOf(name)]]));
  return { records, store, vault };
}

/** The log of a profile with somebody of this fingerprint. */
export async function logWith({ store, vault }: Profile, them: Bytes): Promise<Log> {
  const us = (await openIdentity((await store.get(IDENTITY_PLACE))!)).card.fingerprint;
  const id = await conversationOf(us, them);
  return Log.open(store, await hiddenName(vault, id), { id, us, them });
}

/** Writes texts into a log, each in a record of its own. */
export async function writeEach(log: Log, ...texts: string[]): Promise<void> {
  for (const text of texts) await log.write(contents(text), 1000);
}

/** All texts of a log, in their order. */
export async function textsIn(log: Log): Promise<string[]> {
  const pages = await log.page(Number.MAX_SAFE_INTEGER);
  return pages.reverse().flatMap(({ messages }) => messages.map(({ content }) => content.text));
}

/** Everything a profile keeps, by place, unsealed. */
export async function contentsOf({ store }: Profile): Promise<Map<string, Bytes>> {
  return new Map(await store.list('', Number.MAX_SAFE_INTEGER));
}

/** Who backs up: the secret of a recovery code, and what it gives. */
export interface Keeper {
  readonly secret: Bytes;
  readonly access: Access;
}

export async function newKeeper(): Promise<Keeper> {
  const secret = randomBytes(16);
  return { secret, access: await newAccess(secret) };
}

/** Backs a profile up. @returns the manifest, if it is a new one */
export async function backedUp(
  { store, vault }: Profile,
  { access }: Keeper,
  place: BackupPlace,
  date: number,
  always = true,
) {
  const { name, card } = await openIdentity((await store.get(IDENTITY_PLACE))!);
  const profile = { isProtected: false, fingerprint: card.fingerprint, name, nameKey: vault.nameKey };
  return backUp({ store, access, place, profile, now: () => 1_700_000_000_000 + date }, always);
}

/** Restores what is in a place into a new profile. */
export async function restored(place: BackupPlace, secret: Bytes): Promise<Profile> {
  const records = new Map<string, Bytes>();
  const raw = memoryStore(records);
  const found = await findBackup(place, secret);
  await createVault(raw, found.manifest.nameKey);
  const vault = (await openVault(raw))!;
  const store = sealStore(raw, vault);
  await restoreInto(store, found, true, Date.now());
  return { records, store, vault };
}
