/**
 * One dial, from the offer to a session: signaling through the server, then the handshake on the channel it opened.
 * Nothing is answered, and no candidate (an address) leaves, before the other side's signature has been verified.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import type { Card } from '../../../signal/wire/card.ts';
import type { IceServer } from '../../../signal/wire/messages.ts';
import { LinkError } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Identity } from '../identity/identity.ts';
import type { ProvenPeer } from '../session/handshake.ts';
import {
  openSignal,
  sealSignal,
  type DialKeys,
  type DialMode,
  type SealedSignal,
  type Signal,
} from '../session/signaling.ts';
import type { Link, LinkSignal, OpenLink } from '../transport/link.ts';
import { VERDICTS, type Verdict } from './invite-book.ts';
import { shakeHandsBack, shakeHandsFirst, type Channel, type Shaken } from './shake-hands.ts';

/** How long an offer waits for its answer, and a dial for its session. */
const ANSWER_TIMEOUT = 5_000;
const DIAL_TIMEOUT = 20_000;
const MAX_CANDIDATES = 64;
const MAX_SIGNALS = 128;

/** What every dial needs, whomever it is with. */
export interface DialMeans {
  /** Ourselves as we are now: asked for at each step, as keys and name may change. */
  readonly identity: Identity;
  readonly openLink: OpenLink;
  readonly iceServers: () => readonly IceServer[];
  /** Unix ms. */
  readonly now: () => number;
}

export interface DialParts {
  readonly means: DialMeans;
  readonly them: Bytes;
  readonly keys: DialKeys;
  /** The invite's pre-shared key, in invite mode. */
  readonly psk: Bytes | undefined;
  /** The card we know of them, if we do. */
  readonly pinned: Card | undefined;
  /** Sends a payload to them through the server. */
  readonly send: (payload: Bytes) => void;
  /** Makes durable what the handshake proved, before the session is used. */
  readonly commit: (peer: ProvenPeer) => Promise<void>;
}

/** What a dial leads to. */
export interface Established extends Shaken {
  readonly link: Link;
  /** Whoever dialled is the initiator of the handshake, and of each that follows on the link. */
  readonly role: 'initiator' | 'responder';
  /** Shakes hands once more on the open link, as people who know each other by these cards, and share this key. */
  readonly renew: (channel: Channel, pinned: Card, renewalKey: Bytes) => Promise<Shaken>;
}

/** The inviter proved who they are and turned the invite down. */
export class InviteRefused extends Error {
  override readonly name = 'InviteRefused';
  readonly refusal: Verdict;

  constructor(refusal: Verdict) {
    super(refusal);
    this.refusal = refusal;
  }
}

export class Dial {
  readonly keys: DialKeys;
  readonly established: Promise<Established>;
  readonly #parts: DialParts;
  readonly #link: Link;
  readonly #outgoing = new Serial();
  readonly #incoming = new Serial();
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  #candidates: string[] = [];
  #offer: Bytes | undefined;
  #verified: boolean;
  #received = 0;
  #fail: (reason: Error) => void = () => undefined;

