/** Someone's device in a model: the roster and its books as the app runs them, on a disk that may die. */
import { toHex, type Bytes } from '../../signal/wire/bytes.ts';
import { Serial } from '../../app/core/base/serial.ts';
import type { Store } from '../../app/core/base/store.ts';
import { Contacts, invitedBy, newContact, type ContactStatus } from '../../app/core/chat/contacts.ts';
import type { Books } from '../../app/core/chat/acquaintance.ts';
import { InviteBook, ownInvite } from '../../app/core/chat/invite-book.ts';
import { Roster } from '../../app/core/chat/roster.ts';
import type { Identity } from '../../app/core/identity/identity.ts';
import { createInvite } from '../../app/core/identity/invite.ts';
import { sealStore } from '../../app/core/identity/sealed-store.ts';
import { createVault, openVault, type Vault } from '../../app/core/identity/vault.ts';
import type { OpenLink } from '../../app/core/transport/link.ts';
import { memoryStore } from '../parts/memory-store.ts';
import { HeldDisk } from './held-disk.ts';
import type { Choice } from './schedules.ts';

const ORIGIN = 'http://localhost';

/** What two people know of each other at the start, as records. */
export type Acquaintances = readonly [ReadonlyMap<string, Bytes>, ReadonlyMap<string, Bytes>];

async function openBooks(raw: Store, vault: Vault, us: Identity): Promise<Books> {
  const [store, turns, now] = [sealStore(raw, vault), new Serial(), Date.now];
  const whose = { origin: ORIGIN, inviter: us.card.fingerprint, now: now() };
  const contacts = await Contacts.open(store, vault, turns, ORIGIN);
  return { contacts, invites: await InviteBook.open(store, vault, turns, whose), store, turns, now };
}

async function newBooks(us: Identity): Promise<{ records: Map<string, Bytes>; books: Books }> {
  const records = new Map<string, Bytes>();
  const raw = memoryStore(records);
  return { records, books: await openBooks(raw, await createVault(raw), us) };
}

function know({ contacts }: Books, { card, name }: Identity, status: ContactStatus): Promise<void> {
  const { fingerprint } = card;
  return contacts.update(toHex(fingerprint), () => ({ ...newContact(fingerprint, 0), name, status }));
}

/** Two who have met before. */
export async function acquainted(one: Identity, other: Identity): Promise<Acquaintances> {
  const [ones, others] = [await newBooks(one), await newBooks(other)];
  await know(ones.books, other, { kind: 'pinned', card: other.card });
  await know(others.books, one, { kind: 'pinned', card: one.card });
  return [ones.records, others.records];
}

/** Two of whom one has opened the other's invite. */
export async function invited(inviter: Identity, joiner: Identity): Promise<Acquaintances> {
  const [inviters, joiners] = [await newBooks(inviter), await newBooks(joiner)];
  const invite = createInvite(ORIGIN, inviter.card.fingerprint, Date.now());
  await inviters.books.invites.add(await ownInvite(invite));
  await know(joiners.books, inviter, await invitedBy(invite));
  return [inviters.records, joiners.records];
}

export interface HomeParts {
  readonly us: Identity;
  readonly them: Identity;
  readonly openLink: OpenLink;
  /** Something for the other, through the server. */
  readonly send: (payload: Bytes) => void;
  /** The other has become a contact here. */
  readonly onjoined: () => void;
}

/** A run of the app, which ends when the device dies or the person leaves. */
interface Run {
  readonly roster: Roster;
  readonly books: Books;
}

export class Home {
  readonly name: string;
  readonly #parts: HomeParts;
  readonly #records: Map<string, Bytes>;
  #disk: HeldDisk;
  #run: Run | undefined;
  /** Lookups in the directory that wait for their answer. */
  #lookups: (() => void)[] = [];

  constructor(parts: HomeParts, records: ReadonlyMap<string, Bytes>) {
    this.#parts = parts;
    this.name = parts.us.name;
    this.#records = new Map(records);
    this.#disk = new HeldDisk(this.#records);
  }

  get roster(): Roster {
    return this.#run!.roster;
  }

  /** The conversation with the other, once there is one. */
  get peer() {
    return this.roster.get(this.#them);
  }

  get isLinked(): boolean {
    return this.peer?.route !== undefined;
  }

  /** Whether the other is a contact here, whose presence the server tells. */
  get knowsThem(): boolean {
    return this.#run!.books.contacts.get(this.#them) !== undefined;
  }

  get isPinned(): boolean {
    return this.#run!.books.contacts.get(this.#them)?.status.kind === 'pinned';
  }

  get isBusy(): boolean {
    return this.#disk.isWriting || this.#lookups.length > 0;
  }

  get #them(): string {
    return toHex(this.#parts.them.card.fingerprint);
  }

  async start(): Promise<void> {
    const { us, openLink, send, onjoined } = this.#parts;
    const raw = this.#disk.store;
    const vault = (await openVault(raw))!;
    const books = await openBooks(raw, vault, us);
    const isRunning = () => this.#run?.books === books;
    const roster = new Roster({
      books,
      vault,
      tellsRead: () => true,
      means: { identity: us, openLink, iceServers: () => [], now: Date.now },
      sendSignal: (_to, payload) => isRunning() && send(payload),
      ondoubt: () => undefined,
      lookUp: () => new Promise((resolve) => this.#lookups.push(() => resolve(undefined))),
      onjoined: () => isRunning() && onjoined(),
      onnotice: () => undefined,
      onchange: () => undefined,
    });
    this.#run = { roster, books };
    await Promise.all(books.contacts.all().map(({ fingerprint }) => roster.add(fingerprint)));
  }

  /** The device dies, before or after a write is durable, and the app is started again. */
  async die(when: 'before' | 'after'): Promise<void> {
    await this.#disk.die(when);
    this.close();
    this.#lookups = [];
    this.#disk = new HeldDisk(this.#records);
    await this.start();
  }

  /** Writes become durable, and the directory answers. */
  choices(): Choice[] {
    const { name, isBusy } = this;
    if (!isBusy) return [];
    const at = [name];
    if (this.#disk.isWriting) return [{ name: `a write of ${name} is durable`, at, run: () => this.#disk.commit() }];
    return [{ name: `the directory answers ${name}`, at, run: () => this.#lookups.shift()!() }];
  }

  /** The ways in which it may die now. */
  deaths(): readonly ('before' | 'after')[] {
    return this.#disk.isWriting ? ['before', 'after'] : ['before'];
  }

  close(): void {
    void this.#run?.roster.close();
  }
}
