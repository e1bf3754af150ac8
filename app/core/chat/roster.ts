/**
 * Everyone we are, or are about to be, in conversation with: each contact, and each stranger who holds an invite of ours,
 * until the handshake has made them a contact.
 */
import { equal, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Card } from '../../../signal/wire/card.ts';
import { LinkError } from '../base/errors.ts';
import type { Sentence } from '../base/sentence.ts';
import { Serial } from '../base/serial.ts';
import { hiddenName, type Vault } from '../identity/vault.ts';
import { conversationOf } from '../log/entry.ts';
import { finishErasing } from '../log/erase.ts';
import { Log } from '../log/log.ts';
import { decodeSignal } from '../session/signaling.ts';
import { Acquaintance, type Books } from './acquaintance.ts';
import type { Contact } from './contacts.ts';
import { Dialler } from './dialler.ts';
import { InviteRefused, type DialMeans } from './dial.ts';
import type { OwnInvite, Verdict } from './invite-book.ts';
import { Peer } from './peer.ts';
import { BROKEN, missingSentence, OTHER_KEY, OTHER_VERSION, sentenceOf, TURNED_AWAY } from './trouble.ts';

/** Strangers answered at once by one invite of ours; the newest takes the place of the oldest. */
const MAX_STRANGERS = 2;
/** Signals that wait for their turn; those that come on top of them are dropped, as any may be lost. */
const MAX_WAITING_SIGNALS = 256;

export interface RosterParts {
  readonly books: Books;
  readonly means: DialMeans;
  readonly vault: Vault;
  /** Whether others may be told what was read. */
  readonly tellsRead: () => boolean;
  /** Sends a signaling payload through our server. */
  readonly sendSignal: (to: Bytes, payload: Bytes) => void;
  /** A link was lost or an offer not answered: our way to the server may be lost, too. */
  readonly ondoubt: () => void;
  /** What the directory has; `another` if it gives somebody else's card in the place of theirs. */
  readonly lookUp: (fingerprint: Bytes) => Promise<Card | 'another' | undefined>;
  /** Someone new is a contact, by this invite of ours. */
  readonly onjoined: (contact: Contact, own: OwnInvite) => void;
  /** Something to tell the person that belongs to no conversation. */
  readonly onnotice: (text: Sentence) => void;
  readonly onchange: () => void;
}

/** One person: the conversation, and what keeps them reachable. */
export interface Person {
  readonly acquaintance: Acquaintance;
  readonly peer: Peer;
  readonly dialler: Dialler;
}

export class Roster {
  readonly #parts: RosterParts;
  readonly #people = new Map<string, Person>();
  readonly #opening = new Map<string, Promise<Person>>();
  /** Those whose conversations are being deleted. */
  readonly #erasing = new Map<string, Promise<void>>();
  /** Those answered by an invite of ours, oldest first, with its id. */
  readonly #strangers = new Map<string, string>();
  /** Invites, and what was said of them: each is said once. */
  readonly #warned = new Set<string>();
  /** Those for whom our server has given somebody else's card, when last asked. */
  readonly #swapped = new Set<string>();
  readonly #arrivals = new Serial();
  #waiting = 0;

  constructor(parts: RosterParts) {
    this.#parts = parts;
  }

  /** The conversation with someone. */
  get(id: string): Peer | undefined {
    return this.#people.get(id)?.peer;
  }

  /** Whether our server says that someone is here; `undefined` while it cannot be asked. */
  presence(id: string): boolean | undefined {
    return this.#people.get(id)?.dialler.present;
  }

  /** The card that our server has for somebody we know no card of, if it is theirs. */
  async cardOf(fingerprint: Bytes): Promise<Card | undefined> {
    return this.#lookUp(fingerprint);
  }

