/** The profiles of this browser: one database each, one tab at a time. */
import { equal, toHex } from '../../../signal/wire/bytes.ts';
import { fingerprintOf } from '../../../signal/wire/keys.ts';
import { Chat } from '../../core/chat/chat.ts';
import type { Invite } from '../../core/chat/preview.ts';
import { randomBytes } from '../../core/crypto/random.ts';
import { ChatError, DamagedRecord } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import {
  createIdentity,
  generateKeyPairs,
  IDENTITY_PLACE,
  nameInRecord,
  openIdentity,
  type KeyPairs,
} from '../../core/identity/identity.ts';
import { sealStore } from '../../core/identity/sealed-store.ts';
import { createVault, openVault, type Vault } from '../../core/identity/vault.ts';
import type { OpenLink } from '../../core/transport/link.ts';
import { deleteIdbStore, openIdbStore } from './idb-store.ts';
import { createByPassphrase, isProtected, readLabel, unlockByPassphrase, writeLabel } from './protection.ts';
import { heldProfiles, holdProfile, takeProfile, type TabLock } from './tabs.ts';

const DATABASE_PREFIX = 'sotto-';
const REMEMBERED = 'sotto-profile';

export interface ProfileEntry {
  readonly id: string;
  /** Of a protected profile, too: it stands on it, as a name on a diary. */
  readonly name: string;
  /** By another tab. */
  readonly held: boolean;
}

export interface OpenProfile {
  readonly id: string;
  readonly chat: Chat;
  /** Whether a passphrase opens it. */
  readonly isProtected: boolean;
  /** Resolves once this tab no longer has the profile: another tab took it, or our server met a newer connection. */
  readonly lost: Promise<void>;
  /** Leaves the profile free for other tabs. */
  close(): Promise<void>;
}

/** What a new profile starts with. */
export interface Beginning {
  /** Protects the profile. */
  readonly passphrase?: string | undefined;
  /** The pair that signs, if the person brought their own. */
  readonly signing?: CryptoKeyPair | undefined;
  /** A private server's access token. */
  readonly token?: string | undefined;
  /** The invite that brought the person here, and its maker's name. */
  readonly invite?: Invite | undefined;
  readonly inviterName?: string | undefined;
}

export class Profiles {
  readonly #loadLink: () => Promise<OpenLink>;
  #keys: Promise<KeyPairs> | undefined;

  /** @param loadLink - loads what opens links, once a profile is opened. */
  constructor(loadLink: () => Promise<OpenLink>) {
    this.#loadLink = loadLink;
  }

  /** All profiles, by name. One that was never finished is removed. */
  async list(): Promise<ProfileEntry[]> {
    const ids = await profileIds();
    const names = await Promise.all(ids.map(async (id) => ({ id, name: (await nameOf(id)) ?? (await discard(id)) })));
    const held = await heldProfiles();
    const entries = names.flatMap(({ id, name }) => (name === undefined ? [] : [{ id, name, held: held.has(id) }]));
    return entries.sort((a, b) => a.name.localeCompare(b.name));
  }

  /** The profile that this tab had before it was reloaded. */
  remembered(): string | undefined {
    return sessionStorage.getItem(REMEMBERED) ?? undefined;
  }

  /** Starts making keys, so that they are there when a name has been typed. */
  prepareKeys(): void {
    this.#keys ??= generateKeyPairs();
    // Whoever needs them hears of a failure.
    this.#keys.catch(() => undefined);
  }

