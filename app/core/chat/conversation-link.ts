/**
 * An open link with its session: seals what goes out, opens what comes in, one at a time, so that no two envelopes ever
 * start from one session state. Whatever does not open ends the link; nothing of it was taken.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { LinkError } from '../base/errors.ts';
import { Serial } from '../base/serial.ts';
import type { Identity } from '../identity/identity.ts';
import { decodeBatch, encodeBatch, type Batch } from '../log/batch.ts';
import { openInSession, sealInSession, type Session, type SessionParties } from '../session/session.ts';
import { decodeFrame, encodeFrame, type FrameKind } from '../transport/frames.ts';
import type { Link } from '../transport/link.ts';
import type { Established } from './dial.ts';

/** How long a link may stay silent when asked. */
const PROBE_TIMEOUT = 1_000;
/** A ping that comes sooner after another ends the link: nobody needs it, and answering costs. */
const PING_INTERVAL = 500;
const EMPTY: Bytes = new Uint8Array(0);

export class ConversationLink {
  readonly closed: Promise<void>;
  readonly #link: Link;
  readonly #parties: SessionParties;
  readonly #turns = new Serial();
  #session: Session;
  /** Frames that have come. */
  #heard = 0;
  #pongsDue = 0;
  #lastPing = -PING_INTERVAL;
  #lastProbe = -PROBE_TIMEOUT;
  #closed = false;

  constructor(identity: Identity, { link, session, peer }: Established) {
    this.#link = link;
    this.#session = session;
    this.#parties = { us: identity, them: peer.card };
    this.closed = link.closed;
  }

  /** Seals a batch and writes it. @returns false if the link has closed. */
  async send(batch: Batch): Promise<boolean> {
    const body = encodeBatch(batch);
    const envelope = await this.#turns.run(async () => {
      const sealed = await sealInSession(this.#session, this.#parties, body);
      this.#session = sealed.session;
      return sealed.envelope;
    });
    return this.#write(encodeFrame('envelope', envelope));
  }

  /**
   * Asks the other for a sign of life; without any in PROBE_TIMEOUT the link is taken for dead, and closed. Once in that
   * time is enough: a server that says absent and present in turn must not make us ask more often than we may.
   */
  async probe(): Promise<void> {
    const now = performance.now();
    if (now - this.#lastProbe < PROBE_TIMEOUT) return;
    this.#lastProbe = now;
    const heard = this.#heard;
    this.#pongsDue++;
    setTimeout(() => this.#heard === heard && this.close(), PROBE_TIMEOUT);
    await this.#write(encodeFrame('ping', EMPTY));
  }

  /** The next batch, opened and verified; `undefined` once the link is closed, or was closed for what came. */
  async receive(): Promise<Batch | undefined> {
    const envelope = await this.#nextEnvelope();
    const batch = envelope && (await this.#open(envelope));
    if (!batch) this.#link.close();
    return batch;
  }

  /** Reads on to the next envelope; anything else but signs of life ends the link. */
  async #nextEnvelope(): Promise<Bytes | undefined> {
    for (let bytes = await this.#link.read(); bytes; bytes = await this.#link.read()) {
      this.#heard++;
      const frame = decodeFrame(bytes);
      if (this.#closed) return undefined;
      if (frame?.kind === 'envelope') return frame.payload;
      if (!(await this.#isSignOfLife(frame?.kind))) return undefined;
    }
    return undefined;
  }

  /** Answers a ping and takes a pong, if they come no more often than they may. */
  async #isSignOfLife(kind: FrameKind | undefined): Promise<boolean> {
    if (kind === 'pong') return this.#pongsDue-- > 0;
    const now = performance.now();
    if (kind !== 'ping' || now - this.#lastPing < PING_INTERVAL) return false;
    this.#lastPing = now;
    return this.#write(encodeFrame('pong', EMPTY));
  }

  async #write(frame: Bytes): Promise<boolean> {
    try {
      await this.#link.write(frame);
      return true;
    } catch (error) {
      if (error instanceof LinkError) return false;
      throw error;
    }
  }

  async #open(envelope: Bytes): Promise<Batch | undefined> {
    const body = await this.#turns.run(async () => {
      const opened = await openInSession(this.#session, this.#parties, envelope);
      if (opened) this.#session = opened.session;
      return opened?.body;
    });
    return body && decodeBatch(body);
  }

  /** Nothing more is taken from it, not even what has come already. */
  close(): void {
    this.#closed = true;
    this.#link.close();
  }
}