  /** Somebody came by this invite of ours in vain; the person is told, once. */
  turnAway(id: string, verdict: Verdict, inviteId: string): void {
    if (this.#warned.has(inviteId) || this.#parts.books.contacts.get(id)) return;
    this.#warned.add(inviteId);
    this.#parts.onnotice(TURNED_AWAY[verdict]);
  }

  /** Lets go of a stranger, unless they are being answered; whoever is a contact stays. */
  release(id: string): void {
    if (!this.#people.get(id)?.dialler.busy) this.#forget(id);
  }

  /** What the last dial to someone failed of, while no link is open. */
  failure(id: string): LinkError['code'] | undefined {
    return this.#people.get(id)?.dialler.failure;
  }

  /** What keeps the conversation with someone from going on, or what our server does to it, in one sentence. */
  trouble(id: string): Sentence | undefined {
    return this.get(id)?.trouble ?? (this.#swapped.has(id) ? OTHER_KEY : undefined);
  }

  /** Opens the conversation with a contact, or with a stranger; once only, whoever asks. @throws DamagedRecord */
  add(fingerprint: Bytes): Promise<Person> {
    const id = toHex(fingerprint);
    const known = this.#opening.get(id);
    if (known) return known;
    const opening = this.#open(fingerprint);
    this.#opening.set(id, opening);
    opening.then(
      (person) => this.#people.set(id, person),
      () => this.#opening.delete(id),
    );
    return opening;
  }

  setPresence(fingerprint: Bytes, present: boolean): void {
    const person = this.#people.get(toHex(fingerprint));
    person?.dialler.setPresence(present);
    if (!present) person?.peer.probe();
    this.#parts.onchange();
  }

  /** Our server cannot be asked who is here. */
  forgetPresence(): void {
    for (const { dialler } of this.#people.values()) dialler.setPresence(undefined);
  }

  /** The network may have changed: asks on each link whether it still leads anywhere, and dials at once who waits for it. */
  hurry(): void {
    for (const { peer, dialler } of this.#people.values()) {
      peer.probe();
      dialler.hurry();
    }
  }

  /** Takes an untrusted signaling payload. Only contacts, and those who hold an invite of ours, are heard. */
  async receiveSignal(from: Bytes, payload: Bytes): Promise<void> {
    if (this.#waiting === MAX_WAITING_SIGNALS) return;
    this.#waiting++;
    try {
      await this.#arrivals.run(() => this.#take(from, payload));
    } finally {
      this.#waiting--;
    }
  }

  async #take(from: Bytes, payload: Bytes): Promise<void> {
    const id = toHex(from);
    const { books, means } = this.#parts;
    if (books.contacts.get(id)?.blocked) return;
    const sealed = decodeSignal(payload);
    if (!sealed || equal(from, means.identity.card.fingerprint)) return;
    if (!this.#people.has(id) && sealed.mode.mode === 'invite') {
      const inviteId = toHex(sealed.mode.inviteId);
      const own = books.invites.get(inviteId);
      if (!own || own.hidden) return;
      this.#makeRoom(inviteId);
      await this.add(from);
      this.#strangers.set(id, inviteId);
    }
    await this.#people.get(id)?.dialler.receive(sealed);
  }

  /** Hangs up on somebody who is blocked now, or takes their calls again. */
  setBlocked(id: string, blocked: boolean): void {
    const person = this.#people.get(id);
    if (!blocked) return person?.dialler.reopen();
    person?.dialler.close();
    person?.peer.hangUp();
  }

  /**
   * Lets go of somebody, and closes their link. @param erased - when nothing of the conversation is left: until then it does
   * not begin anew
   */
  remove(id: string, erased: Promise<void>): void {
    const person = this.#people.get(id);
    this.#people.delete(id);
    this.#opening.delete(id);
    this.#strangers.delete(id);
    person?.dialler.close();
    const gone = Promise.allSettled([person?.peer.close(), erased]).then(([, { status }]) => {
      // What could not be erased is what a conversation that begins anew must wait for.
      if (status === 'fulfilled' && this.#erasing.get(id) === gone) this.#erasing.delete(id);
    });
    this.#erasing.set(id, gone);
  }

  /** Closes every link. Resolves once what people wrote is durable. */
  async close(): Promise<void> {
    for (const { dialler } of this.#people.values()) dialler.close();
    await Promise.all([...this.#people.values()].map(({ peer }) => peer.close()));
    await Promise.all(this.#erasing.values());
  }

  /** Leaves a place for one more by this invite: only the newest who are still trying stay. */
  #makeRoom(inviteId: string): void {
    const { contacts } = this.#parts.books;
    const ids = [...this.#strangers].filter(([, by]) => by === inviteId).map(([id]) => id);
    const trying = ids.filter((id) => !contacts.get(id) && this.#people.get(id)?.dialler.busy);
    const staying = trying.slice(1 - MAX_STRANGERS);
    for (const id of ids) if (!staying.includes(id)) this.#forget(id);
  }

  /** A stranger no longer; whoever has become a contact stays in the roster. */
  #forget(id: string): void {
    this.#strangers.delete(id);
    if (this.#parts.books.contacts.get(id)) return;
    this.#people.get(id)?.dialler.close();
    this.#people.delete(id);
    this.#opening.delete(id);
  }

  async #open(fingerprint: Bytes): Promise<Person> {
    const { books, means, vault, tellsRead, sendSignal, ondoubt, onjoined, onnotice, onchange } = this.#parts;
    const us = means.identity.card.fingerprint;
    const id = toHex(fingerprint);
    if (this.#erasing.has(id)) {
      await this.#erasing.get(id);
      await finishErasing(books.store);
      this.#erasing.delete(id);
    }
    const conversation = { id: await conversationOf(us, fingerprint), us, them: fingerprint };
    const log = await Log.open(books.store, await hiddenName(vault, conversation.id), conversation);
    const onbroken = () => {
      if (dialler.broken()) peer.fail(BROKEN);
    };
    const acquaintance = new Acquaintance(fingerprint, { books, lookUp: (asked) => this.#lookUp(asked), onjoined });
    const dialler = new Dialler({
      acquaintance,
      means,
      send: (payload) => sendSignal(fingerprint, payload),
      onestablished: (established) => {
        peer.adopt(established);
        onchange();
      },
      onturnedaway: (verdict, inviteId) => this.turnAway(id, verdict, inviteId),
      onfailure: (reason) => {
        onchange();
        if (reason instanceof LinkError && reason.code === 'no-answer') ondoubt();
        if (reason instanceof LinkError && reason.code === 'protocol') onbroken();
        else this.#onfailure(peer, acquaintance, reason);
      },
    });
    const peer = await Peer.open({
      log,
      now: means.now,
      tellsRead,
      onmissing: () => onnotice(missingSentence(books.contacts.get(id)?.name)),
      onproven: () => dialler.proven(),
      onbroken,
      onlost: () => {
        dialler.lost();
        ondoubt();
      },
      onchange,
    });
    if (books.contacts.get(toHex(fingerprint))?.blocked) dialler.close();
    return { acquaintance, peer, dialler };
  }

  /** A card of somebody else is none of theirs, and the person is told. */
  async #lookUp(fingerprint: Bytes): Promise<Card | undefined> {
    const found = await this.#parts.lookUp(fingerprint);
    if (found !== 'another') this.#swapped.delete(toHex(fingerprint));
    else this.#swapped.add(toHex(fingerprint));
    this.#parts.onchange();
    return found === 'another' ? undefined : found;
  }

  #onfailure(peer: Peer, acquaintance: Acquaintance, reason: unknown): void {
    if (reason instanceof InviteRefused) {
      acquaintance.refuse(reason.refusal).then(this.#parts.onchange, (error: unknown) => peer.fail(sentenceOf(error)));
    } else if (!(reason instanceof LinkError)) {
      peer.fail(sentenceOf(reason));
    } else if (reason.code === 'version') {
      peer.fail(OTHER_VERSION);
    }
  }
}
