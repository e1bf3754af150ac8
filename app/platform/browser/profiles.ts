/** The profiles of this browser: one database each, one tab at a time. */
import { toHex } from '../../../signal/wire/bytes.ts';
import { ChatError } from '../../core/base/errors.ts';
import type { Progress } from '../../core/base/progress.ts';
import type { Chat } from '../../core/chat/chat.ts';
import type { Invite } from '../../core/chat/preview.ts';
import { randomBytes } from '../../core/crypto/random.ts';
import { generateKeyPairs, type KeyPairs } from '../../core/identity/identity.ts';
import type { Way } from '../../core/identity/slot.ts';
import { openVault } from '../../core/identity/vault.ts';
import type { OpenLink } from '../../core/transport/link.ts';
import { isProtected, waysInto } from '../profile/glance.ts';
import { newProfile } from '../profile/new-profile.ts';
import type { Opened, Unlock } from '../profile/open-profile.ts';
import type { OpenedBackup } from '../profile/restoring.ts';
import { AutoLock } from './auto-lock.ts';
import { deleteIdbStore, eraseIdbStore, openIdbStore } from './idb-store.ts';
import { askOnceUsed } from './keeping.ts';
import { forgetProfiles, knownProfiles, rememberProfile } from './known-profiles.ts';
import { DATABASE_PREFIX, isHere, isTaken, nameOf, profileIds, reading } from './profile-records.ts';
import type { BrowserProtection } from './protection.ts';
import { stretch } from './stretch.ts';
import { heldProfiles, holdProfile, takeProfile, type TabLock } from './tabs.ts';
import { unlockBy, type Proof } from './unlock.ts';

const REMEMBERED = 'sotto-profile';

export interface ProfileEntry {
  readonly id: string;
  /** Of a protected profile, too: it stands on it, as a name on a diary. */
  readonly name: string;
  /** By another tab. */
  readonly held: boolean;
}

export interface OpenProfile extends Pick<Opened<BrowserProtection>, 'chat' | 'protection' | 'backups' | 'rename'> {
  readonly id: string;
  readonly autoLock: AutoLock;
  /**
   * Resolves once this tab no longer has the profile. `taken`: by another tab, or our server met a newer connection. `gone`: its
   * records were deleted.
   */
  readonly lost: Promise<'taken' | 'gone'>;
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

  /** The profiles that this browser should have and does not: it has deleted them. @param entries - those that it has */
  missing(entries: readonly ProfileEntry[]): string[] {
    return knownProfiles().filter((id) => !entries.some((entry) => entry.id === id));
  }

  /** Misses these profiles no longer. */
  forget(ids: readonly string[]): void {
    forgetProfiles(ids);
    if (ids.includes(this.remembered() ?? '')) sessionStorage.removeItem(REMEMBERED);
  }

  /** Forgets who this tab was. */
  leave(): void {
    sessionStorage.removeItem(REMEMBERED);
  }

  /** Deletes all that a profile has here, taking it from the tab that has it. @throws ChatError */
  async erase(id: string): Promise<void> {
    const lock = await takeProfile(id);
    try {
      // First, so that no tab misses what is being erased.
      this.forget([id]);
      await eraseIdbStore(DATABASE_PREFIX + id);
    } finally {
      lock.release();
    }
  }

  /** Starts making keys, so that they are there when a name has been typed. */
  prepareKeys(): void {
    this.#keys ??= generateKeyPairs();
    // Whoever needs them hears of a failure.
    this.#keys.catch(() => undefined);
  }

