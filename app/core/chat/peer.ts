/**
 * One person and our conversation with them: what we write is made durable, then sent and sent again until they
 * acknowledge it; what they write is made durable, then shown and acknowledged.
 */
import type { ChatError } from '../base/errors.ts';
import { Listeners } from '../base/listeners.ts';
import { encodeContent, type Content, type EncodedContent } from '../envelope/content.ts';
import type { Identity } from '../identity/identity.ts';
import { acknowledgementOf } from '../log/append.ts';
import { firstBatch, type Batch, type Message } from '../log/batch.ts';
import type { Log } from '../log/log.ts';
import type { Connection } from './connection.ts';
import { ConversationLink } from './conversation-link.ts';
import type { Established } from './dial.ts';
import { Outbox } from './outbox.ts';
import { OUT_OF_STEP, storageError, textTooLong } from './trouble.ts';
import type { MessageState } from './views.ts';

/** Bytes an entry adds to its text in a batch, at most. */
const ENTRY_OVERHEAD = 512;

interface Unwritten {
  readonly content: Content;
  readonly encoded: EncodedContent;
  readonly done: () => void;
  readonly failed: (reason: ChatError) => void;
}

export interface PeerParts {
  readonly identity: Identity;
  readonly log: Log;
  readonly now: () => number;
  readonly onchange: () => void;
}

export class Peer {
  readonly log: Log;
  /** Told with each append, once it is durable. */
  readonly appended = new Set<(messages: readonly Message[], position: number) => void>();
  /** Told when the state of messages may have changed. */
  readonly changed = new Listeners();
  readonly #parts: PeerParts;
  readonly #outbox: Outbox;
  #connection: Connection | undefined;
  #link: ConversationLink | undefined;
  #route: 'direct' | 'relay' = 'direct';
  #unwritten: Unwritten[] = [];
  #writing = false;
  #sending = false;
  #owesAcknowledgement = false;
  #trouble: string | undefined;

  private constructor(parts: PeerParts, undelivered: readonly Message[]) {
    this.#parts = parts;
    this.log = parts.log;
    this.#outbox = new Outbox(undelivered);
    parts.log.listen(
      (messages, position) => this.appended.forEach((listener) => listener(messages, position)),
      () => this.#notify(),
    );
  }

  /** @throws DamagedRecord */
  static async open(parts: PeerParts): Promise<Peer> {
    return new Peer(parts, await parts.log.undelivered());
  }

  get connection(): Connection {
    if (!this.#connection) throw new Error('a peer is used before it is connected');
    return this.#connection;
  }

  set connection(connection: Connection) {
    this.#connection = connection;
  }

  /** How the open link runs, if one is open. */
  get route(): 'direct' | 'relay' | undefined {
    return this.#link && this.#route;
  }

  /** What keeps this conversation from going on, in one sentence. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  set trouble(sentence: string | undefined) {
    this.#trouble = sentence;
    this.#notify();
  }

  /** The state of a message of ours. */
  stateOf(seq: number): MessageState {
    if (seq <= this.log.state.delivered) return 'Delivered';
    return this.#link && seq <= this.#outbox.sentUpTo ? 'Sent' : 'Waiting';
  }

  /** Makes a message durable and puts it on its way. @throws ChatError if it cannot be kept. */
  send(content: Content): Promise<void> {
    const encoded = encodeContent(content);
    if (!encoded) return Promise.reject(textTooLong());
    return new Promise((done, failed) => {
      this.#unwritten.push({ content, encoded, done, failed });
      void this.#write();
    });
  }

  /** A dial has led to a link; an older one ends now. */
  adopt(established: Established): void {
    this.#link?.close();
    const link = new ConversationLink(this.#parts.identity, established);
    this.#link = link;
    this.#outbox.rewind();
    this.#owesAcknowledgement = this.log.state.theirs.length > 0;
    void link.route.then((route) => {
      this.#route = route;
      this.#notify();
    });
    void link.closed.then(() => this.#lost(link));
    void this.#listen(link);
    void this.#send();
    this.#notify();
  }

  /** The server says that they have left. An open link knows better, if they still answer on it. */
  probe(): void {
    void this.#link?.probe();
  }

  close(): void {
    this.connection.close();
    this.#link?.close();
  }

  #notify(): void {
    this.changed.notify();
    this.#parts.onchange();
  }

  #lost(link: ConversationLink): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#outbox.rewind();
    this.connection.lost();
    this.#notify();
  }

  /** Appends what waits, as much as one batch holds at a time; what comes meanwhile shares the next append. */
  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    while (this.#unwritten.length > 0) {
      const batch = firstBatch(this.#unwritten, ({ encoded }) => encoded.body.length + ENTRY_OVERHEAD);
      this.#unwritten.splice(0, batch.length);
      try {
        const contents = batch.map(({ content, encoded }) => [content, encoded] as const);
        this.#outbox.add(await this.log.write(contents, this.#parts.now()));
        batch.forEach(({ done }) => done());
        void this.#send();
      } catch (error) {
        batch.forEach(({ failed }) => failed(storageError(error)));
      }
    }
    this.#writing = false;
  }

  /** Sends what is durable and owed, one envelope after the other; what comes meanwhile shares the next. */
  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let link = this.#link; link; link = this.#link) {
        const messages = this.#outbox.next();
        if (messages.length === 0 && !this.#owesAcknowledgement) break;
        const acknowledgement = acknowledgementOf(this.log.state, this.log.conversation.them);
        this.#owesAcknowledgement = false;
        // Marked before the write, as the acknowledgement may come before the write resolves.
        this.#outbox.markSent(messages);
        const sent = await link.send({ messages, acknowledgement });
        this.#notify();
        // The link is closing, and whatever was not acknowledged goes out again on the next, which may be here already.
        if (!sent && link === this.#link) break;
      }
    } finally {
      this.#sending = false;
    }
  }

  async #listen(link: ConversationLink): Promise<void> {
    for (let batch = await link.receive(); batch; batch = await link.receive()) {
      const trouble = await this.#take(batch);
      if (trouble !== undefined) {
        this.trouble = trouble;
        return link.close();
      }
      this.connection.proven();
      if (batch.acknowledgement) this.#outbox.acknowledge(this.log.state.delivered);
      if (batch.messages.length > 0) this.#owesAcknowledgement = true;
      void this.#send();
    }
  }

  /** Makes a batch durable. @returns why not, in one sentence, if it does not fit or cannot be kept. */
  async #take(batch: Batch): Promise<string | undefined> {
    try {
      if (!(await this.log.receive(batch, this.#parts.now()))) return OUT_OF_STEP;
      this.#trouble = undefined;
      return undefined;
    } catch (error) {
      return storageError(error).message;
    }
  }
}
