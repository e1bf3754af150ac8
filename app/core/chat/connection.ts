/**
 * Keeps one person reachable: dials when they are here, answers when they dial, lets one of two crossing dials win,
 * dials again when a link is lost. At most one dial is pending, and at most one link is open.
 */
import { equal, toHex, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Card } from '../../../signal/wire/card.ts';
import type { IceServer } from '../../../signal/wire/messages.ts';
import type { Identity } from '../identity/identity.ts';
import type { InviteKeys } from '../identity/invite.ts';
import { compare } from '../log/entry.ts';
import type { ProvenPeer } from '../session/handshake.ts';
import {
  answerDial,
  dialInvite,
  dialPinned,
  openSignal,
  sealSignal,
  type DialKeys,
  type SealedSignal,
} from '../session/signaling.ts';
import { Backoff } from '../transport/backoff.ts';
import type { OpenLink } from '../transport/link.ts';
import type { Verdict } from './contacts.ts';
import { Dial, type DialParts, type Established } from './dial.ts';

/** Of two people, the one with the higher fingerprint waits this long for the other's offer. */
const YIELD = 3_000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 30_000;

/** Whom we dial, and how: a pinned person, or the maker of an invite that we hold. */
export type DialTarget =
  { readonly kind: 'pinned'; readonly card: Card } | { readonly kind: 'invite'; readonly keys: InviteKeys };

/** How an invite of ours meets someone who proved to hold it. */
export type Reception =
  { readonly verdict: 'welcome'; readonly keys: InviteKeys } | { readonly verdict: Verdict; readonly keys: InviteKeys };

export interface ConnectionParts {
  readonly identity: Identity;
  readonly them: Bytes;
  readonly openLink: OpenLink;
  readonly iceServers: () => readonly IceServer[];
  readonly send: (payload: Bytes) => void;
  readonly now: () => number;
  /** Whom to dial; `undefined` while there is nobody to: a stranger, or an invite that was turned down. */
  readonly target: () => DialTarget | undefined;
  /** The newest card the directory has of them, where it can be asked. */
  readonly lookUp: () => Promise<Card | undefined>;
  /** Our invite of this id, as it meets them. */
  readonly reception: (inviteId: string) => Reception | undefined;
  readonly commit: (peer: ProvenPeer, inviteId: string | undefined) => Promise<void>;
  readonly onestablished: (established: Established) => void;
  /** They hold an invite of ours that does not let them in. */
  readonly onturnedaway: (verdict: Verdict) => void;
  readonly onfailure: (reason: unknown) => void;
}

