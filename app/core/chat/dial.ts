/**
 * One dial, from the offer to a session: signaling through the server, then the handshake on the channel it opened.
 * Nothing is answered, and no candidate (an address) leaves, before the other side's signature has been verified.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { supersedes, type Card } from '../../../signal/wire/card.ts';
import type { IceServer } from '../../../signal/wire/messages.ts';
import { LinkError } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Identity } from '../identity/identity.ts';
import { decodeBatch, encodeBatch } from '../log/batch.ts';
import { accept, answer, complete, initiate, type HandshakeContext, type ProvenPeer } from '../session/handshake.ts';
import { HANDSHAKE_VERSION, isForeignM1 } from '../session/handshake-messages.ts';
import { openInSession, sealInSession, type Session } from '../session/session.ts';
import { openSignal, sealSignal, type DialKeys, type SealedSignal, type Signal } from '../session/signaling.ts';
import { decodeFrame, encodeFrame, type FrameKind } from '../transport/frames.ts';
import type { Link, LinkSignal, OpenLink } from '../transport/link.ts';
import { VERDICTS, type Verdict } from './contacts.ts';

/** How long an offer waits for its answer, and a dial for its session. */
const ANSWER_TIMEOUT = 5_000;
const DIAL_TIMEOUT = 20_000;
const MAX_CANDIDATES = 64;
const MAX_SIGNALS = 128;

export interface DialParts {
  readonly identity: Identity;
  readonly them: Bytes;
  readonly keys: DialKeys;
  /** The invite's pre-shared key, in invite mode. */
  readonly psk: Bytes | undefined;
  /** The card we know of them, if we do. */
  readonly pinned: Card | undefined;
  readonly openLink: OpenLink;
  readonly iceServers: readonly IceServer[];
  /** Sends a payload to them through the server. */
  readonly send: (payload: Bytes) => void;
  readonly now: () => number;
  /** Makes durable what the handshake proved, before the session is used. */
  readonly commit: (peer: ProvenPeer) => Promise<void>;
}

/** What a dial leads to. */
export interface Established {
  readonly link: Link;
  readonly session: Session;
  readonly peer: ProvenPeer;
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
    this.#link = parts.openLink({
      initiator: !offer,
      iceServers: parts.iceServers,
      onsignal: (signal) => this.#forward(signal),
    });
    const failed = new Promise<never>((_, reject) => (this.#fail = reject));
    this.established = Promise.race([this.#shakeHands(), failed]);
    this.established.catch(() => this.#link.close()).finally(() => this.#timers.forEach(clearTimeout));
    this.#timers.push(setTimeout(() => this.#fail(new LinkError('timeout')), DIAL_TIMEOUT));
    if (offer) this.#link.signal({ type: 'offer', text: offer.text });
    else this.#timers.push(setTimeout(() => this.#verified || this.#fail(new LinkError('timeout')), ANSWER_TIMEOUT));
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

  /** Takes a payload of this dial; what does not verify is dropped. */
  receive(sealed: SealedSignal): void {
    if (this.#received++ >= MAX_SIGNALS) return;
    void this.#incoming.run(async () => {
      const { identity, them, pinned } = this.#parts;
      const opened = await openSignal({ us: identity, them }, this.keys, sealed, pinned);
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
      this.#fail(new InviteRefused(VERDICTS.find((verdict) => verdict === text) ?? 'removed'));
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
    const { identity, them, send } = this.#parts;
    const payload = await sealSignal({ us: identity, them }, this.keys, signal);
    if (payload) send(payload);
    return payload;
  }

  async #shakeHands(): Promise<Established> {
    const { ours, theirs } = await this.#link.opened;
    const { identity, them, psk, now } = this.#parts;
    const dialling = this.role === 'dialler';
    const context: HandshakeContext = {
      us: identity,
      them,
      dialId: this.keys.dialId,
      mode: this.keys.mode,
      psk,
      binding: dialling ? { initiator: ours, responder: theirs } : { initiator: theirs, responder: ours },
      now: now(),
    };
    return dialling ? this.#initiate(context) : this.#respond(context);
  }

  async #initiate(context: HandshakeContext): Promise<Established> {
    const initiated = await initiate(context);
    await this.#write('m1', initiated.m1);
    const completed = await complete(context, initiated, await this.#read('m2'));
    if (!completed) throw new LinkError('protocol');
    const { session, peer } = completed;
    this.#checkCard(peer);
    await this.#write('m3', completed.m3);
    const parties = { us: this.#parts.identity, them: peer.card };
    const finished = await openInSession(session, parties, await this.#read('envelope'));
    const batch = finished && (await decodeBatch(finished.body));
    if (!finished || batch?.messages.length !== 0) throw new LinkError('protocol');
    await this.#parts.commit(peer);
    return { link: this.#link, session: finished.session, peer };
  }

  async #respond(context: HandshakeContext): Promise<Established> {
    const m1 = await this.#read('m1');
    if (isForeignM1(m1)) {
      await this.#write('version-refused', Uint8Array.of(HANDSHAKE_VERSION));
      throw new LinkError('version');
    }
    const answered = await answer(context, m1);
    if (!answered) throw new LinkError('protocol');
    await this.#write('m2', answered.m2);
    const accepted = await accept(context, answered, await this.#read('m3'));
    if (!accepted) throw new LinkError('protocol');
    const { session, peer } = accepted;
    this.#checkCard(peer);
    await this.#parts.commit(peer);
    const finished = encodeBatch({ messages: [], acknowledgement: undefined });
    const sealed = await sealInSession(session, { us: this.#parts.identity, them: peer.card }, finished);
    await this.#write('envelope', sealed.envelope);
    return { link: this.#link, session: sealed.session, peer };
  }

  /** A card older than the one we know has been rolled back. */
  #checkCard({ card }: ProvenPeer): void {
    const { pinned } = this.#parts;
    if (pinned && !supersedes(card, pinned)) throw new LinkError('protocol');
  }

  async #read(kind: FrameKind): Promise<Bytes> {
    const bytes = await this.#link.read();
    if (!bytes) throw new LinkError('closed');
    const frame = decodeFrame(bytes);
    if (frame?.kind === 'version-refused') throw new LinkError('version');
    if (frame?.kind !== kind) throw new LinkError('protocol');
    return frame.payload;
  }

  async #write(kind: FrameKind, payload: Bytes): Promise<void> {
    await this.#link.write(encodeFrame(kind, payload));
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