  /** Makes a profile, durable, and opens it in this tab. @throws ChatError */
  async create(name: string, beginning: Beginning): Promise<OpenProfile> {
    const { signing, passphrase } = beginning;
    this.prepareKeys();
    if (signing && (await isTaken(signing.publicKey))) {
      throw new ChatError('These keys are those of another profile in this browser. Open that profile instead.');
    }
    const write = await newProfile({ name, keys: () => this.#keys!, signing, passphrase }, stretch);
    this.#keys = undefined;
    const id = toHex(randomBytes(8));
    const lock = await takeProfile(id);
    return this.#open(id, lock, beginning, write);
  }

  /**
   * Makes a profile of a backup, durable, and opens it in this tab. One that was protected is protected by the recovery code.
   * @param signedIn - the fingerprint of whoever this tab is, in hexadecimal. @param onprogress - told how far it is.
   * @throws ChatError; then nothing of it is here
   */
  async restore(
    found: OpenedBackup,
    signedIn: string | undefined,
    onprogress: (progress: Progress) => void,
  ): Promise<OpenProfile> {
    const here = found.summary.fingerprint === signedIn || (await isHere(found.fingerprint));
    if (here) {
      throw new ChatError(
        'This profile is in this browser already. Open it instead, or erase it before you restore it.',
      );
    }
    const id = toHex(randomBytes(8));
    const lock = await takeProfile(id);
    try {
      return await this.#open(id, lock, {}, (raw) => found.writeTo(raw, onprogress));
    } catch (error) {
      await deleteIdbStore(DATABASE_PREFIX + id).catch(() => undefined);
      throw error;
    }
  }

  /** Opens a profile in this tab, unless another has it, or it wants a passphrase. @throws ChatError */
  async open(id: string): Promise<OpenProfile | 'held' | 'locked'> {
    const lock = await holdProfile(id);
    if (!lock) return 'held';
    const locked = await reading(id, isProtected).catch((error: unknown) => {
      lock.release();
      throw error;
    });
    if (!locked) return this.#open(id, lock, {}, openVault);
    lock.release();
    return 'locked';
  }

  /** Opens a profile in this tab, and closes it in the one that has it; unless it wants a passphrase. @throws ChatError */
  async take(id: string): Promise<OpenProfile | 'locked'> {
    return (await reading(id, isProtected)) ? 'locked' : this.#open(id, await takeProfile(id), {}, openVault);
  }

  /** The ways into a protected profile. @throws ChatError */
  ways(id: string): Promise<readonly Way['kind'][]> {
    return reading(id, waysInto);
  }

  /** Opens a protected profile in this tab, and closes it in any other. @throws ChatError if that does not open it */
  async unlock(id: string, proof: Proof): Promise<OpenProfile> {
    const vault = await reading(id, (store) => unlockBy(store, proof));
    return this.#open(id, await takeProfile(id), {}, async () => vault);
  }

  /** Opens what a lock is held for; if that fails, closes all of it again. */
  async #open(id: string, lock: TabLock, beginning: Beginning, unlock: Unlock): Promise<OpenProfile> {
    let profile: OpenProfile | undefined;
    try {
      profile = follow(id, await this.#openChat(DATABASE_PREFIX + id, unlock), lock);
      const { chat } = profile;
      rememberProfile(id);
      askOnceUsed(chat);
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

  async #openChat(database: string, unlock: Unlock): Promise<OpenedHere> {
    // All that talks: nobody needs it before there is a profile.
    const [openLink, { openProfile }, { BrowserProtection }] = await Promise.all([
      this.#loadLink(),
      import('../profile/open-profile.ts'),
      import('./protection.ts'),
    ]);
    let ongone: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (ongone = resolve));
    const raw = await openIdbStore(database, 'own', ongone);
    const opened = await openProfile(raw, unlock, {
      origin: () => Promise.resolve(location.origin),
      openSocket: (origin) => new WebSocket(`${origin.replace(/^http/, 'ws')}/signal`),
      openLink,
      protectionOf: (parts) => BrowserProtection.open({ ...parts, stretch }),
    });
    try {
      return { ...opened, autoLock: await AutoLock.open(opened.store), gone };
    } catch (error) {
      await opened.close();
      throw error;
    }
  }
}

interface OpenedHere extends Opened<BrowserProtection> {
  readonly autoLock: AutoLock;
  readonly gone: Promise<void>;
}

/** Ties an open chat to its tab: it closes with the page, when another tab or place takes the profile, or when told to. */
function follow(id: string, { gone, ...opened }: OpenedHere, lock: TabLock): OpenProfile {
  const { chat } = opened;
  const unfollow = followPage(chat);
  const close = async () => {
    unfollow();
    await opened.close();
    lock.release();
  };
  const replaced = new Promise<void>((resolve) => {
    chat.subscribe(() => chat.server === 'replaced' && resolve());
  });
  const taken = Promise.race([lock.wanted, replaced]).then(() => 'taken' as const);
  const lost = Promise.race([taken, gone.then(() => 'gone' as const)]).then(async (reason) => {
    // Also where all that this browser had written down was deleted with it.
    if (reason === 'gone') rememberProfile(id);
    await close();
    return reason;
  });
  return { ...opened, id, close, lost };
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
 * Closes links when the page goes, so that others see it at once, and tries the server and links again when it is looked
 * at, or the network has changed.
 * @returns the way to stop.
 */
function followPage(chat: Chat): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  addEventListener('pagehide', () => void chat.close(), { signal });
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload(), { signal });
  addEventListener('online', () => chat.hurry(), { signal });
  // Chromium's word that the device is on another network; others have no such event.
  networkOf(navigator)?.addEventListener('change', () => chat.hurry(), { signal });
  // A frozen page goes on.
  document.addEventListener('resume', () => chat.hurry(), { signal });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && chat.hurry(), {
    signal,
  });
  return () => stop.abort();
}

function networkOf(navigator: Navigator & { readonly connection?: EventTarget }): EventTarget | undefined {
  return navigator.connection;
}
