/**
 * Leaving at the server what somebody who is away has not acknowledged: where the person said so, and for the maker of an
 * invite that lets us join while they are away. A parcel after the other for each person; how far that is becomes durable
 * once the server has said that it keeps it.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import type { Card } from '../../../signal/wire/card.ts';
import { HOUR, MINUTE } from '../../../signal/wire/time.ts';
import { ChatError, Refused, Unreachable } from '../base/errors.ts';
import type { Sentence } from '../base/sentence.ts';
import { isExpired } from '../identity/invite.ts';
import { LEFT_AGAIN_AFTER } from '../log/acknowledge.ts';
import { encodeBatch, type Message } from '../log/batch.ts';
import { ownChains } from '../log/log-state.ts';
import { sealParcel, verifyPrekeys, type SealingMode } from '../session/seal-parcel.ts';
import type { Contact, Contacts } from './contacts.ts';
import type { OwnIdentity } from './own-identity.ts';
import type { Peer } from './peer.ts';
import type { Roster } from './roster.ts';
import type { Server } from './server.ts';
import { BAD_PREKEYS, leavingRefused, noPrekeys, sentenceOf, TOO_LONG_TO_LEAVE } from './trouble.ts';
import type { ConversationView } from './views.ts';

/** How long somebody who is here may be without a link before what waits is left for them all the same. */
const PATIENCE = 15_000;
/** How long somebody is left alone for whom the server did not take a parcel. */
const REST = 10 * MINUTE;
/** The longest that a timer waits; then it looks again, as a timer does not follow a clock that is put forward. */
const LONGEST_WAIT = HOUR;

export interface LeavingParts {
  readonly contacts: Contacts;
  readonly roster: Roster;
  readonly server: Server;
  readonly own: OwnIdentity;
  readonly now: () => number;
  readonly onchange: () => void;
}

/** How what is left for somebody is sealed. */
interface Sealing {
  readonly mode: SealingMode;
  /** The one we know, if we do. */
  readonly card: Card | undefined;
  /** Of their invite, which the server asks of those whom they do not know yet. */
  readonly ticket: Bytes | undefined;
}

