/**
 * One person and our conversation with them: what we write is made durable, then sent and sent again until they
 * acknowledge it; what they write is made durable, then shown and acknowledged.
 */
import { LinkError, StorageError } from '../base/errors.ts';
import { Listeners } from '../base/listeners.ts';
import type { Sentence } from '../base/sentence.ts';
import type { Changes } from '../base/store.ts';
import type { Content } from '../envelope/content.ts';
import type { Acknowledgement } from '../log/acknowledgement.ts';
import { sizeOf, type Batch, type Message } from '../log/batch.ts';
import type { Entry } from '../log/entry.ts';
import type { Log, Reception } from '../log/log.ts';
import type { Path } from '../transport/link.ts';
import { Acknowledger } from './acknowledger.ts';
import { ConversationLink } from './conversation-link.ts';
import { Delivery, type DeliveryParts } from './delivery.ts';
import type { Established } from './dial.ts';
import { OUT_OF_STEP, sentenceOf } from './trouble.ts';
import type { MessageState } from './views.ts';
import { Writer } from './writer.ts';

/** A link, and how it runs: known a moment after it opens. */
interface Current {
  readonly link: ConversationLink;
  readonly path: () => Promise<Path | undefined>;
  /** When it was opened, unix ms. */
  readonly since: number;
  route: Path['route'];
}

export interface PeerParts extends DeliveryParts {
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
  readonly #delivery: Delivery;
  readonly #writer: Writer;
  #current: Current | undefined;
  #sending = false;
  readonly #acknowledger = new Acknowledger(() => void this.#send());
  #trouble: Sentence | undefined;
  #closed = false;

  private constructor(parts: PeerParts, delivery: Delivery) {
    this.#parts = parts;
    this.log = parts.log;
    this.#delivery = delivery;
    this.#writer = new Writer(async (contents) => {
      const messages = await parts.log.write(contents, parts.now());
      delivery.outbox.add(messages);
      void this.#send();
      // Whoever leaves things at the server looks here, too.
      parts.onchange();
      return messages;
    });
    parts.log.changed.add(() => this.#notify());
  }

  /** @throws DamagedRecord */
  static async open(parts: PeerParts): Promise<Peer> {
    return new Peer(parts, await Delivery.open(parts));
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
  get trouble(): Sentence | undefined {
    return this.#trouble;
  }

  /** Something keeps this conversation from going on. */
  fail(sentence: Sentence): void {
    this.#trouble = sentence;
    this.#notify();
  }

  /** How far a message of ours has come: the furthest that is known. */
  stateOf({ entry }: { readonly entry: Pick<Entry, 'chain' | 'seq'> }): MessageState {
    return this.#delivery.stateOf(entry);
  }

  /** All that the conversation has was shown in a visible, focused window: the other may be told. @throws StorageError */
  async markRead(): Promise<void> {
    await this.log.markRead(this.#parts.tellsRead());
    void this.#send();
  }

  /** All that there is to acknowledge, for a parcel. */
  acknowledgements(): Acknowledgement[] {
    return this.#delivery.acknowledgements();
  }

  /** The next messages to leave on the server: neither acknowledged nor, for a day, left there; empty if there are none. */
  nextToLeave(): Message[] {
    return this.#delivery.nextToLeave();
  }

  /** The mailbox has committed what `nextToLeave` gave. @throws StorageError */
  markLeft(messages: readonly Message[]): Promise<void> {
    return this.log.markLeft(messages, this.#parts.now());
  }

  /**
   * Takes what the other left on the server: durable, then shown. @param alongside - records that go into the same write.
   * @throws StorageError
   */
  async takeLeft(batch: Batch, alongside: Changes): Promise<Reception> {
    const verdict = await this.#delivery.receive(batch, alongside);
    void this.#send();
    return verdict;
  }

  /** Makes a message durable and puts it on its way. @returns the message. @throws ChatError if it cannot be kept */
  send(content: Content): Promise<Message> {
    return this.#closed ? Promise.reject(new StorageError('taken')) : this.#writer.write(content);
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
    this.#delivery.outbox.rewind();
    this.#acknowledger.restart();
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
    this.#acknowledger.close();
    this.#current?.link.close();
    await this.#writer.settled();
    await this.log.settled();
  }

  #notify(): void {
    this.changed.notify();
    this.#parts.onchange();
  }

  #lost(current: Current): void {
    if (this.#current !== current) return;
    this.#current = undefined;
    this.#delivery.outbox.rewind();
    this.#parts.onlost();
    this.#notify();
  }

  /** Sends what is durable and owed, one envelope after the other; what comes meanwhile shares the next. */
  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let link = this.#current?.link; link; link = this.#current?.link) {
        const messages = this.#delivery.outbox.next();
        const all = this.#delivery.acknowledgements();
        if (messages.length === 0 && !this.#acknowledger.isDue(all)) break;
        const acknowledgements = this.#acknowledger.take(all);
        // Marked before the write, as the acknowledgement may come before the write resolves.
        this.#delivery.outbox.markSent(messages);
        const sent = await link.send({ messages, acknowledgements });
        this.#notify();
        // The link is closing, and whatever was not acknowledged goes out again on the next, which may be here already.
        if (!sent && link === this.#current?.link) break;
      }
    } finally {
      this.#sending = false;
    }
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
    this.#acknowledger.owe(batch.messages.reduce((sum, message) => sum + sizeOf(message), 0));
    void this.#send();
    return true;
  }

  /** Makes a batch durable. @returns why not, in one sentence, if it does not fit or cannot be kept. */
  async #keep(batch: Batch): Promise<Sentence | undefined> {
    try {
      if ((await this.#delivery.receiveOnLink(batch)) !== 'taken') return OUT_OF_STEP;
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
