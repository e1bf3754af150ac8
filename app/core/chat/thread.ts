/** A window on a conversation's log: the newest messages, and older ones as they are asked for. */
import { equal, toHex } from '../../../signal/wire/bytes.ts';
import { Listeners } from '../base/listeners.ts';
import type { Message } from '../log/batch.ts';
import type { Peer } from './peer.ts';
import type { MessageView, Thread } from './views.ts';

/** Messages loaded at a time. */
const PAGE = 50;
/** Records read at a time; each holds one message or more. */
const RECORDS = 25;

interface Shown {
  readonly position: number;
  readonly message: Message;
  readonly id: string;
}

export class LogThread implements Thread {
  readonly #peer: Peer;
  readonly #listeners = new Listeners();
  readonly #stop: (() => void)[] = [];
  #shown: Shown[] = [];
  /** Of ours, older than the window and not delivered when it was last trimmed. They wait in the outbox, too. */
  #dropped: Shown[] = [];
  #oldest: number;
  #loading: Promise<void> | undefined;
  #views: readonly MessageView[] | undefined;

  private constructor(peer: Peer) {
    this.#peer = peer;
    this.#oldest = peer.log.state.next;
    const onappend = (messages: readonly Message[], position: number) => {
      this.#shown.push(...toShown(messages, position));
      this.#change();
    };
    this.#stop.push(
      peer.log.appended.add(onappend),
      peer.changed.add(() => this.#change()),
    );
  }

  /** @throws DamagedRecord */
  static async open(peer: Peer): Promise<LogThread> {
    const thread = new LogThread(peer);
    await thread.loadOlder();
    return thread;
  }

  get messages(): readonly MessageView[] {
    return (this.#views ??= this.#shown.map(({ message, id }) => this.#view(message, id)));
  }

  get dropped(): readonly MessageView[] {
    return this.#dropped.map(({ message, id }) => this.#view(message, id));
  }

  get older(): boolean {
    return this.#oldest > 0;
  }

  loadOlder(): Promise<void> {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = undefined)));
  }

  trim(count: number): void {
    const first = this.#shown.at(-count);
    if (!first || this.#shown[0] === first || this.#loading) return;
    // Records are kept whole, so that reading on from the oldest one misses nothing.
    const dropped = this.#shown.filter(({ position }) => position < first.position);
    this.#dropped = [...this.#dropped, ...dropped].filter(({ message }) => this.#isUndelivered(message));
    this.#shown = this.#shown.filter(({ position }) => position >= first.position);
    this.#oldest = first.position;
    this.#change();
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  close(): void {
    this.#stop.forEach((stop) => stop());
  }

  async #load(): Promise<void> {
    const wanted = this.#shown.length + PAGE;
    while (this.older && this.#shown.length < wanted) {
      const records = await this.#peer.log.page(RECORDS, this.#oldest);
      // Deleted meanwhile.
      if (records.length === 0) this.#oldest = 0;
      for (const { position, messages } of records) {
        this.#shown.unshift(...toShown(messages, position));
        this.#oldest = position;
        if (this.#shown.length >= wanted) break;
      }
    }
    this.#dropped = this.#dropped.filter(({ position }) => position < this.#oldest);
    this.#change();
  }

  #change(): void {
    this.#views = undefined;
    this.#listeners.notify();
  }

  #view(message: Message, id: string): MessageView {
    const { entry, content } = message;
    const mine = this.#isMine(message);
    const state = mine ? this.#peer.stateOf(message) : undefined;
    return { id, mine, time: entry.time, text: content.text, state };
  }

  #isMine({ entry }: Message): boolean {
    return equal(entry.author, this.#peer.log.conversation.us);
  }

  #isUndelivered(message: Message): boolean {
    const state = this.#isMine(message) ? this.#peer.stateOf(message) : 'Delivered';
    return state !== 'Delivered' && state !== 'Read';
  }
}

function toShown(messages: readonly Message[], position: number): Shown[] {
  return messages.map((message) => ({ position, message, id: toHex(message.id) }));
}