  /** @param offer - the verified offer being answered; without one, this side dials. */
  constructor(parts: DialParts, offer?: Signal) {
    this.#parts = parts;
    this.keys = parts.keys;
    this.#verified = offer !== undefined;
    this.#link = parts.means.openLink({
      initiator: !offer,
      iceServers: parts.means.iceServers(),
      onsignal: (signal) => this.#forward(signal),
    });
    const failed = new Promise<never>((_, reject) => (this.#fail = reject));
    this.established = Promise.race([this.#shakeHands(), failed]);
    this.established.catch(() => this.#link.close()).finally(() => this.#timers.forEach(clearTimeout));
    this.#timers.push(setTimeout(() => this.#giveUp(), DIAL_TIMEOUT));
    if (offer) this.#link.signal({ type: 'offer', text: offer.text });
    else this.#timers.push(setTimeout(() => this.#verified || this.#fail(new LinkError('no-answer')), ANSWER_TIMEOUT));
  }

  get role(): 'dialler' | 'answerer' {
    return this.keys.role;
  }

  /** Gives up. */
  abort(): void {
    this.#fail(new LinkError('closed'));
  }

  /** Sends the offer once more: the other side dialled too, and ours is the one that counts. */
  repeatOffer(): void {
    if (this.#offer && !this.#verified) this.#parts.send(this.#offer);
  }

  /** It has taken too long. A link that has not opened says itself why. */
  #giveUp(): void {
    this.#link.opened.then(
      () => this.#fail(new LinkError('timeout')),
      () => undefined,
    );
    this.#link.close();
  }

  /** Takes a payload of this dial; what does not verify is dropped. */
  receive(sealed: SealedSignal): void {
    if (this.#received++ >= MAX_SIGNALS) return;
    void this.#incoming.run(async () => {
      const { means, them, pinned } = this.#parts;
      const opened = await openSignal({ us: means.identity, them }, this.keys, sealed, pinned);
      if (opened) this.#take(opened.signal);
    });
  }

  #take({ type, text }: Signal): void {
    const dialling = this.role === 'dialler';
    if (type === 'answer' && dialling && !this.#verified) {
      this.#verified = true;
      this.#link.signal({ type: 'answer', text });
      this.#sendCandidates();
    } else if (type === 'candidates' && this.#verified) {
      for (const candidate of decodeCandidates(text)) this.#link.signal({ type: 'candidate', text: candidate });
    } else if (type === 'refusal' && dialling) {
      this.#fail(new InviteRefused(VERDICTS.find((verdict) => verdict === text) ?? 'cancelled'));
    }
  }

  #forward(signal: LinkSignal): void {
    const { type, text } = signal;
    if (type === 'candidate') {
      this.#candidates.push(text);
      this.#sendCandidates();
      return;
    }
    void this.#outgoing.run(async () => {
      const payload = await this.#seal({ type, text });
      if (type === 'offer') this.#offer = payload;
    });
  }

  /** Sends the candidates that wait, in one payload: those found while one is being sealed share the next. */
  #sendCandidates(): void {
    if (!this.#verified) return;
    void this.#outgoing.run(async () => {
      const candidates = this.#candidates.splice(0, MAX_CANDIDATES);
      if (candidates.length > 0) await this.#seal({ type: 'candidates', text: JSON.stringify(candidates) });
    });
  }

  async #seal(signal: Signal): Promise<Bytes | undefined> {
    const { means, them, send } = this.#parts;
    const payload = await sealSignal({ us: means.identity, them }, this.keys, signal);
    if (payload) send(payload);
    return payload;
  }

  async #shakeHands(): Promise<Established> {
    const { means, them, keys, psk, pinned, commit } = this.#parts;
    const link = this.#link;
    const { ours, theirs } = await link.opened;
    const dialling = this.role === 'dialler';
    const role = dialling ? 'initiator' : 'responder';
    const binding = dialling ? { initiator: ours, responder: theirs } : { initiator: theirs, responder: ours };
    const shake = (channel: Channel, mode: DialMode, key: Bytes | undefined, known: Card | undefined) => {
      const us = means.identity;
      const context = { us, them, dialId: keys.dialId, mode, psk: key, binding, now: means.now() };
      const parts = { channel, context, decryptKey: us.decryptKey, pinned: known, commit };
      return dialling ? shakeHandsFirst(parts) : shakeHandsBack(parts);
    };
    const renew = (channel: Channel, known: Card, renewalKey: Bytes) =>
      shake(channel, { mode: 'pinned' }, renewalKey, known);
    return { link, role, renew, ...(await shake(link, keys.mode, psk, pinned)) };
  }
}

function decodeCandidates(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.length <= MAX_CANDIDATES) return value.filter((item) => typeof item === 'string');
  } catch {
    // Not JSON: none.
  }
  return [];
}
