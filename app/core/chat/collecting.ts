/**
 * Collecting what was left for us at the server. What is in a parcel is durable here before the server hears that it was
 * taken; what leads to nothing is taken, too, and counted. Only what is ahead of a gap in what its sender wrote stays
 * there until the gap is closed.
 */
import { equal, toHex } from '../../../signal/wire/bytes.ts';
import type { Card } from '../../../signal/wire/card.ts';
import { isServerTrouble, LinkError } from '../base/errors.ts';
import type { Sentence } from '../base/sentence.ts';
import type { Changes } from '../base/store.ts';
import { decodeBatch, type Batch } from '../log/batch.ts';
import type { Reception } from '../log/log.ts';
import { openParcel, type Trust } from '../session/open-parcel.ts';
import { decodeParcel, type Parcel } from '../session/parcel.ts';
import type { AllBooks } from './books.ts';
import { verdictOn, type OwnInvite } from './invite-book.ts';
import type { OwnIdentity } from './own-identity.ts';
import type { LeftParcel } from './parcel-requests.ts';
import type { Person, Roster } from './roster.ts';
import type { Server } from './server.ts';
import { aheadSentence, unopened } from './trouble.ts';

/** Parcels looked at in one go; what is behind them waits for the next. */
const MAX_COLLECTED = 20_000;
/**
 * Parcels of one sender that stay at the server as they are ahead of a gap, or for want of a card: each is fetched again at
 * every collecting, and opened. Whoever leaves them in order has none, and sends again what was not taken.
 */
const MAX_AHEAD = 16;

/**
 * `taken`: it is durable here, or nothing is to be kept of it. `unopened`: it did not open. `ahead`: something is missing
 * that comes before it, or the sender's card is.
 */
type Outcome = 'taken' | 'unopened' | 'ahead';

/** What was in a parcel, who sealed it, and what uses up the prekeys that opened it. */
interface Opened {
  readonly card: Card;
  readonly name: string | undefined;
  readonly batch: Batch;
  readonly spend: Changes;
}

export interface CollectingParts {
  readonly books: AllBooks;
  readonly roster: Roster;
  readonly server: Server;
  readonly own: OwnIdentity;
  /** Messages of theirs were taken out of a parcel. */
  readonly ontaken: (id: string) => void;
  readonly onnotice: (text: Sentence) => void;
}

export class Collecting {
  readonly #parts: CollectingParts;
  /** Of whom parcels stay at the server as they are ahead of a gap, and how much of theirs we had then. */
  readonly #ahead = new Map<string, { readonly had: number; readonly count: number }>();
  /** Those of whom the person was told so. */
  readonly #told = new Set<string>();
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(parts: CollectingParts) {
    this.#parts = parts;
  }

