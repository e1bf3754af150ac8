/** All that a profile's records say besides its conversations, opened: each book is the one place that changes its records. */
import { StorageError } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';
import type { Identity } from '../identity/identity.ts';
import { OwnPrekeys } from '../identity/prekeys/own-prekeys.ts';
import type { Vault } from '../identity/vault.ts';
import { finishErasing } from '../log/erase.ts';
import type { Books } from './acquaintance.ts';
import { Contacts } from './contacts.ts';
import { HandleBook } from './handle-book.ts';
import { InviteBook } from './invite-book.ts';
import { Senders } from './senders.ts';
import { Settings } from './settings.ts';

export interface BooksParts {
  /** As its record in the store has it now. */
  readonly identity: Identity;
  readonly vault: Vault;
  /** The profile's records, sealed. */
  readonly store: Store;
  /** Our server, as the origin that we dial and that invites name. */
  readonly origin: string;
  readonly now: () => number;
}

export interface AllBooks extends Books {
  readonly handles: HandleBook;
  readonly senders: Senders;
  readonly prekeys: OwnPrekeys;
  readonly settings: Settings;
}

/** Opens the books of a profile, and finishes what was interrupted when it was last open. @throws DamagedRecord, StorageError */
export async function openBooks({ store, vault, origin, identity, now }: BooksParts): Promise<AllBooks> {
  const inviter = identity.card.fingerprint;
  const turns = new Serial();
  await finishErasing(store);
  const contacts = await Contacts.open(store, vault, turns, origin);
  const invites = await InviteBook.open(store, vault, turns, { origin, inviter, now: now() });
  const handles = await HandleBook.open(store, vault, turns);
  const senders = await Senders.open(store, vault, contacts);
  const prekeys = await OwnPrekeys.open(store, vault, identity);
  // A full disk keeps nobody out: it is tried again before the next ones are published.
  await prekeys.prune(now()).catch((error: unknown) => {
    if (!(error instanceof StorageError)) throw error;
  });
  const settings = await Settings.open(store);
  return { contacts, invites, store, turns, now, handles, senders, prekeys, settings };
}