  /** Makes a profile, durable, and opens it in this tab. @throws ChatError */
  async create(name: string, beginning: Beginning): Promise<OpenProfile> {
    this.prepareKeys();
    const { signing } = beginning;
    if (signing && (await isTaken(signing.publicKey))) {
      throw new ChatError('These keys are those of another profile in this browser. Open that profile instead.');
    }
    const keys = await this.#keys!;
    const record = await createIdentity(signing ? { ...keys, signing } : keys, name, Date.now());
    this.#keys = undefined;
    const id = toHex(randomBytes(8));
    const lock = await takeProfile(id);
    return this.#open(id, lock, beginning, async (raw) => {
      const { passphrase } = beginning;
      const vault = passphrase === undefined ? await createVault(raw) : await createByPassphrase(raw, passphrase);
      await sealStore(raw, vault).write(new Map([[IDENTITY_PLACE, record]]));
      // Last, as a profile without a name was never finished.
      if (passphrase !== undefined) await writeLabel(raw, nameInRecord(record));
      return vault;
    });
  }

  /** Opens a profile in this tab, unless another has it, or it wants a passphrase. @throws ChatError */
  async open(id: string): Promise<OpenProfile | 'held' | 'locked'> {
    const lock = await holdProfile(id);
    if (!lock) return 'held';
    if (!(await reading(id, isProtected))) return this.#open(id, lock, {}, openVault);
    lock.release();
    return 'locked';
  }

  /** Opens a profile in this tab, and closes it in the one that has it; unless it wants a passphrase. @throws ChatError */
  async take(id: string): Promise<OpenProfile | 'locked'> {
    return (await reading(id, isProtected)) ? 'locked' : this.#open(id, await takeProfile(id), {}, openVault);
  }

  /** Opens a protected profile in this tab, and closes it in any other. @throws ChatError if that is not its passphrase */
  async unlock(id: string, passphrase: string): Promise<OpenProfile> {
    const vault = await reading(id, (store) => unlockByPassphrase(store, passphrase));
    return this.#open(id, await takeProfile(id), {}, async () => vault);
  }

  /** Opens what a lock is held for; if that fails, closes all of it again. */
  async #open(id: string, lock: TabLock, beginning: Beginning, unlock: Unlock): Promise<OpenProfile> {
    let profile: OpenProfile | undefined;
    try {
      const chat = await this.#openChat(DATABASE_PREFIX + id, unlock);
      profile = follow(id, chat, lock, await reading(id, isProtected));
      if (beginning.invite) await chat.join(beginning.invite, beginning.inviterName);
      chat.connect(beginning.token);
      sessionStorage.setItem(REMEMBERED, id);
      return profile;
    } catch (error) {
      await profile?.close();
      lock.release();
      throw error;
    }
  }

  async #openChat(database: string, unlock: Unlock): Promise<Chat> {
    const openLink = await this.#loadLink();
    const raw = await openIdbStore(database, 'own');
    try {
      const vault = await unlock(raw);
      const store = vault && sealStore(raw, vault);
      const record = await store?.get(IDENTITY_PLACE);
      if (!store || !record) throw new DamagedRecord();
      const { origin } = location;
      return await Chat.open({
        identity: await openIdentity(record),
        vault,
        store,
        origin,
        openSocket: () => new WebSocket(`${origin.replace(/^http/, 'ws')}/signal`),
        openLink,
        now: () => Date.now(),
      });
    } catch (error) {
      raw.close();
      throw error;
    }
  }
}

/** Makes or opens the vault of a profile's records. */
type Unlock = (raw: Store) => Promise<Vault | undefined>;

/** Ties an open chat to its tab: it closes with the page, when another tab or place takes the profile, or when told to. */
function follow(id: string, chat: Chat, lock: TabLock, isProtected: boolean): OpenProfile {
  const unfollow = followPage(chat);
  const close = async () => {
    unfollow();
    await chat.close();
    lock.release();
  };
  const replaced = new Promise<void>((resolve) => {
    chat.subscribe(() => chat.server === 'replaced' && resolve());
  });
  return { id, chat, isProtected, close, lost: Promise.race([lock.wanted, replaced]).then(close) };
}

/** The name on a profile; `undefined` if it was never finished. One that cannot be read must not hide the others. */
function nameOf(id: string): Promise<string | undefined> {
  return reading(id, async (store) => {
    try {
      if (await isProtected(store)) return await readLabel(store);
      const vault = await openVault(store);
      const record = vault && (await sealStore(store, vault).get(IDENTITY_PLACE));
      return record && nameInRecord(record);
    } catch (error) {
      if (error instanceof DamagedRecord) return `Unreadable profile ${id.slice(0, 4)}`;
      throw error;
    }
  });
}

async function profileIds(): Promise<string[]> {
  const databases = await indexedDB.databases();
  return databases.flatMap(({ name }) =>
    name?.startsWith(DATABASE_PREFIX) ? [name.slice(DATABASE_PREFIX.length)] : [],
  );
}

/** Whether a signing key is a profile's already, of those that can be looked into without a passphrase. */
async function isTaken(publicKey: CryptoKey): Promise<boolean> {
  const fingerprint = await fingerprintOf(new Uint8Array(await crypto.subtle.exportKey('spki', publicKey)));
  const owners = (await profileIds()).map((id) =>
    reading(id, async (store) => {
      try {
        const vault = await openVault(store);
        const record = vault && (await sealStore(store, vault).get(IDENTITY_PLACE));
        return record !== undefined && equal((await openIdentity(record)).card.fingerprint, fingerprint);
      } catch (error) {
        if (error instanceof DamagedRecord) return false;
        throw error;
      }
    }),
  );
  return (await Promise.all(owners)).includes(true);
}

/** Looks into a profile's records without owning them. */
async function reading<T>(id: string, look: (store: Store) => Promise<T>): Promise<T> {
  const store = await openIdbStore(DATABASE_PREFIX + id, 'read');
  try {
    return await look(store);
  } finally {
    store.close();
  }
}

/** Removes a profile that was never finished, unless a tab is making it just now. @returns its name if it has one. */
async function discard(id: string): Promise<string | undefined> {
  const lock = await holdProfile(id);
  if (!lock) return undefined;
  const name = await nameOf(id);
  if (name === undefined) await deleteIdbStore(DATABASE_PREFIX + id);
  lock.release();
  return name;
}

/**
 * Closes links when the page goes, so that others see it at once, and tries the server again when it is looked at.
 * @returns the way to stop.
 */
function followPage(chat: Chat): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  addEventListener('pagehide', () => void chat.close(), { signal });
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload(), { signal });
  addEventListener('online', () => chat.hurry(), { signal });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && chat.hurry(), {
    signal,
  });
  return () => stop.abort();
}
