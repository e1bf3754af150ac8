/** A folder with one profile, which one process has at a time. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ChatError, DamagedRecord, StorageError } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { generateKeyPairs } from '../../core/identity/identity.ts';
import type { Way } from '../../core/identity/slot.ts';
import { openVault, type Vault } from '../../core/identity/vault.ts';
import type { OpenLink } from '../../core/transport/link.ts';
import { nameOn, waysInto } from '../profile/glance.ts';
import { newProfile } from '../profile/new-profile.ts';
import { openProfile, type Opened, type Records, type Unlock } from '../profile/open-profile.ts';
import { openByPassphrase, passphraseSlot } from '../profile/passphrase.ts';
import { Protection } from '../profile/protection.ts';
import type { OpenedBackup } from '../profile/restoring.ts';
import { rememberedServer, rememberServer } from './server-record.ts';
import { openSocket } from './socket.ts';
import { eraseSqliteStore, finishErasing, openSqliteStore } from './sqlite-store.ts';
import { stretch } from './stretch.ts';

const FILE = 'profile.sqlite';
/** Records removed at once. */
const PAGE = 100;

export type OpenProfile = Opened<Protection>;

/** What a person gives to open a protected profile; `either` is a passphrase or a recovery code. */
export type Proof = { readonly passphrase: string } | { readonly either: string };

/** What can be known of a folder without opening what is in it. */
export interface Seen {
  /** Of the profile in it; `undefined` if there is none. */
  readonly name: string | undefined;
  /** What protects the profile; nothing if it opens by itself. */
  readonly ways: readonly Way['kind'][];
}

const NOTHING: Seen = { name: undefined, ways: [] };

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

export class Folder implements Seen {
  readonly #folder: string;
  readonly #loadLink: () => Promise<OpenLink>;
  /** Nothing is there, nor made, before there is a profile to be put there. */
  #raw: Records | undefined;
  readonly name: Seen['name'];
  readonly ways: Seen['ways'];

  private constructor(folder: string, loadLink: () => Promise<OpenLink>, raw: Records | undefined, seen: Seen) {
    this.#folder = folder;
    this.#loadLink = loadLink;
    this.#raw = raw;
    this.name = seen.name;
    this.ways = seen.ways;
  }

  /**
   * Takes the profile of a folder until that is closed, or the profile that was opened in it is. One that is not there is
   * made with the first profile, as its owner's alone.
   * @param loadLink - loads what opens links, once a profile is opened. @throws InUse if another process has it; ChatError, also if others may write into it
   */
  static async open(folder: string, loadLink: () => Promise<OpenLink>): Promise<Folder> {
    if (existsSync(folder)) {
      checkOurs(folder);
      finishErasing(join(folder, FILE));
    }
    if (!existsSync(join(folder, FILE))) {
      return new Folder(folder, loadLink, undefined, NOTHING);
    }
    const raw = openRecords(folder);
    try {
      return new Folder(folder, loadLink, raw, await look(raw));
    } catch (error) {
      raw.close();
      throw error;
    }
  }

  /** Makes a profile, durable, and opens it. @throws ChatError, also if another process has made one meanwhile */
  async create(beginning: Beginning): Promise<OpenProfile> {
    const write = await newProfile({ ...beginning, keys: generateKeyPairs }, stretch);
    return this.#open(await this.#emptied(), write, beginning.origin);
  }

  /**
   * Opens the profile.
   * @param proof - for a protected one. @param origin - of another server than it was at: it is at that one from now on.
   * @throws ChatError; the folder stays open if it was the proof
   */
  async unlock(proof?: Proof, origin?: string): Promise<OpenProfile> {
    const raw = this.#raw;
    if (!raw) throw new DamagedRecord();
    if (!proof && this.ways.length > 0) {
      throw new ChatError('This profile is protected. Give its passphrase or its recovery code.');
    }
    const vault = await (proof ? unlockBy(raw, proof) : openVault(raw));
    return this.#open(raw, async () => vault, origin);
  }

