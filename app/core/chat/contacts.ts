/**
 * The people we know, one sealed record each: whom we have met, and whose invite we opened and wait for.
 *
 *     record  version u8 = 1 | fingerprint 32 | LP(name) | added u64 | status u8
 *             | 0 (pinned): LP(card)
 *             | 1 (invited): secret 32 | expiry u64 | refusal u8
 */
import { ByteReader, concat, lp, toHex, u64, u8, utf8, type Bytes } from '../../../signal/wire/bytes.ts';
import { openCard, type Card } from '../../../signal/wire/card.ts';
import { MAX_CARD_BYTES } from '../../../signal/wire/limits.ts';
import { DamagedRecord } from '../base/errors.ts';
import { decodeName, MAX_NAME_BYTES } from '../base/name.ts';
import type { Store } from '../base/store.ts';
import { hiddenName, type Vault } from '../identity/vault.ts';
import type { Invite } from '../identity/invite.ts';

const VERSION = 1;
const PREFIX = 'contact/';
const MAX_CONTACTS = 10_000;

/** Why an inviter, or the server, turned an invite down. */
export const VERDICTS = ['used', 'expired', 'removed'] as const;
export type Verdict = (typeof VERDICTS)[number];
const REFUSALS = ['none', ...VERDICTS] as const;
export type Refusal = (typeof REFUSALS)[number];

export type ContactStatus =
  | { readonly kind: 'pinned'; readonly card: Card }
  | { readonly kind: 'invited'; readonly invite: Invite; readonly refusal: Refusal };

export interface Contact {
  /** The fingerprint in hexadecimal. */
  readonly id: string;
  readonly fingerprint: Bytes;
  readonly name: string;
  /** Unix ms. */
  readonly added: number;
  readonly status: ContactStatus;
}

function encode({ fingerprint, name, added, status }: Contact): Bytes {
  const start = concat(u8(VERSION), fingerprint, lp(utf8(name)), u64(added));
  if (status.kind === 'pinned') return concat(start, u8(0), lp(status.card.bytes));
  const { invite, refusal } = status;
  return concat(start, u8(1), invite.secret, u64(invite.expiry), u8(REFUSALS.indexOf(refusal)));
}

async function decode(record: Bytes, origin: string): Promise<Contact> {
  const reader = new ByteReader(record);
  const version = reader.u8();
  const fingerprint = reader.take(32);
  const name = decodeName(reader.lp(MAX_NAME_BYTES));
  const added = reader.u64();
  const pinned = reader.u8() === 0;
  const status = pinned ? await readPinned(reader) : readInvited(reader, origin, fingerprint);
  if (!reader.done() || version !== VERSION || name === undefined || !status) throw new DamagedRecord();
  return { id: toHex(fingerprint), fingerprint, name, added, status };
}

async function readPinned(reader: ByteReader): Promise<ContactStatus | undefined> {
  const card = await openCard(reader.lp(MAX_CARD_BYTES));
  return card && { kind: 'pinned', card };
}

function readInvited(reader: ByteReader, origin: string, fingerprint: Bytes): ContactStatus | undefined {
  const [secret, expiry, refusal] = [reader.take(32), reader.u64(), REFUSALS[reader.u8()]];
  const invite = { origin, secret, fingerprint, inviter: toHex(fingerprint), expiry };
  return refusal && { kind: 'invited', invite, refusal };
}

/** The book of contacts; every change is durable before it is visible. */
export class Contacts {
  readonly #store: Store;
  readonly #vault: Vault;
  readonly #byId: Map<string, Contact>;

  private constructor(store: Store, vault: Vault, contacts: readonly Contact[]) {
    this.#store = store;
    this.#vault = vault;
    this.#byId = new Map(contacts.map((contact) => [contact.id, contact]));
  }

  /** @param origin - our server's, which every invite kept here came from. @throws DamagedRecord */
  static async open(store: Store, vault: Vault, origin: string): Promise<Contacts> {
    const records = await store.list(PREFIX, MAX_CONTACTS);
    return new Contacts(store, vault, await Promise.all(records.map(([, record]) => decode(record, origin))));
  }

  get(id: string): Contact | undefined {
    return this.#byId.get(id);
  }

  all(): Contact[] {
    return [...this.#byId.values()];
  }

  /** The record of a contact, to be written together with others. */
  async change(contact: Contact): Promise<[key: string, value: Bytes]> {
    return [PREFIX + (await hiddenName(this.#vault, contact.fingerprint)), encode(contact)];
  }

  /** Keeps a contact whose `change` has been written. */
  keep(contact: Contact): void {
    this.#byId.set(contact.id, contact);
  }

  async put(contact: Contact): Promise<void> {
    await this.#store.write(new Map([await this.change(contact)]));
    this.keep(contact);
  }
}