export class Connection {
  readonly #parts: ConnectionParts;
  readonly #backoff = new Backoff(FIRST_RETRY, LONGEST_RETRY);
  readonly #dialsFirst: boolean;
  #present: boolean | undefined;
  #dial: Dial | undefined;
  #starting = false;
  #linked = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#dialsFirst = compare(parts.identity.card.fingerprint, parts.them) < 0;
  }

  /** Whether the server says they are here; `undefined` while it cannot be asked. */
  get present(): boolean | undefined {
    return this.#present;
  }

  /** Whether a dial is pending or a link open. */
  get busy(): boolean {
    return this.#dial !== undefined || this.#linked;
  }

  setPresence(present: boolean | undefined): void {
    this.#present = present;
    if (present) {
      this.#backoff.reset();
      this.#schedule(0);
    } else {
      clearTimeout(this.#retry);
      this.#retry = undefined;
      if (present === false && this.#dial?.role === 'dialler') this.#dial.abort();
    }
  }

  /** The link that `onestablished` gave has carried something good: the next dial need not wait long. */
  proven(): void {
    this.#backoff.reset();
  }

  /** The link that `onestablished` gave has closed. */
  lost(): void {
    this.#linked = false;
    this.#schedule(this.#backoff.next());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#dial?.abort();
  }

  /** Takes a signaling payload that came from them through the server. */
  async receive(sealed: SealedSignal): Promise<void> {
    if (this.#dial && equal(sealed.dialId, this.#dial.keys.dialId)) {
      this.#dial.receive(sealed);
      return;
    }
    if (sealed.fromDialler) await this.#answer(sealed);
  }

  async #answer(sealed: SealedSignal): Promise<void> {
    const { identity, them } = this.#parts;
    const parties = { us: identity, them };
    const target = this.#parts.target();
    const inviteId = sealed.mode.mode === 'invite' ? toHex(sealed.mode.inviteId) : undefined;
    const reception = inviteId === undefined ? undefined : this.#parts.reception(inviteId);
    // Who holds an invite of theirs dials by it; a pinned dial is answered to a pinned person only.
    if (inviteId === undefined ? target?.kind !== 'pinned' : !reception) return;
    const keys = await answerDial(parties, sealed, reception?.keys.signalKey);
    const pinned = target?.kind === 'pinned' ? target.card : undefined;
    const opened = keys && (await openSignal(parties, keys, sealed, pinned));
    if (!keys || opened?.signal.type !== 'offer' || this.#closed) return;
    if (reception && reception.verdict !== 'welcome') return this.#turnAway(keys, reception.verdict);

    // Of two crossing dials a joiner's counts; of two alike, that of the lower fingerprint.
    const alike = (target?.kind === 'invite') === (inviteId !== undefined);
    if (this.#dial?.role === 'dialler' && alike && this.#dialsFirst) {
      this.#dial.repeatOffer();
      return;
    }
    const dial = new Dial(this.#dialParts(keys, pinned, reception?.keys.psk, inviteId), opened.signal);
    this.#follow(dial);
  }

  async #turnAway(keys: DialKeys, verdict: Verdict): Promise<void> {
    const parties = { us: this.#parts.identity, them: this.#parts.them };
    const payload = await sealSignal(parties, keys, { type: 'refusal', text: verdict });
    if (payload) this.#parts.send(payload);
    this.#parts.onturnedaway(verdict);
  }

  #schedule(delay: number): void {
    clearTimeout(this.#retry);
    const target = this.#parts.target();
    if (!target || this.#closed) return;
    const wait = target.kind === 'invite' || this.#dialsFirst ? delay : delay + YIELD;
    this.#retry = setTimeout(() => void this.#call(), wait);
  }

  async #call(): Promise<void> {
    if (!this.#present || this.#linked || this.#dial || this.#starting) return;
    this.#starting = true;
    try {
      const target = this.#parts.target();
      if (target?.kind === 'invite') {
        const keys = dialInvite(target.keys.id, target.keys.signalKey);
        this.#follow(new Dial(this.#dialParts(keys, undefined, target.keys.psk, undefined)));
      } else if (target) {
        const card = (await this.#parts.lookUp()) ?? target.card;
        const keys = await dialPinned({ us: this.#parts.identity, them: this.#parts.them }, card);
        // An offer of theirs may have come meanwhile.
        if (!this.#dial && !this.#linked && !this.#closed) {
          this.#follow(new Dial(this.#dialParts(keys, card, undefined, undefined)));
        }
      }
    } finally {
      this.#starting = false;
    }
  }

  #dialParts(
    keys: DialKeys,
    pinned: Card | undefined,
    psk: Bytes | undefined,
    inviteId: string | undefined,
  ): DialParts {
    const { identity, them, openLink, send, now, commit } = this.#parts;
    const iceServers = this.#parts.iceServers();
    const commitPeer = (peer: ProvenPeer) => commit(peer, inviteId);
    return { identity, them, keys, psk, pinned, openLink, iceServers, send, now, commit: commitPeer };
  }

  /** Makes a dial the pending one, and says how it ends. */
  #follow(dial: Dial): void {
    this.#dial?.abort();
    clearTimeout(this.#retry);
    this.#dial = dial;
    dial.established.then(
      (established) => {
        if (this.#dial !== dial) return established.link.close();
        this.#dial = undefined;
        this.#linked = true;
        this.#parts.onestablished(established);
      },
      (reason: unknown) => {
        if (this.#dial !== dial) return;
        this.#dial = undefined;
        if (!this.#linked) this.#schedule(this.#backoff.next());
        this.#parts.onfailure(reason);
      },
    );
  }
}
