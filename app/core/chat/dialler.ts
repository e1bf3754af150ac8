/**
 * Keeps one person reachable: dials when they are here, answers when they dial, lets one of two crossing dials win,
 * dials again when a link is lost. At most one dial is pending, and at most one link is open.
 */
import { compare, equal, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Card } from '../../../signal/wire/card.ts';
import { LinkError } from '../base/errors.ts';
import { retire } from '../session/session.ts';
import {
  answerDial,
  dialInvite,
  dialPinned,
  openSignal,
  sealSignal,
  type DialKeys,
  type SealedSignal,
  type Signal,
} from '../session/signaling.ts';
import { Backoff } from '../transport/backoff.ts';
import type { Acquaintance, DialTarget } from './acquaintance.ts';
import { Dial, type DialMeans, type DialParts, type Established } from './dial.ts';
import type { Verdict } from './invite-book.ts';

/** Of two people, the one with the higher fingerprint waits this long for the other's offer. */
const YIELD = 3_000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 30_000;
/** A link that has lasted this long was a good one, even if nothing was said on it. */
const STEADY = 10_000;
const MAX_REMEMBERED_OFFERS = 64;
/** So many links that broke the rules, within so long, and we stop. */
const MAX_BROKEN = 3;
const BROKEN_WITHIN = 60_000;

export interface DiallerParts {
  readonly acquaintance: Pick<Acquaintance, 'fingerprint' | 'target' | 'newestCard' | 'reception' | 'commit'>;
  readonly means: DialMeans;
  /** Sends a payload to them through the server. */
  readonly send: (payload: Bytes) => void;
  readonly onestablished: (established: Established) => void;
  /** They hold an invite of ours that does not let them in. */
  readonly onturnedaway: (verdict: Verdict, inviteId: string) => void;
  /** A dial has failed; another follows by itself if it may help. */
  readonly onfailure: (reason: unknown) => void;
}

/** What an invite adds to a dial: its pre-shared key, and its id if it is ours. */
interface ByInvite {
  readonly psk?: Bytes;
  readonly inviteId?: string;
}

/** A verified offer, and what it takes to answer it. */
interface Crossing {
  readonly parts: DialParts;
  readonly offer: Signal;
}

export class Dialler {
  readonly #parts: DiallerParts;
  readonly #backoff = new Backoff(FIRST_RETRY, LONGEST_RETRY);
  readonly #dialsFirst: boolean;
  #present: boolean | undefined;
  #dial: Dial | undefined;
  #starting = false;
  #linked = false;
  #linkedAt = 0;
  /** An offer of theirs that crossed our dial, which counts before it: to be answered if ours is not. */
  #crossing: Crossing | undefined;
  /** Offers that were answered: one that comes again is an echo, or a replay. */
  readonly #answered = new Set<string>();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failure: LinkError['code'] | undefined;
  /** They, or the server, went away while the dial was pending: how it ends says nothing of the networks. */
  #interrupted = false;
  /** When links broke the rules, the newest last. */
  #broken: number[] = [];
  #stopped = false;
  #closed = false;

  constructor(parts: DiallerParts) {
    this.#parts = parts;
    this.#dialsFirst = compare(parts.means.identity.card.fingerprint, parts.acquaintance.fingerprint) < 0;
  }

  /** Whether the server says they are here; `undefined` while it cannot be asked. */
  get present(): boolean | undefined {
    return this.#present;
  }

  /** Whether a dial is pending or a link open. */
  get busy(): boolean {
    return this.#dial !== undefined || this.#linked;
  }

  /** What the last dial failed of that nothing interrupted, while no link is open. */
  get failure(): LinkError['code'] | undefined {
    return this.#failure;
  }