  /**
   * Makes a profile of a backup, durable, and opens it.
   * @param origin - of the server that it is at from now on. @param passphrase - protects it, and so does the recovery code
   *   then. Without one the recovery code alone does, and only if the profile was protected when it was backed up.
   * @throws ChatError, also if there is a profile already; of one that cannot be made nothing stays
   */
  async restore(found: OpenedBackup, origin: string, passphrase?: string): Promise<OpenProfile> {
    const ways = passphrase === undefined ? [] : [await passphraseSlot(passphrase, stretch)];
    const raw = await this.#emptied();
    try {
      return await this.#open(raw, (store) => found.writeTo(store, () => undefined, ways), origin);
    } catch (error) {
      eraseSqliteStore(join(this.#folder, FILE));
      throw error;
    } finally {
      wipe(...ways.map(({ secret }) => secret));
    }
  }

  /** Deletes and overwrites all of the profile, and closes the folder. @throws StorageError */
  erase(): void {
    this.close();
    eraseSqliteStore(join(this.#folder, FILE));
  }

  /** Leaves the folder free for others. */
  close(): void {
    this.#raw?.close();
  }

  /** Takes the folder for a new profile: what is left of one that was never finished goes. @throws ChatError if there is one */
  async #emptied(): Promise<Records> {
    this.#raw ??= openRecords(this.#folder);
    checkVacant(await look(this.#raw));
    for (;;) {
      const records = await this.#raw.list('', PAGE);
      if (records.length === 0) return this.#raw;
      await this.#raw.write(new Map(records.map(([key]) => [key, undefined])));
    }
  }

  async #open(raw: Records, unlock: Unlock, server: string | undefined): Promise<OpenProfile> {
    const openLink = await this.#loadLink();
    const profile = await openProfile(raw, unlock, {
      origin: (store) => serverOf(store, server),
      openSocket,
      openLink,
      protectionOf: (parts) => Protection.open({ ...parts, stretch }),
    });
    const close = async () => {
      // Most processes end soon: if none waited, records would stay under a key that opens nothing any more, or was open.
      await profile.protection.sealAgain();
      await profile.close();
    };
    return { ...profile, close };
  }
}

/** Makes the folder if need be, and opens what is in it. @throws InUse, ChatError */
function openRecords(folder: string): Records {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    throw new StorageError('failed');
  }
  checkOurs(folder);
  return openSqliteStore(join(folder, FILE));
}

/** @throws ChatError if there is a profile */
export function checkVacant({ name }: Seen): void {
  if (name === undefined) return;
  throw new ChatError('There is a profile in this folder already. Name another one: --data DIR.');
}

async function look(raw: Records): Promise<Seen> {
  const ways = await waysInto(raw).catch((error: unknown) => {
    // Whoever opens it hears of the damage; whoever erases it need not.
    if (error instanceof DamagedRecord) return [];
    throw error;
  });
  return { name: await nameOn(raw, 'Unreadable profile'), ways };
}

/** Whoever may write into the folder of a vault could put another one there. @throws ChatError */
function checkOurs(folder: string): void {
  const seen = statSync(folder);
  if (!seen.isDirectory()) throw new StorageError('failed');
  if (seen.uid !== (process.getuid?.() ?? seen.uid) || (seen.mode & 0o022) !== 0) {
    throw new ChatError('Others may write into this folder. Give one that is yours alone.');
  }
}

async function unlockBy(raw: Store, proof: Proof): Promise<Vault> {
  if ('passphrase' in proof) return openByPassphrase(raw, proof.passphrase, stretch);
  const { openByEither } = await import('../profile/recovery-code.ts');
  return openByEither(raw, proof.either, stretch);
}

/** @param named - remembered, if it is another than before. */
async function serverOf(store: Store, named: string | undefined): Promise<string> {
  const remembered = await rememberedServer(store);
  const server = named ?? remembered;
  if (server === undefined) throw new ChatError('It is not known which server this profile is at. Name it.');
  if (server !== remembered) await rememberServer(store, server);
  return server;
}
