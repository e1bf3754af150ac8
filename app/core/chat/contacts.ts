/**
 * The people we know, one sealed record each: whom we have met, and whose invite we opened and wait for.
 *
 *     record  version u8 = 1 | fingerprint 32 | LP(name) | added u64 | flags u8 (1 verified, 2 blocked, 4 leave parcels,
 *             8 leave none) | status u8
 *             | 0 (pinned): LP(card)
 *             | 1 (invited): secret 32 | expiry u64 | refusal u8 (0 none, 1 used, 2 expired, 3 cancelled)
 *                            | knock u8 (0 no, 1 may, 2 left) | LP(card, if any)
 */
import { ByteReader, concat, lp, toHex, u64, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { openCard, type Card } from '../../../signal/wire/card.ts';
import { FINGERPRINT_BYTES, MAX_CARD_BYTES } from '../../../signal/wire/limits.ts';
import { DamagedRecord } from '../base/errors.ts';
import { decodeName, MAX_NAME_BYTES } from '../base/name.ts';
import type { Serial } from '../base/serial.ts';
import type { Store } from '../base/store.ts';
import { INVITE_SECRET_BYTES, inviteKeys, wipeInvite, type Invite, type InviteKeys } from '../identity/invite.ts';
import { hiddenName, type Vault } from '../identity/vault.ts';
import { VERDICTS, type Verdict } from './invite-book.ts';
import type { Knock } from './views.ts';

const VERSION = 1;
const PREFIX = 'contact/';
const [VERIFIED, BLOCKED, LEAVE, LEAVE_NONE] = [1, 2, 4, 8];
/** The highest that flags can be: nobody has said both. */
const TOP_FLAGS = VERIFIED | BLOCKED | LEAVE_NONE;
const KNOCKS: readonly Knock[] = ['no', 'may', 'left'];
const MAX_CONTACTS = 10_000;

export type ContactStatus =
  | { readonly kind: 'pinned'; readonly card: Card }
  | {
      readonly kind: 'invited';
      readonly invite: Invite;
      readonly keys: InviteKeys;
      /** Why its maker turned it down. */
      readonly refusal: Verdict | undefined;
      readonly knock: Knock;
      /** Of somebody pinned before, who may have forgotten us: what they are again if the invite comes to nothing. */
      readonly card: Card | undefined;
    };

export interface Contact {
  /** The fingerprint in hexadecimal. */
  readonly id: string;
  readonly fingerprint: Bytes;
  readonly name: string;
  /** Unix ms. */
  readonly added: number;
  /** Somebody compared the safety numbers. */
  readonly verified: boolean;
  /** Nothing of theirs is taken, and nothing goes to them. */
  readonly blocked: boolean;
  /** Whether what we write is left at the server while they are away; `undefined` until the person has said. */
  readonly leaving: boolean | undefined;
  readonly status: ContactStatus;
}

/** Somebody of whom nothing is known yet but the fingerprint. */
export function newContact(fingerprint: Bytes, now: number): Omit<Contact, 'name' | 'status'> {
  return { id: toHex(fingerprint), fingerprint, added: now, verified: false, blocked: false, leaving: undefined };
}

/** The status of someone whose invite we take up. */
export async function invitedBy(
  invite: Invite,
  { refusal, knock = 'no', card }: { refusal?: Verdict | undefined; knock?: Knock; card?: Card | undefined } = {},
): Promise<ContactStatus> {
  return { kind: 'invited', invite, keys: await inviteKeys(invite), refusal, knock, card };
}

/** What is left where an invite leads nowhere: the acquaintance of before, if there was one. */
export function withoutInvite(status: ContactStatus): ContactStatus | undefined {
  return status.kind === 'invited' && status.card ? { kind: 'pinned', card: status.card } : undefined;
}

function encode({ fingerprint, name, added, verified, blocked, leaving, status }: Contact): Bytes {
  const said = leaving === undefined ? 0 : leaving ? LEAVE : LEAVE_NONE;
  const flags = (verified ? VERIFIED : 0) | (blocked ? BLOCKED : 0) | said;
  const start = concat(u8(VERSION), fingerprint, lp(utf8(name)), u64(added), u8(flags));
  if (status.kind === 'pinned') return concat(start, u8(0), lp(status.card.bytes));
  const { invite, refusal, knock, card } = status;
  const refusalByte = refusal === undefined ? 0 : 1 + VERDICTS.indexOf(refusal);
  const state = [u8(refusalByte), u8(KNOCKS.indexOf(knock))];
  return concat(start, u8(1), invite.secret, u64(invite.expiry), ...state, lp(card?.bytes ?? new Uint8Array(0)));
}

async function decode(record: Bytes, origin: string): Promise<Contact> {
  const reader = new ByteReader(record);
  const version = reader.u8();
  const fingerprint = reader.take(FINGERPRINT_BYTES);
  const name = decodeName(reader.lp(MAX_NAME_BYTES));
  const added = reader.u64();
  const flags = reader.u8();
  const kind = reader.u8();
  const status = kind === 0 ? await readPinned(reader) : await readInvited(reader, origin, fingerprint);
  const wellFormed = reader.done() && version === VERSION && flags <= TOP_FLAGS && kind <= 1;
  if (!wellFormed || name === undefined || !status) throw new DamagedRecord();
  const [verified, blocked] = [(flags & VERIFIED) !== 0, (flags & BLOCKED) !== 0];
  const leaving = (flags & (LEAVE | LEAVE_NONE)) === 0 ? undefined : (flags & LEAVE) !== 0;
  return { id: toHex(fingerprint), fingerprint, name, added, verified, blocked, leaving, status };
}

async function readPinned(reader: ByteReader): Promise<ContactStatus | undefined> {
  const card = await openCard(reader.lp(MAX_CARD_BYTES));
  return card && { kind: 'pinned', card };
}

async function readInvited(reader: ByteReader, origin: string, inviter: Bytes): Promise<ContactStatus | undefined> {
  const [secret, expiry] = [reader.take(INVITE_SECRET_BYTES), reader.u64()];
  const [refusalByte, knock] = [reader.u8(), KNOCKS[reader.u8()]];
  const bytes = reader.lp(MAX_CARD_BYTES);
  const card = bytes.length > 0 ? await openCard(bytes) : undefined;
  if (refusalByte > VERDICTS.length || !knock || (bytes.length > 0 && !card)) return undefined;
  return invitedBy({ origin, secret, inviter, expiry }, { refusal: VERDICTS[refusalByte - 1], knock, card });
}

/** The book of contacts. Every change is durable before it is visible, and they are made one at a time. */
export class Contacts {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #turns: Serial;
  readonly #byId: Map<string, Contact>;

  private constructor(store: Store, vault: Vault, turns: Serial, contacts: readonly Contact[]) {
    this.#store = store;
    this.#vault = vault;
    this.#turns = turns;
    this.#byId = new Map(contacts.map((contact) => [contact.id, contact]));
  }

  /**
   * @param turns - shared with whatever else changes contacts.
   * @param origin - our server's, which every invite kept here came from.
   * @throws DamagedRecord
   */
  static async open(store: Store, vault: Vault, turns: Serial, origin: string): Promise<Contacts> {
    const records = await store.list(PREFIX, MAX_CONTACTS);
    const contacts = await Promise.all(records.map(([, record]) => decode(record, origin)));
    return new Contacts(store, vault, turns, contacts);
  }

  get(id: string): Contact | undefined {
    return this.#byId.get(id);
  }

  all(): Contact[] {
    return [...this.#byId.values()];
  }

  /** Changes a contact, from what it is when its turn comes. @param change - gives `undefined` to leave it so. */
  update(id: string, change: (known: Contact | undefined) => Contact | undefined): Promise<void> {
    return this.#turns.run(async () => {
      const contact = change(this.get(id));
      if (!contact) return;
      await this.#store.write(new Map([await this.record(contact)]));
      this.keep(contact);
    });
  }

  /** The record of a contact, for a turn that writes it together with others. */
  async record(contact: Contact): Promise<[key: string, value: Bytes]> {
    return [await this.place(contact), encode(contact)];
  }

  /** Where a contact's record is. */
  async place({ fingerprint }: Contact): Promise<string> {
    return PREFIX + (await hiddenName(this.#vault, fingerprint));
  }

  /** Keeps a contact whose `record` that turn has written. */
  keep(contact: Contact): void {
    this.#byId.set(contact.id, contact);
  }

  /** Nobody asks any more: the secrets of the invites that we hold are overwritten. */
  close(): void {
    for (const { status } of this.#byId.values()) if (status.kind === 'invited') wipeInvite(status.invite, status.keys);
    this.#byId.clear();
  }

  /** Lets go of a contact whose record that turn has removed. */
  forget(contact: Contact): void {
    this.#byId.delete(contact.id);
  }
}
