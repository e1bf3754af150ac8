/**
 * One person and our conversation with them: what we write is made durable, then sent and sent again until they
 * acknowledge it; what they write is made durable, then shown and acknowledged.
 */
import { LinkError, StorageError } from '../base/errors.ts';
import { Listeners } from '../base/listeners.ts';
import { encodeContent, type Content, type EncodedContent } from '../envelope/content.ts';
import { acknowledgementOf } from '../log/append.ts';
import { MAX_BATCH_MESSAGES, sizeOf, type Batch } from '../log/batch.ts';
import type { Log } from '../log/log.ts';
import type { Path } from '../transport/link.ts';
import { ConversationLink } from './conversation-link.ts';
import type { Established } from './dial.ts';
import { Outbox } from './outbox.ts';
import { OUT_OF_STEP, sentenceOf, textTooLong } from './trouble.ts';
import type { MessageState } from './views.ts';

/** While messages come fast, one acknowledgement, which costs both sides an RSA operation, serves many of them. */
const ACKNOWLEDGE_INTERVAL = 50;
/** So much is acknowledged at once: a quarter of what the other may have under way. */
const MAX_BYTES_OWED = 256 * 1024;

interface Unwritten {
  readonly content: Content;
  readonly encoded: EncodedContent;
  readonly done: () => void;
  readonly failed: (reason: unknown) => void;
}

/** A link, and how it runs: known a moment after it opens. */
interface Current {
  readonly link: ConversationLink;
  readonly path: () => Promise<Path | undefined>;
  /** When it was opened, unix ms. */
  readonly since: number;
  route: Path['route'];
}

export interface PeerParts {
  readonly log: Log;
  readonly now: () => number;
  /** A link has carried something good. */
  readonly onproven: () => void;
  /** What came on a link broke the rules; the link closes. */
  readonly onbroken: () => void;
  /** The link has closed. */
  readonly onlost: () => void;
  readonly onchange: () => void;
}

export class Peer {
  readonly log: Log;
  /** Told when the state of messages may have changed. */
  readonly changed = new Listeners();
  readonly #parts: PeerParts;
  readonly #outbox: Outbox;
  #current: Current | undefined;
  #unwritten: Unwritten[] = [];
  #writing: Promise<void> | undefined;
  #sending = false;
  /** What has come on this link, is durable and not yet acknowledged. */
  #bytesOwed = 0;
  #lastAcknowledged = -ACKNOWLEDGE_INTERVAL;
  #acknowledging: ReturnType<typeof setTimeout> | undefined;
  #trouble: string | undefined;
  #closed = false;