  setPresence(present: boolean | undefined): void {
    // Whoever has been away may come back mended.
    if (present === false) {
      this.#stopped = false;
      this.#failure = undefined;
    }
    this.#present = present;
    if (present) {
      this.#backoff.reset();
      this.#schedule(0);
    } else {
      this.#interrupted = true;
      clearTimeout(this.#retry);
      if (present === false && this.#dial?.role === 'dialler') this.#dial.abort();
    }
  }

  /** The network may be another one now: a dial that waits for its turn need not. */
  hurry(): void {
    if (!this.#mayDial) return;
    this.#backoff.reset();
    this.#schedule(0);
  }

  /** The link that `onestablished` gave has carried something good: the next dial need not wait long. */
  proven(): void {
    this.#stopped = false;
    this.#backoff.reset();
  }

  /**
   * What they sent on a link did not open or verify. After the third time in a minute we neither dial nor answer, until they
   * have been away. @returns whether that is so now
   */
  broken(): boolean {
    const now = performance.now();
    this.#broken = [...this.#broken.filter((time) => now - time < BROKEN_WITHIN), now];
    this.#stopped = this.#broken.length >= MAX_BROKEN;
    if (this.#stopped) this.#dial?.abort();
    return this.#stopped;
  }

  /** The link that `onestablished` gave has closed. */
  lost(): void {
    if (performance.now() - this.#linkedAt > STEADY) this.#backoff.reset();
    this.#linked = false;
    this.#failure = 'closed';
    this.#schedule(this.#backoff.next());
  }

  /** Neither dials nor answers any more; a dial that is pending leads nowhere. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#dial?.abort();
    this.#dial = undefined;
  }

  /** Dials and answers again, after `close`. */
  reopen(): void {
    this.#closed = false;
    this.#stopped = false;
    this.#present = undefined;
  }

  /** Takes a signaling payload that came from them through the server. */
  async receive(sealed: SealedSignal): Promise<void> {
    if (this.#dial && equal(sealed.dialId, this.#dial.keys.dialId)) this.#dial.receive(sealed);
    else if (sealed.fromDialler && !this.#stopped) await this.#answer(sealed);
  }

  async #answer(sealed: SealedSignal): Promise<void> {
    const { acquaintance, means } = this.#parts;
    const parties = { us: means.identity, them: acquaintance.fingerprint };
    const { target } = acquaintance;
    const inviteId = sealed.mode.mode === 'invite' ? toHex(sealed.mode.inviteId) : undefined;
    const reception = inviteId === undefined ? undefined : acquaintance.reception(inviteId);
    // A pinned dial is answered to people whose card we know only; also while we call them by an invite, which may be forged.
    if (inviteId === undefined ? !target?.card : !reception) return;
    const keys = await answerDial(parties, sealed, reception?.keys.signalKey);
    const pinned = target?.card;
    const opened = keys && (await openSignal(parties, keys, sealed, pinned));
    if (!keys || opened?.signal.type !== 'offer' || this.#closed || this.#stopped || !this.#isNew(sealed.dialId))
      return;
    if (reception && inviteId !== undefined && reception.verdict !== 'welcome') {
      return this.#turnAway(keys, reception.verdict, inviteId);
    }

    // Of two crossing dials a joiner's counts; of two alike, that of the lower fingerprint.
    const alike = (target?.kind === 'invite') === (inviteId !== undefined);
    const byInvite = reception && inviteId !== undefined ? { psk: reception.keys.psk, inviteId } : {};
    const parts = this.#dialParts(keys, pinned, byInvite);
    if (this.#dial?.role === 'dialler' && alike && this.#dialsFirst) {
      this.#dial.repeatOffer();
      this.#crossing = { parts, offer: opened.signal };
      return;
    }
    this.#follow(new Dial(parts, opened.signal));
  }

  /** Remembers the newest offers by their dials. */
  #isNew(dialId: Bytes): boolean {
    const id = toHex(dialId);
    if (this.#answered.has(id)) return false;
    this.#answered.add(id);
    const [oldest] = this.#answered;
    if (this.#answered.size > MAX_REMEMBERED_OFFERS) this.#answered.delete(oldest!);
    return true;
  }

  async #turnAway(keys: DialKeys, verdict: Verdict, inviteId: string): Promise<void> {
    const parties = { us: this.#parts.means.identity, them: this.#parts.acquaintance.fingerprint };
    const payload = await sealSignal(parties, keys, { type: 'refusal', text: verdict });
    if (payload) this.#parts.send(payload);
    this.#parts.onturnedaway(verdict, inviteId);
  }

  #schedule(delay: number): void {
    clearTimeout(this.#retry);
    const { target } = this.#parts.acquaintance;
    if (!target || this.#closed) return;
    const wait = target.kind === 'invite' || this.#dialsFirst ? delay : delay + YIELD;
    this.#retry = setTimeout(() => void this.#call(), wait);
  }

  /** Dials, unless there is no need or no use by now. */
  async #call(): Promise<void> {
    const { target } = this.#parts.acquaintance;
    if (!target || !this.#mayDial || this.#starting) return;
    this.#starting = true;
    try {
      const parts = await this.#prepare(target);
      // Preparing takes a while, and an offer of theirs may have come.
      if (this.#mayDial) this.#follow(new Dial(parts));
    } finally {
      this.#starting = false;
    }
  }

  get #mayDial(): boolean {
    return this.#present === true && !this.busy && !this.#stopped && !this.#closed;
  }

  async #prepare(target: DialTarget): Promise<DialParts> {
    const { acquaintance, means } = this.#parts;
    if (target.kind === 'invite') {
      const { id, signalKey, psk } = target.keys;
      return this.#dialParts(dialInvite(id, signalKey), target.card, { psk });
    }
    const card = await acquaintance.newestCard(target.card);
    const keys = await dialPinned({ us: means.identity, them: acquaintance.fingerprint }, card);
    return this.#dialParts(keys, card, {});
  }

  #dialParts(keys: DialKeys, pinned: Card | undefined, { psk, inviteId }: ByInvite): DialParts {
    const { acquaintance, means, send } = this.#parts;
    const them = acquaintance.fingerprint;
    return { means, them, keys, pinned, psk, send, commit: (peer) => acquaintance.commit(peer, inviteId) };
  }

  /** Makes a dial the pending one, and says how it ends. */
  #follow(dial: Dial): void {
    this.#dial?.abort();
    clearTimeout(this.#retry);
    this.#dial = dial;
    this.#interrupted = false;
    this.#crossing = undefined;
    dial.established.then(
      (established) => {
        if (this.#dial !== dial || this.#closed) {
          established.link.close();
          return retire(established.session);
        }
        this.#dial = undefined;
        this.#linked = true;
        this.#failure = undefined;
        this.#linkedAt = performance.now();
        this.#parts.onestablished(established);
      },
      (reason: unknown) => {
        if (this.#dial !== dial) return;
        this.#dial = undefined;
        const code = reason instanceof LinkError ? reason.code : undefined;
        if (!this.#linked) {
          this.#failure = this.#interrupted ? undefined : code;
          this.#schedule(this.#backoff.next());
        }
        this.#parts.onfailure(reason);
        // They may be unable to open what we send, as when we know a card that they do not have any more.
        const crossing = this.#crossing;
        if (crossing && code === 'no-answer' && !this.#closed) {
          this.#follow(new Dial(crossing.parts, crossing.offer));
        }
      },
    );
  }
}
