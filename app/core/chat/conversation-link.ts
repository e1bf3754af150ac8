/**
 * An open link, as batches: sealed and opened in its session, with the signs of life between them. Whatever does not open
 * ends the link; nothing of it was taken.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { LinkError } from '../base/errors.ts';
import { decodeBatch, encodeBatch, type Batch } from '../log/batch.ts';
import { decodeFrame, encodeFrame, type Frame } from '../transport/frames.ts';
import type { Link } from '../transport/link.ts';
import type { Established } from './dial.ts';
import { LinkSession } from './link-session.ts';

/** How long a link may stay silent when asked. */
const PROBE_TIMEOUT = 1_000;
/** A ping that comes sooner after another ends the link: nobody needs it, and answering costs. */
const PING_INTERVAL = 500;
const EMPTY: Bytes = new Uint8Array(0);

export class ConversationLink {
  readonly closed: Promise<void>;
  readonly #link: Link;
  readonly #session: LinkSession;
  /** Frames that have come. */
  #heard = 0;
  #pongsDue = 0;
  #lastPing = -PING_INTERVAL;
  #lastProbe = -PROBE_TIMEOUT;
  #closed = false;

  constructor(established: Established) {
    this.#link = established.link;
    this.#session = new LinkSession(established);
    this.closed = established.link.closed;
  }

  /** Seals a batch and writes it. @returns false if the link has closed. */
  send(batch: Batch): Promise<boolean> {
    return unlessClosed(this.#session.send(encodeBatch(batch)));
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

  /**
   * The next batch, opened and verified; `undefined` once the link is closed. @throws LinkError if what came broke the rules;
   * StorageError if what a fresh handshake proved could not be kept. The link is then closed
   */
  async receive(): Promise<Batch | undefined> {
    let batch: Batch | undefined;
    try {
      return (batch = await this.#next());
    } finally {
      // What came before the link closed has been opened by now.
      if (!batch) this.#end();
    }
  }

  async #next(): Promise<Batch | undefined> {
    for (let bytes = await this.#link.read(); bytes && !this.#closed; bytes = await this.#link.read()) {
      this.#heard++;
      const batch = await this.#take(decodeFrame(bytes));
      if (batch) return this.#closed ? undefined : batch;
    }
    if (this.#session.failure && !this.#closed) throw this.#session.failure;
    return undefined;
  }

  #end(): void {
    this.#link.close();
    this.#session.end();
  }

  /** @returns the batch, if the frame has one. */
  async #take(frame: Frame | undefined): Promise<Batch | undefined> {
    switch (frame?.kind) {
      case 'envelope': {
        const body = await this.#session.open(frame.payload);
        const batch = body && (await decodeBatch(body));
        if (body && !batch) throw new LinkError('protocol');
        return batch;
      }
      case 'm1':
      case 'm2':
      case 'm3':
        await this.#session.takeRenewal(frame.kind, frame.payload);
        return undefined;
      case 'ping':
        await this.#answerPing();
        return undefined;
      case 'pong':
        if (this.#pongsDue-- > 0) return undefined;
    }
    throw new LinkError('protocol');
  }

  async #answerPing(): Promise<void> {
    const now = performance.now();
    if (now - this.#lastPing < PING_INTERVAL) throw new LinkError('protocol');
    this.#lastPing = now;
    await this.#write(encodeFrame('pong', EMPTY));
  }

  #write(frame: Bytes): Promise<boolean> {
    return unlessClosed(this.#link.write(frame));
  }

  /** Nothing more is taken from it, not even what has come already. */
  close(): void {
    this.#closed = true;
    this.#end();
  }
}

async function unlessClosed(written: Promise<void>): Promise<boolean> {
  try {
    await written;
    return true;
  } catch (error) {
    if (error instanceof LinkError) return false;
    throw error;
  }
}
