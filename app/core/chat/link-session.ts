/**
 * The session of an open link and, once an hour, the handshake that puts a fresh one in its place while messages go on.
 * One turn at a time, so that no two envelopes ever start from one state of a session.
 */
import { equal, type Bytes } from '../../../signal/wire/bytes.ts';
import { HOUR } from '../../../signal/wire/time.ts';
import { LinkError } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import { decodeEnvelope, type Body, type Envelope } from '../envelope/envelope.ts';
import { openInSession, retire, sealInSession, type Session, type SessionParties } from '../session/session.ts';
import { encodeFrame, type FrameKind } from '../transport/frames.ts';
import { Inbox } from '../transport/inbox.ts';
import type { Link } from '../transport/link.ts';
import type { Established } from './dial.ts';
import { nothingToSay, type Shaken } from './shake-hands.ts';

/** How long a session serves until its initiator shakes hands again; to do so in less than half of it ends the link. */
const SESSION_LIFETIME = HOUR;
/** No session serves longer than this: where the other side fails to replace it, the link is closed. */
const LONGEST_SESSION = 65 * 60 * 1000;
/** How long the responder opens what comes in the session before; the initiator needs a round trip. */
const OVERLAP = 60_000;

/** A fresh handshake under way on the link, and where its messages go. */
interface Renewal {
  readonly inbox: Inbox;
  readonly shaken: Promise<Shaken>;
}

/** A session, and the cards of its handshake: either side may have newer ones by now, which the next handshake shows. */
interface Speaking {
  readonly session: Session;
  readonly parties: SessionParties;
}

export class LinkSession {
  readonly #link: Link;
  readonly #established: Established;
  readonly #turns = new Serial();
  #current: Speaking;
  /** The one before: the responder opens what comes in it until the initiator speaks in the current one. */
  #previous: Speaking | undefined;
  #renewal: Renewal | undefined;
  #startedAt = 0;
  #ended = false;
  #failure: Error | undefined;
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(established: Established) {
    this.#link = established.link;
    this.#established = established;
    this.#current = speaking(established);
    this.#startClock();
  }

  /** What a fresh handshake failed of, if the link was closed for that. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Seals a body and begins to write it in one turn, so that envelopes leave in the order of their counters. Resolves when
   * the link has room for more. @throws LinkError
   */
  async send(body: Body): Promise<void> {
    const { written } = await this.#turns.run(() => this.#seal(body));
    await written;
  }

  /**
   * Opens an envelope. @returns its body, or `undefined` if it but finished a handshake. @throws LinkError if it does not
   * open; what the handshake's commit throws
   */
  open(bytes: Bytes): Promise<Body | undefined> {
    return this.#turns.run(async () => {
      const envelope = decodeEnvelope(bytes);
      if (!envelope) throw new LinkError('protocol');
      const { sessionId } = envelope.header;
      if (this.#previous && equal(sessionId, this.#previous.session.id)) {
        const { next, body } = await this.#open(this.#previous, envelope);
        this.#previous = next;
        return body;
      }
      if (!equal(sessionId, this.#current.session.id)) return this.#finish(bytes);
      const { next, body } = await this.#open(this.#current, envelope);
      this.#current = next;
      this.#forgetPrevious();
      return body;
    });
  }

  /** Takes a message of a fresh handshake. @throws LinkError if it is not due; what the handshake's commit throws */
  async takeRenewal(kind: 'm1' | 'm2' | 'm3', message: Bytes): Promise<void> {
    const responding = this.#established.role === 'responder';
    const due = performance.now() - this.#startedAt > SESSION_LIFETIME / 2;
    if (kind === 'm1' && responding && due && !this.#renewal) this.#shakeHands();
    if (!this.#renewal || responding === (kind === 'm2')) throw new LinkError('protocol');
    if (kind !== 'm3') this.#renewal.inbox.push(encodeFrame(kind, message));
    // Finished is the first envelope of the fresh session, and none of the old one may leave after it.
    else await this.#turns.run(() => this.#accept(message));
  }

  /** Nothing more is opened or sealed: every key is overwritten. */
  end(): void {
    this.#renewal?.inbox.close();
    void this.#turns.run(async () => {
      this.#ended = true;
      // In its turn: a handshake that was just being finished has started it once more.
      this.#stopClock();
      this.#forgetPrevious();
      retire(this.#current.session);
    });
  }

  async #seal(body: Body): Promise<{ written: Promise<void> }> {
    // Its keys are overwritten by now.
    if (this.#ended) throw new LinkError('closed');
    const { session: before, parties } = this.#current;
    const { session, envelope } = await sealInSession(before, parties, body);
    retire(before, session);
    this.#current = { session, parties };
    return { written: this.#link.write(encodeFrame('envelope', envelope)) };
  }

  async #open({ session, parties }: Speaking, envelope: Envelope): Promise<{ next: Speaking; body: Body }> {
    const opened = await openInSession(session, parties, envelope);
    if (!opened) throw new LinkError('protocol');
    retire(session, opened.session);
    return { next: { session: opened.session, parties }, body: opened.body };
  }

  /** The responder takes M3, and still opens what the initiator sent before it has Finished. */
  async #accept(m3: Bytes): Promise<void> {
    const before = await this.#replace('m3', m3);
    this.#forgetPrevious();
    this.#previous = before;
    this.#timers.push(setTimeout(() => this.#previous && this.#link.close(), OVERLAP));
  }

  /** The initiator takes Finished, and speaks in the fresh session at once: that ends the old one over there, too. */
  async #finish(finished: Bytes): Promise<undefined> {
    retire((await this.#replace('envelope', finished)).session);
    const { written } = await this.#seal(nothingToSay());
    // Nothing else leaves before it, so that the other's old keys do not have to wait for what people write.
    await written;
    return undefined;
  }

  /** Gives a fresh handshake its last message, and takes up the session it makes. @returns the one before */
  async #replace(kind: FrameKind, message: Bytes): Promise<Speaking> {
    if (!this.#renewal) throw new LinkError('protocol');
    this.#renewal.inbox.push(encodeFrame(kind, message));
    const shaken = await this.#renewal.shaken;
    const before = this.#current;
    this.#renewal = undefined;
    this.#current = speaking(shaken);
    this.#startClock();
    return before;
  }

  #shakeHands(): void {
    const { session, parties } = this.#current;
    const inbox = new Inbox();
    const channel = { read: () => inbox.read(), write: (frame: Bytes) => this.#link.write(frame) };
    const shaken = this.#established.renew(channel, parties.them, session.renewalKey);
    shaken.catch((error: Error) => {
      this.#failure = error;
      this.#link.close();
    });
    this.#renewal = { inbox, shaken };
  }

  #startClock(): void {
    this.#stopClock();
    this.#startedAt = performance.now();
    this.#timers.push(setTimeout(() => this.#link.close(), LONGEST_SESSION));
    if (this.#established.role === 'initiator') {
      this.#timers.push(setTimeout(() => this.#shakeHands(), SESSION_LIFETIME));
    }
  }

  #stopClock(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }

  #forgetPrevious(): void {
    if (this.#previous) retire(this.#previous.session);
    this.#previous = undefined;
  }
}

function speaking({ us, session, peer }: Shaken): Speaking {
  return { session, parties: { us, them: peer.card } };
}
