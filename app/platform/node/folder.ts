/** A folder with one profile, which one process has at a time. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ChatError, StorageError } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import { generateKeyPairs } from '../../core/identity/identity.ts';
import type { Way } from '../../core/identity/slot.ts';
import { openVault, type Vault } from '../../core/identity/vault.ts';
import type { OpenLink } from '../../core/transport/link.ts';
import { nameOn, waysInto } from '../profile/glance.ts';
import { newProfile } from '../profile/new-profile.ts';
import { openProfile, type Opened, type Records, type Unlock } from '../profile/open-profile.ts';
import { openByPassphrase } from '../profile/passphrase.ts';
import { Protection, type Progress } from '../profile/protection.ts';
import type { OpenedBackup } from '../profile/restoring.ts';
import { rememberedServer, rememberServer } from './server-record.ts';
import { openSocket } from './socket.ts';
import { eraseSqliteStore, openSqliteStore } from './sqlite-store.ts';
import { stretch } from './stretch.ts';

const FILE = 'profile.sqlite';
/** Records removed at once. */
const PAGE = 100;

export type OpenProfile = Opened<Protection>;

/** What a person gives to open a protected profile. */
export type Proof = { readonly passphrase: string } | { readonly recoveryCode: string };

/** What a new profile starts with. */
export interface Beginning {
  readonly name: string;
  /** Of the server that it is at. */
  readonly origin: string;
  /** Protects the profile. */
  readonly passphrase?: string | undefined;
  /** The pair that signs, if the person brought their own. */
  readonly signing?: CryptoKeyPair | undefined;
}

export class Folder {
  readonly #path: string;
  readonly #raw: Records;
  readonly #loadLink: () => Promise<OpenLink>;
  /** Of the profile in it; `undefined` if there is none. */
  readonly name: string | undefined;
  /** What protects the profile; nothing if it opens by itself. */
  readonly ways: readonly Way['kind'][];

  private constructor(
    path: string,
    raw: Records,
    loadLink: () => Promise<OpenLink>,
    seen: Pick<Folder, 'name' | 'ways'>,
  ) {
    this.#path = path;
    this.#raw = raw;
    this.#loadLink = loadLink;
    this.name = seen.name;
    this.ways = seen.ways;
  }

  /**
   * Takes a folder until it is closed, or the profile that was opened in it is. One that it makes is its owner's alone.
   * @param loadLink - loads what opens links, once a profile is opened. @throws InUse if another process has it; ChatError
   */
  static async open(folder: string, loadLink: () => Promise<OpenLink>): Promise<Folder> {
    const path = join(folder, FILE);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch {
      throw new StorageError('failed');
    }
    const raw = openSqliteStore(path);
    try {
      const name = await nameOn(raw, 'Unreadable profile');
      return new Folder(path, raw, loadLink, { name, ways: await waysInto(raw) });
    } catch (error) {
      raw.close();
      throw error;
    }
  }

  /** Makes a profile, durable, and opens it. @throws ChatError */
  async create(beginning: Beginning): Promise<OpenProfile> {
    const write = await newProfile({ ...beginning, keys: generateKeyPairs }, stretch);
    await this.#empty();
    return this.#open(write, beginning.origin);
  }

  /**
   * Opens the profile.
   * @param proof - for a protected one. @param origin - of another server than it was at: it is at that one from now on.
   * @throws ChatError; the folder stays open if it was the proof
   */
  async unlock(proof?: Proof, origin?: string): Promise<OpenProfile> {
    if (!proof && this.ways.length > 0) {
      throw new ChatError('This profile is protected. Give its passphrase or its recovery code.');
    }
    const vault = await (proof ? unlockBy(this.#raw, proof) : openVault(this.#raw));
    return this.#open(async () => vault, origin);
  }

  /** Makes a profile of a backup, durable, and opens it; it is then protected by the recovery code, if at all. @throws ChatError */
  async restore(found: OpenedBackup, origin: string, onprogress: (progress: Progress) => void): Promise<OpenProfile> {
    await this.#empty();
    try {
      return await this.#open((raw) => found.writeTo(raw, onprogress), origin);
    } catch (error) {
      eraseSqliteStore(this.#path);
      throw error;
    }
  }

  /** Deletes and overwrites all of the profile, and closes the folder. @throws StorageError */
  erase(): void {
    this.#raw.close();
    eraseSqliteStore(this.#path);
  }

  /** Leaves the folder free for others. */
  close(): void {
    this.#raw.close();
  }

  /** Removes what is left of a profile that was never finished. @throws ChatError if there is one */
  async #empty(): Promise<void> {
    if (this.name !== undefined) throw new ChatError('There is a profile in this folder already. Give another folder.');
    for (;;) {
      const records = await this.#raw.list('', PAGE);
      if (records.length === 0) return;
      await this.#raw.write(new Map(records.map(([key]) => [key, undefined])));
    }
  }

  async #open(unlock: Unlock, server: string | undefined): Promise<OpenProfile> {
    const openLink = await this.#loadLink();
    return openProfile(this.#raw, unlock, {
      origin: (store) => serverOf(store, server),
      openSocket,
      openLink,
      protectionOf: (parts) => new Protection({ ...parts, stretch }),
    });
  }
}

async function unlockBy(raw: Store, proof: Proof): Promise<Vault> {
  if ('passphrase' in proof) return openByPassphrase(raw, proof.passphrase, stretch);
  const { openByRecoveryCode } = await import('../profile/recovery-code.ts');
  return openByRecoveryCode(raw, proof.recoveryCode);
}

/** @param named - remembered, if it is another than before. */
async function serverOf(store: Store, named: string | undefined): Promise<string> {
  const remembered = await rememberedServer(store);
  const server = named ?? remembered;
  if (server === undefined) throw new ChatError('It is not known which server this profile is at. Name it.');
  if (server !== remembered) await rememberServer(store, server);
  return server;
}