export class Leaving {
  readonly #parts: LeavingParts;
  /** Those for whom something is being left. */
  readonly #busy = new Set<string>();
  /** Those whose parcels came, and who do not know it: a parcel says so. */
  readonly #owed = new Set<string>();
  /** Until when somebody is left alone, by the monotonic clock, and why. */
  readonly #resting = new Map<string, { until: number; trouble: Sentence | undefined }>();
  /** Since when somebody has been here without a link. */
  readonly #unlinked = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(parts: LeavingParts) {
    this.#parts = parts;
  }

  /** Why something could not be left for somebody, in one sentence. */
  trouble(contact: Contact): Sentence | undefined {
    const trouble = this.#resting.get(contact.id)?.trouble;
    return trouble !== undefined && this.#hasUnleft(contact) ? trouble : undefined;
  }

  /** Whether what waits for somebody is left at the server, or could be if the person said so. */
  view(contact: Contact): ConversationView['leaving'] {
    const { server, roster } = this.#parts;
    if (!server.mailbox || contact.blocked) return undefined;
    if (sealingFor(contact, this.#parts.now())) return 'on';
    const { status, leaving } = contact;
    if (status.kind === 'invited' && !status.card && status.knock === 'no') return undefined;
    if (leaving !== undefined || roster.presence(contact.id) !== false) return 'off';
    return roster.get(contact.id)?.nextToLeave().length ? 'offered' : 'off';
  }

  /** Parcels of theirs were taken, and they are to hear of it. */
  owe(id: string): void {
    this.#owed.add(id);
  }

  /** The server lets us in: what it did not take before, it may take now. */
  welcomed(): void {
    this.#resting.clear();
    this.review();
  }

  /** Something may have changed: leaves what is due, and looks again when something else will be. */
  review(): void {
    clearTimeout(this.#timer);
    const { server, contacts } = this.#parts;
    if (this.#closed || !server.mailbox || server.state !== 'connected') return;
    let next = Infinity;
    for (const contact of contacts.all()) {
      const wait = this.#waitFor(contact);
      if (wait > 0) next = Math.min(next, wait);
      else void this.#leave(contact.id);
    }
    if (next < Infinity) this.#timer = setTimeout(() => this.review(), Math.min(next, LONGEST_WAIT));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Milliseconds until something is to be left for somebody; 0 now, Infinity as long as nothing changes. */
  #waitFor(contact: Contact): number {
    const { id } = contact;
    const peer = this.#parts.roster.get(id);
    if (!peer || this.#busy.has(id) || !sealingFor(contact, this.#parts.now())) return Infinity;
    return Math.max(this.#whenGone(id, peer), this.#whenDue(contact, peer), this.#whenRested(id));
  }

  /** Whoever is here is met on a link; but one that does not come is not waited for long. */
  #whenGone(id: string, peer: Peer): number {
    const present = this.#parts.roster.presence(id);
    if (peer.route || present !== true) this.#unlinked.delete(id);
    if (peer.route || present === undefined) return Infinity;
    if (!present) return 0;
    const now = performance.now();
    const since = this.#unlinked.get(id) ?? now;
    this.#unlinked.set(id, since);
    return Math.max(0, since + PATIENCE - now);
  }

  #whenDue(contact: Contact, peer: Peer): number {
    const { now } = this.#parts;
    if (this.#owed.has(contact.id) || isKnocking(contact, now()) || peer.nextToLeave().length > 0) return 0;
    const left = ownChains(peer.log.state).filter((chain) => chain.left.seq > chain.delivered);
    return Math.min(...left.map((chain) => Math.max(1, chain.left.time + LEFT_AGAIN_AFTER - now())));
  }

  #whenRested(id: string): number {
    const until = this.#resting.get(id)?.until ?? 0;
    return Math.max(0, until - performance.now());
  }

  async #leave(id: string): Promise<void> {
    this.#busy.add(id);
    try {
      await this.#leaveAll(id);
      this.#resting.delete(id);
    } catch (error) {
      this.#rest(id, error);
    }
    this.#busy.delete(id);
    this.#parts.onchange();
  }

  async #leaveAll(id: string): Promise<void> {
    const { contacts, roster, now } = this.#parts;
    for (;;) {
      // They may have come meanwhile, or the person may not want it any more.
      const [contact, peer] = [contacts.get(id), roster.get(id)];
      if (!contact || !peer || this.#closed || peer.route || this.#whenDue(contact, peer) > 0) return;
      const sealing = sealingFor(contact, now());
      if (!sealing) return;
      await this.#leaveNext(contact, sealing, peer);
    }
  }

  /** Leaves a parcel, with as many messages as go into it. */
  async #leaveNext(contact: Contact, sealing: Sealing, peer: Peer): Promise<void> {
    const { server, own, now } = this.#parts;
    const { id, name, fingerprint } = contact;
    const card = await this.#cardOf(contact, sealing);
    const { bundle, oneTime } = await server.parcels.prekeys(fingerprint, sealing.ticket);
    if (!bundle) throw new ChatError(noPrekeys(name));
    const prekeys = await verifyPrekeys(card, { bundle, oneTime }, now());
    if (!prekeys) throw new ChatError(BAD_PREKEYS);
    const acknowledgements = peer.acknowledgements();
    const seal = (some: readonly Message[]) =>
      sealParcel(own.current, prekeys, sealing.mode, encodeBatch({ messages: some, acknowledgements }));
    let messages = peer.nextToLeave();
    let parcel = await seal(messages);
    // By an invite our name and card go along, and there may not be room for all.
    while (!parcel && messages.length > 1) {
      messages = messages.slice(0, Math.ceil(messages.length / 2));
      parcel = await seal(messages);
    }
    if (!parcel) throw new ChatError(TOO_LONG_TO_LEAVE);
    await server.parcels.deposit(fingerprint, parcel, sealing.ticket);
    this.#owed.delete(id);
    if (messages.length > 0) await peer.markLeft(messages);
    if (sealing.mode.mode === 'invite') await this.#markKnocked(id);
  }

  /** The newest card there is: the key that they unwrap with may have been renewed. @throws Unreachable */
  async #cardOf({ fingerprint, name }: Contact, { card: known }: Sealing): Promise<Card> {
    const { roster, server } = this.#parts;
    const { acquaintance } = await roster.add(fingerprint);
    const card = known ? await acquaintance.newestCard(known) : await roster.cardOf(fingerprint);
    if (card) return card;
    throw server.state === 'connected' ? new ChatError(noPrekeys(name)) : new Unreachable();
  }

  async #markKnocked(id: string): Promise<void> {
    await this.#parts.contacts.update(id, (known) => {
      if (known?.status.kind !== 'invited' || known.status.knock === 'left') return undefined;
      return { ...known, status: { ...known.status, knock: 'left' } };
    });
  }

  /** Leaves somebody alone for a while, and keeps why. */
  #rest(id: string, error: unknown): void {
    const contact = this.#parts.contacts.get(id);
    if (!contact) return;
    const trouble = error instanceof Refused ? leavingRefused(error.code, contact.name) : sentenceOf(error);
    const told = error instanceof Unreachable ? undefined : trouble;
    this.#resting.set(id, { until: performance.now() + REST, trouble: told });
  }

  /** Whether something waits that our server has not got at all. */
  #hasUnleft(contact: Contact): boolean {
    const state = this.#parts.roster.get(contact.id)?.log.state;
    const unleft = state && ownChains(state).some(({ seq, delivered, left }) => seq > Math.max(delivered, left.seq));
    return unleft === true || isKnocking(contact, this.#parts.now());
  }
}

/** How something is left for somebody; `undefined` if nothing is to be. */
function sealingFor({ status, blocked, leaving }: Contact, now: number): Sealing | undefined {
  if (blocked) return undefined;
  if (status.kind === 'invited' && status.knock !== 'no' && status.refusal === undefined && leaving !== false) {
    const { id, psk, ticket } = status.keys;
    if (!isExpired(status.invite, now))
      return { mode: { mode: 'invite', inviteId: id, psk }, card: status.card, ticket };
  }
  return leaving && status.card ? { mode: { mode: 'pinned' }, card: status.card, ticket: undefined } : undefined;
}

/** Whether we have yet to leave word that we took up their invite. */
function isKnocking(contact: Contact, now: number): boolean {
  const { status } = contact;
  // Not by an invite that is over: what is then left for somebody known would never be the word that is due.
  return status.kind === 'invited' && status.knock === 'may' && sealingFor(contact, now)?.mode.mode === 'invite';
}