  private constructor(parts: PeerParts, outbox: Outbox) {
    this.#parts = parts;
    this.log = parts.log;
    this.#outbox = outbox;
    parts.log.changed.add(() => this.#notify());
  }

  /** @throws DamagedRecord */
  static async open(parts: PeerParts): Promise<Peer> {
    return new Peer(parts, new Outbox(await parts.log.undelivered()));
  }

  /** How the open link runs, if one is open. */
  get route(): 'direct' | 'relay' | undefined {
    return this.#current?.route;
  }

  /** The way that packets take now, and since when the link is open (unix ms); `undefined` without a link. */
  async path(): Promise<{ readonly path: Path | undefined; readonly since: number } | undefined> {
    const current = this.#current;
    return current && { path: await current.path(), since: current.since };
  }

  /** What keeps this conversation from going on, in one sentence. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Something keeps this conversation from going on. */
  fail(sentence: string): void {
    this.#trouble = sentence;
    this.#notify();
  }

  /** The state of a message of ours. */
  stateOf(seq: number): MessageState {
    if (seq <= this.log.state.delivered) return 'Delivered';
    return this.#current && seq <= this.#outbox.sentUpTo ? 'Sent' : 'Waiting';
  }

  /** Makes a message durable and puts it on its way. @throws ChatError if it cannot be kept */
  send(content: Content): Promise<void> {
    const encoded = encodeContent(content);
    if (this.#closed) return Promise.reject(new StorageError('taken'));
    if (!encoded) return Promise.reject(textTooLong());
    return new Promise((done, failed) => {
      this.#unwritten.push({ content, encoded, done, failed });
      this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    });
  }

  /** A dial has led to a link; an older one ends now. */
  adopt(established: Established): void {
    this.#current?.link.close();
    const link = new ConversationLink(established);
    const path = () => established.link.path();
    const current: Current = { link, path, since: this.#parts.now(), route: 'direct' };
    this.#current = current;
    link.watch();
    // That what they send does not fit is known to be over only when something of it does.
    if (this.#trouble !== OUT_OF_STEP) this.#trouble = undefined;
    this.#outbox.rewind();
    // All of it may have gone out on an older link, and been lost.
    this.#bytesOwed = this.log.state.theirs.length > 0 ? 1 : 0;
    this.#lastAcknowledged = -ACKNOWLEDGE_INTERVAL;
    void path().then((now) => {
      current.route = now?.route ?? 'direct';
      this.#notify();
    });
    void link.closed.then(() => this.#lost(current));
    void this.#listen(link);
    void this.#send();
    this.#notify();
  }

  /** They may have left, or the network changed. An open link knows better, if they still answer on it. */
  probe(): void {
    this.#current?.link.probe();
  }

  /** Closes the link, for now. */
  hangUp(): void {
    this.#trouble = undefined;
    this.#current?.link.close();
  }

  /** Closes the link, and takes nothing more. Resolves once what was being written is durable, or has failed. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#acknowledging);
    this.#current?.link.close();
    await this.#writing;
    await this.log.settled();
  }

  #notify(): void {
    this.changed.notify();
    this.#parts.onchange();
  }

  #lost(current: Current): void {
    if (this.#current !== current) return;
    this.#current = undefined;
    this.#outbox.rewind();
    this.#parts.onlost();
    this.#notify();
  }

  /** Appends what waits, a number of them at a time; what comes meanwhile shares the next append. */
  async #write(): Promise<void> {
    while (this.#unwritten.length > 0) {
      const batch = this.#unwritten.splice(0, MAX_BATCH_MESSAGES);
      try {
        const contents = batch.map(({ content, encoded }) => [content, encoded] as const);
        this.#outbox.add(await this.log.write(contents, this.#parts.now()));
        batch.forEach(({ done }) => done());
        void this.#send();
      } catch (error) {
        batch.forEach(({ failed }) => failed(error));
      }
    }
  }

  /** Sends what is durable and owed, one envelope after the other; what comes meanwhile shares the next. */
  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let link = this.#current?.link; link; link = this.#current?.link) {
        const messages = this.#outbox.next();
        if (messages.length === 0 && !this.#mustAcknowledge()) break;
        const acknowledgement = acknowledgementOf(this.log.state, this.log.conversation.them);
        this.#bytesOwed = 0;
        this.#lastAcknowledged = performance.now();
        // Marked before the write, as the acknowledgement may come before the write resolves.
        this.#outbox.markSent(messages);
        const sent = await link.send({ messages, acknowledgement });
        this.#notify();
        // The link is closing, and whatever was not acknowledged goes out again on the next, which may be here already.
        if (!sent && link === this.#current?.link) break;
      }
    } finally {
      this.#sending = false;
    }
  }

  /** Whether to acknowledge though nothing else goes out; if not yet, it is seen to in a moment. */
  #mustAcknowledge(): boolean {
    if (this.#bytesOwed === 0) return false;
    const wait = this.#lastAcknowledged + ACKNOWLEDGE_INTERVAL - performance.now();
    if (wait <= 0 || this.#bytesOwed >= MAX_BYTES_OWED) return true;
    clearTimeout(this.#acknowledging);
    this.#acknowledging = setTimeout(() => void this.#send(), wait);
    return false;
  }

  async #listen(link: ConversationLink): Promise<void> {
    let before = Promise.resolve(true);
    try {
      for (let batch = await link.receive(); batch; batch = await link.receive()) {
        // One batch becomes durable while the next is being opened; nothing is taken after one that does not fit.
        if (!(await before)) return;
        before = this.#take(link, batch);
      }
    } catch (error) {
      if (!(error instanceof LinkError)) this.fail(sentenceOf(error));
      else if (error.code === 'protocol') this.#parts.onbroken();
    }
  }

  /** Makes a batch durable, and acknowledges it. @returns false if that cannot be; the link is then closed. */
  async #take(link: ConversationLink, batch: Batch): Promise<boolean> {
    const trouble = await this.#keep(batch);
    if (trouble !== undefined) {
      this.fail(trouble);
      link.close();
      return false;
    }
    this.#parts.onproven();
    if (batch.acknowledgement) this.#outbox.acknowledge(this.log.state.delivered);
    this.#bytesOwed += batch.messages.reduce((sum, message) => sum + sizeOf(message), 0);
    void this.#send();
    return true;
  }

  /** Makes a batch durable. @returns why not, in one sentence, if it does not fit or cannot be kept. */
  async #keep(batch: Batch): Promise<string | undefined> {
    try {
      if (!(await this.log.receive(batch, this.#parts.now()))) return OUT_OF_STEP;
    } catch (error) {
      return sentenceOf(error);
    }
    if (this.#trouble !== undefined) {
      this.#trouble = undefined;
      this.#notify();
    }
    return undefined;
  }
}
