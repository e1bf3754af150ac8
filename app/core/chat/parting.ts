/**
 * Parting from people: blocking them, and deleting a conversation. They are not told; to them we are away. For that our server
 * is asked to be silent about us: we watch them no more, and the invite that they came by leads to us no more.
 */
import { erase } from '../log/erase.ts';
import type { Books } from './acquaintance.ts';
import type { Contact } from './contacts.ts';
import type { OwnInvite } from './invite-book.ts';
import type { Roster } from './roster.ts';
import type { Senders } from './senders.ts';

export interface PartingParts {
  readonly books: Books;
  readonly roster: Roster;
  readonly senders: Senders;
  /** They are not to be heard of any more, nor to hear of us. */
  readonly onparted: (contact: Contact) => void;
}

export class Parting {
  readonly #parts: PartingParts;

  constructor(parts: PartingParts) {
    this.#parts = parts;
  }

  /** From now on nothing of theirs is taken, nor anything sent to them. What both wrote stays. @throws StorageError */
  async block(id: string): Promise<void> {
    const { books, roster, onparted } = this.#parts;
    const blocked = await books.turns.run(async () => {
      const known = books.contacts.get(id);
      if (!known) return undefined;
      const contact = { ...known, blocked: true };
      const invites = books.invites.usedBy(known.fingerprint).map(hidden);
      const records = [books.contacts.record(contact), ...invites.map((own) => books.invites.record(own))];
      await books.store.write(new Map(await Promise.all(records)));
      books.contacts.keep(contact);
      for (const own of invites) books.invites.keep(own);
      return contact;
    });
    roster.setBlocked(id, true);
    if (blocked) onparted(blocked);
  }

  /** Takes it back. @returns whom to watch again @throws StorageError */
  async unblock(id: string): Promise<Contact | undefined> {
    const { books, roster } = this.#parts;
    await books.contacts.update(id, (known) => known && { ...known, blocked: false });
    roster.setBlocked(id, false);
    return books.contacts.get(id);
  }

  /**
   * Forgets somebody, and erases what both wrote. In one write they are a stranger, and all of it is marked; the rest
   * follows, now or when the profile is opened again. @throws StorageError
   */
  async delete(id: string): Promise<void> {
    const { books, roster, senders, onparted } = this.#parts;
    const log = roster.get(id)?.log;
    const contact = books.contacts.get(id);
    if (!contact || !log) return;
    const erasure = await books.turns.run(async () => {
      const invites = books.invites.usedBy(contact.fingerprint).map(withdrawn);
      const records = await Promise.all(invites.map((own) => books.invites.record(own)));
      const place = await books.contacts.place(contact);
      const removal = await senders.removal(contact.fingerprint);
      const marked = await log.forget(new Map([[place, undefined], removal, ...records]));
      books.contacts.forget(contact);
      senders.removed(contact.fingerprint);
      for (const own of invites) books.invites.keep(own);
      return marked;
    });
    const erased = erase(books.store, erasure);
    roster.remove(id, erased);
    onparted(contact);
    await erased;
  }
}

function hidden(own: OwnInvite): OwnInvite {
  return { ...own, hidden: true, told: false };
}

/** Hidden, and without a word of whoever used it. */
function withdrawn(own: OwnInvite): OwnInvite {
  return { ...hidden(own), status: { kind: 'cancelled' } };
}
