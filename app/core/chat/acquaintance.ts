/** What we know of one person, as far as dialling goes, and what a handshake with them changes. */
import { toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import { supersedes, type Card } from '../../../signal/wire/card.ts';
import { LinkError } from '../base/errors.ts';
import { looksLike } from '../base/look-alikes.ts';
import type { Serial } from '../base/serial.ts';
import type { Changes, Store } from '../base/store.ts';
import { isExpired, type InviteKeys } from '../identity/invite.ts';
import type { ProvenPeer } from '../session/handshake.ts';
import { newContact, withoutInvite, type Contact, type Contacts } from './contacts.ts';
import { verdictOn, type InviteBook, type OwnInvite, type Verdict } from './invite-book.ts';

/** Whom we dial, and how: a pinned person, or the maker of an invite that we hold. */
export type DialTarget =
  | { readonly kind: 'pinned'; readonly card: Card }
  /** With the card of whoever was pinned before. */
  | { readonly kind: 'invite'; readonly keys: InviteKeys; readonly card: Card | undefined };

/** How an invite of ours meets someone who proved to hold it. */
export interface Reception {
  readonly verdict: 'welcome' | Verdict;
  readonly keys: InviteKeys;
}

/** The books in which acquaintances stand. */
export interface Books {
  readonly contacts: Contacts;
  readonly invites: InviteBook;
  readonly store: Store;
  /** Whose turn it is to change them. */
  readonly turns: Serial;
  readonly now: () => number;
}

export interface AcquaintanceParts {
  readonly books: Books;
  /** What the directory has; already checked to be a card of this fingerprint. */
  readonly lookUp: (fingerprint: Bytes) => Promise<Card | undefined>;
  /** They have come in by this invite of ours. */
  readonly onjoined: (contact: Contact, own: OwnInvite) => void;
}

export class Acquaintance {
  readonly fingerprint: Bytes;
  readonly #id: string;
  readonly #books: Books;
  readonly #parts: AcquaintanceParts;

  constructor(fingerprint: Bytes, parts: AcquaintanceParts) {
    this.fingerprint = fingerprint;
    this.#id = toHex(fingerprint);
    this.#books = parts.books;
    this.#parts = parts;
  }

  get #contact(): Contact | undefined {
    return this.#books.contacts.get(this.#id);
  }

  /** `undefined` for a stranger, for the maker of an invite that was turned down, and for somebody blocked. */
  get target(): DialTarget | undefined {
    const { status, blocked } = this.#contact ?? {};
    if (!status || blocked) return undefined;
    if (status.kind === 'pinned') return { kind: 'pinned', card: status.card };
    const { invite, keys, card, refusal } = status;
    if (card && isExpired(invite, this.#books.now())) return { kind: 'pinned', card };
    return refusal === undefined ? { kind: 'invite', keys, card } : undefined;
  }

  /** The newest card there is of a pinned person: the directory's, unless it is older than ours, or cannot be asked. */
  async newestCard(known: Card): Promise<Card> {
    const found = await this.#parts.lookUp(this.fingerprint);
    return found && supersedes(found, known) ? found : known;
  }

  /** How our invite of this id meets them; `undefined` if it is not ours, or hidden from all but those we know. */
  reception(inviteId: string): Reception | undefined {
    const own = this.#books.invites.get(inviteId);
    if (own?.hidden && !this.#contact) return undefined;
    return own && { verdict: verdictOn(own, this.fingerprint, this.#books.now()), keys: own.keys };
  }

  /**
   * Pins whom a handshake proved, and marks the invite that let them in as used, in one transaction. Someone we know
   * already uses up none.
   * @param write - makes the records durable, with what else belongs to them; if it gives false, nothing was changed.
   * @throws LinkError if that invite does not let them in any more, or they are blocked or were deleted; StorageError
   */
  commit(
    { card, name }: ProvenPeer,
    inviteId: string | undefined,
    write: (changes: Changes) => Promise<boolean> = (changes) => this.#write(changes),
  ): Promise<void> {
    const { contacts, invites, turns, now } = this.#books;
    return turns.run(async () => {
      const own = inviteId === undefined ? undefined : invites.get(inviteId);
      // Someone else may have come by the same invite while this handshake ran, or it was cancelled.
      if (own && verdictOn(own, card.fingerprint, now()) !== 'welcome') throw new LinkError('closed');
      const known = this.#contact;
      // Or they were blocked meanwhile, or their conversation deleted.
      if (known ? known.blocked : !own || own.hidden) throw new LinkError('closed');
      const contact: Contact = {
        ...(known ?? newContact(card.fingerprint, now())),
        name,
        verified: known?.verified === true && !this.#borrows(known.name, name),
        status: { kind: 'pinned', card },
      };
      const spends = own?.status.kind === 'live' && known?.status.kind !== 'pinned';
      const used = spends ? { ...own, status: usedBy(card.fingerprint), told: false } : undefined;
      const changes = [await contacts.record(contact)];
      if (used) changes.push(await invites.record(used));
      if (!(await write(new Map(changes)))) return;
      contacts.keep(contact);
      if (!used) return;
      invites.keep(used);
      this.#parts.onjoined(contact, used);
    });
  }

  async #write(changes: Changes): Promise<boolean> {
    await this.#books.store.write(changes);
    return true;
  }

  /** Whether another name of theirs is somebody else's here: the keys were compared under the former. */
  #borrows(former: string, name: string): boolean {
    if (looksLike(former, name)) return false;
    return this.#books.contacts.all().some((other) => other.id !== this.#id && looksLike(other.name, name));
  }

  /** The maker of the invite that we hold has turned it down. */
  refuse(refusal: Verdict): Promise<void> {
    return this.#books.contacts.update(this.#id, (contact) => {
      if (contact?.status.kind !== 'invited') return undefined;
      return { ...contact, status: withoutInvite(contact.status) ?? { ...contact.status, refusal } };
    });
  }
}

function usedBy(by: Bytes) {
  return { kind: 'used', by } as const;
}
