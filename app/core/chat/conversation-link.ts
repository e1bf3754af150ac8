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
import { Heartbeat } from './heartbeat.ts';
import { LinkSession } from './link-session.ts';

/** A ping that comes sooner after another ends the link: nobody needs it, and answering costs. */
const PING_INTERVAL = 500;
const EMPTY: Bytes = new Uint8Array(0);

export class ConversationLink {
  readonly closed: Promise<void>;
  readonly #link: Link;
  readonly #session: LinkSession;
  readonly #heartbeat = new Heartbeat({
    onask: () => void this.#write(encodeFrame('ping', EMPTY)),
    ondead: () => this.close(),
  });
  #lastPing = -PING_INTERVAL;
  #closed = false;

  constructor(established: Established) {
    this.#link = established.link;
    this.#session = new LinkSession(established);
    this.closed = established.link.closed;
    established.link.silent.add(() => this.probe());
  }

  /** Seals a batch and writes it. @returns false if the link has closed. */
  send(batch: Batch): Promise<boolean> {
    if (batch.messages.length > 0) this.#heartbeat.sent();
    return unlessClosed(this.#session.send(encodeBatch(batch)));
  }

  /** From now on makes sure by itself that the other is there. */
  watch(): void {
    this.#heartbeat.watch();
  }

  /** Asks the other for a sign of life, as there is a reason to doubt it; without any soon the link is closed. */
  probe(): void {
    this.#heartbeat.doubt();
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
      this.#heartbeat.heard();
      const batch = await this.#take(decodeFrame(bytes));
      if (batch) return this.#closed ? undefined : batch;
    }
    if (this.#session.failure && !this.#closed) throw this.#session.failure;
    return undefined;
  }

  #end(): void {
    this.#heartbeat.stop();
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
        if (this.#heartbeat.takePong()) return undefined;
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