  /**
   * Collects all there is, from the oldest; asked for meanwhile, it looks once more. Resolves when that is done, or the
   * server cannot be asked any more. @throws StorageError; what was not kept is still at the server
   */
  collect(): Promise<void> {
    if (this.#running) this.#again = true;
    this.#running ??= this.#collectAll().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Whether a gap may be closed: more has come of somebody whose parcels stayed at the server. */
  get isWorthwhile(): boolean {
    return [...this.#ahead].some(([id, { had }]) => this.#receivedOf(id) > had);
  }

  /** Resolves once nothing more is taken. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running?.catch(() => undefined);
  }

  async #collectAll(): Promise<void> {
    let count = 0;
    try {
      do {
        this.#again = false;
        this.#ahead.clear();
        count += await this.#passThrough();
      } while ((this.#again || this.isWorthwhile) && !this.#closed);
    } catch (error) {
      if (!isServerTrouble(error)) throw error;
    } finally {
      if (count > 0) this.#parts.onnotice(unopened(count));
      this.#tellOfGaps();
    }
  }

  /** After a restore a gap may be one that only a link gets over. */
  #tellOfGaps(): void {
    const { roster, books, onnotice } = this.#parts;
    for (const id of this.#ahead.keys()) {
      const contact = books.contacts.get(id);
      const wasRestored = (roster.get(id)?.log.state.former.length ?? 0) > 0;
      if (!contact || !wasRestored || this.#told.has(id)) continue;
      this.#told.add(id);
      onnotice(aheadSentence(contact.name));
    }
  }

  /** Once through the inbox: numbers must grow, so no server can lead us round in it. @returns how many did not open */
  async #passThrough(): Promise<number> {
    const { server } = this.#parts;
    let [after, count, didNotOpen] = [0, 0, 0];
    for (let more = true; more && count < MAX_COLLECTED && !this.#closed;) {
      const answer = await server.parcels.collect(after);
      const taken: number[] = [];
      try {
        for (const left of answer.parcels) {
          if (left.number <= after || this.#closed) return didNotOpen;
          after = left.number;
          const outcome = await this.#take(left);
          if (outcome !== 'ahead') taken.push(left.number);
          if (outcome === 'unopened') didNotOpen++;
        }
      } finally {
        if (taken.length > 0) await server.parcels.taken(taken);
      }
      count += answer.parcels.length;
      more = answer.more && answer.parcels.length > 0;
    }
    return didNotOpen;
  }

  async #take({ from, parcel: bytes }: LeftParcel): Promise<Outcome> {
    const parcel = decodeParcel(bytes);
    if (!parcel || !equal(parcel.sender, from)) return 'unopened';
    const { contacts, invites } = this.#parts.books;
    const contact = contacts.get(toHex(parcel.sender));
    if (contact?.blocked) return 'taken';
    if (parcel.mode.mode === 'invite') {
      const invite = invites.get(toHex(parcel.mode.inviteId));
      return invite && (contact || !invite.hidden) ? this.#takeKnock(parcel, invite) : 'taken';
    }
    if (!contact) return 'taken';
    const card = contact.status.card ?? (await this.#parts.roster.cardOf(parcel.sender));
    if (card) return this.#takePinned(parcel, card);
    return this.#mayStay(contact.id) ? 'ahead' : 'unopened';
  }

  /** From somebody we know; or whose invite we hold, and who lets us in by this very parcel. */
  async #takePinned(parcel: Parcel, card: Card): Promise<Outcome> {
    const opened = await this.#open(parcel, { mode: 'pinned', card });
    return typeof opened === 'string' ? opened : this.#append(opened, undefined);
  }

  /** From somebody who holds an invite of ours. */
  async #takeKnock(parcel: Parcel, invite: OwnInvite): Promise<Outcome> {
    const { roster, books } = this.#parts;
    const opened = await this.#open(parcel, { mode: 'invite', inviteId: invite.keys.id, psk: invite.keys.psk });
    if (typeof opened === 'string') return opened;
    const verdict = verdictOn(invite, parcel.sender, books.now());
    if (verdict === 'welcome') return this.#append(opened, invite.id);
    await books.prekeys.useUp(opened.spend);
    roster.turnAway(toHex(parcel.sender), verdict, invite.id);
    return 'taken';
  }

  async #open(parcel: Parcel, trust: Trust): Promise<Opened | Outcome> {
    const { own, books } = this.#parts;
    const { prekeys } = books;
    const found = await prekeys.find(parcel);
    if (!found) return (await prekeys.wasOpened(parcel)) ? 'taken' : 'unopened';
    const opened = await openParcel(own.current, parcel, found.prekeys, trust, books.now());
    if (!opened) return 'unopened';
    const batch = await decodeBatch(opened.body);
    if (batch) return { ...opened.peer, batch, spend: found.spend };
    await prekeys.useUp(found.spend);
    return 'unopened';
  }

  /**
   * Makes what was opened durable, uses up its prekeys, and pins its sender, all in one write. Of what is not kept the
   * prekeys are used up all the same, unless it stays at the server.
   */
  async #append(opened: Opened, inviteId: string | undefined): Promise<Outcome> {
    const { roster, books, ontaken } = this.#parts;
    const { batch, spend, card } = opened;
    const id = toHex(card.fingerprint);
    const person = await roster.add(card.fingerprint);
    let kept = 'refused' as Reception;
    try {
      await this.#commit(person, opened, inviteId, async (changes) => {
        kept = await person.peer.takeLeft(batch, new Map([...changes, ...spend]));
        return kept === 'taken';
      });
    } catch (error) {
      // Blocked or deleted meanwhile, or somebody else came in by the invite.
      if (!(error instanceof LinkError)) throw error;
    } finally {
      roster.release(id);
    }
    if (kept === 'ahead' && this.#mayStay(id)) return 'ahead';
    if (kept !== 'taken') await books.prekeys.useUp(spend);
    else if (batch.messages.length > 0) ontaken(id);
    return kept === 'ahead' ? 'unopened' : 'taken';
  }

  /** Whoever is pinned stays as they are: a parcel may be older than what a link has shown since. */
  #commit(
    { acquaintance }: Person,
    { card, name }: Opened,
    inviteId: string | undefined,
    write: (changes: Changes) => Promise<boolean>,
  ): Promise<void> {
    const { contacts, turns } = this.#parts.books;
    const id = toHex(card.fingerprint);
    const known = contacts.get(id);
    if (known?.status.kind !== 'pinned') {
      return acquaintance.commit({ card, name: name ?? known?.name ?? '' }, inviteId, write);
    }
    return turns.run(async () => {
      const now = contacts.get(id);
      if (!now || now.blocked) throw new LinkError('closed');
      await write(new Map());
    });
  }

  /** Whether one that cannot be taken yet stays where it is: unless too many do, or nobody we know has left it. */
  #mayStay(id: string): boolean {
    const count = (this.#ahead.get(id)?.count ?? 0) + 1;
    if (count > MAX_AHEAD || !this.#parts.books.contacts.get(id)) return false;
    this.#ahead.set(id, { had: this.#receivedOf(id), count });
    return true;
  }

  /** How many messages of theirs have become durable here. */
  #receivedOf(id: string): number {
    const chains = this.#parts.roster.get(id)?.log.state.theirs ?? [];
    return chains.reduce((sum, { seq }) => sum + seq, 0);
  }
}
