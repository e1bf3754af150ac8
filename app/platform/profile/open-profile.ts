/** Opening a profile: its vault, its conversations, its protection and its backups, put together. */
import { DamagedRecord } from '../../core/base/errors.ts';
import type { Store } from '../../core/base/store.ts';
import { Backups } from '../../core/chat/backups.ts';
import { Chat } from '../../core/chat/chat.ts';
import { wipe } from '../../core/crypto/wipe.ts';
import { openIdentity } from '../../core/identity/identity.ts';
import { IDENTITY_PLACE } from '../../core/identity/identity-record.ts';
import { sealStore, type SealedStore } from '../../core/identity/sealed-store.ts';
import type { Vault } from '../../core/identity/vault.ts';
import type { OpenLink } from '../../core/transport/link.ts';
import type { Protection, ProtectionParts } from './protection.ts';

/** The records of a profile, as they are on the disk. */
export interface Records extends Store {
  /** How many there are, more or less one. */
  count(): Promise<number>;
}

/** What a platform opens a profile with. */
export interface Platform<P extends Protection> {
  /** Of our server. May depend on what the profile itself remembers. */
  readonly origin: (store: Store) => Promise<string>;
  readonly openSocket: (origin: string) => WebSocket;
  readonly openLink: OpenLink;
  readonly protectionOf: (parts: Omit<ProtectionParts, 'stretch'>) => Promise<P>;
}

/** Makes or opens the vault of a profile's records. */
export type Unlock = (raw: Store) => Promise<Vault | undefined>;

/** A profile that is open. Nothing is sent before its chat is told to `connect`. */
export interface Opened<P extends Protection> {
  readonly chat: Chat;
  /** Who may open it. */
  readonly protection: P;
  readonly backups: Backups;
  /** Its records, unsealed. */
  readonly store: SealedStore;
  /** Of our server. */
  readonly origin: string;
  /** Takes another name, which also stands on a protected profile. @throws ChatError */
  rename(name: string): Promise<void>;
  /** Resolves once what was being written is durable, and the records are closed. */
  close(): Promise<void>;
}

/** Opens a profile; if that fails, its records are closed. @throws ChatError */
export async function openProfile<P extends Protection>(
  raw: Records,
  unlock: Unlock,
  platform: Platform<P>,
): Promise<Opened<P>> {
  let store: SealedStore | undefined;
  try {
    const vault = await unlock(raw);
    if (!vault) throw new DamagedRecord();
    store = sealStore(raw, vault);
    const record = await store.get(IDENTITY_PLACE);
    if (!record) throw new DamagedRecord();
    const identity = await openIdentity(record);
    wipe(record);
    const origin = await platform.origin(store);
    const now = () => Date.now();
    const openSocket = () => platform.openSocket(origin);
    const chat = await Chat.open({ identity, vault, store, origin, openSocket, openLink: platform.openLink, now });
    const protection = await platform.protectionOf({
      name: () => chat.name,
      raw,
      store,
      count: () => raw.count(),
      // Asked for by a person, who has the profile only once all of it is open.
      onrecovery: (secret) => (secret ? backups.setCode(secret) : backups.forgetCode()),
    });
    const isProtected = () => protection.isProtected;
    const backups: Backups = await Backups.open({ chat, store, vault, origin, isProtected, now });
    const rename = async (name: string) => {
      await chat.rename(name);
      await protection.relabel();
    };
    const close = async () => {
      await backups.close();
      await chat.close();
    };
    return { chat, protection, backups, store, origin, rename, close };
  } catch (error) {
    (store ?? raw).close();
    throw error;
  }
}
