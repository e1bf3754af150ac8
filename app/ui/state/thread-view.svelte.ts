import { createSubscriber } from 'svelte/reactivity';
import type { Chat } from '../../core/chat/chat.ts';
import { sentenceOf } from '../../core/chat/trouble.ts';
import type { MessageView, Sentence, Thread } from '../../core/chat/views.ts';
import { perFrame } from './per-frame.ts';

/** How many messages stay in the document while the newest are being read. */
const KEPT = 60;
/** How many more may come before the oldest are dropped, all at once: dropping a few at a time would cost a layout each. */
const SLACK = 40;

/** A conversation's messages on their way to the screen. */
export class ThreadView {
  readonly #chat: Chat;
  readonly #conversationId: string;
  #thread = $state.raw<Thread>();
  #trouble = $state.raw<Sentence>();
  #closed = false;
  #loading = false;
  readonly #changed = createSubscriber((update) => this.#thread?.subscribe(perFrame(update)));

  constructor(chat: Chat, conversationId: string) {
    this.#chat = chat;
    this.#conversationId = conversationId;
  }

  /** Loads the newest messages. */
  async load(): Promise<void> {
    await this.#attempt(async () => {
      const thread = await this.#chat.thread(this.#conversationId);
      if (this.#closed) thread.close();
      else this.#thread = thread;
    });
  }

  /** Whether the messages have been read from the log. */
  get loaded(): boolean {
    return this.#thread !== undefined;
  }

  /** What last failed, in a sentence, until something succeeds. */
  get trouble(): Sentence | undefined {
    return this.#trouble;
  }

  get messages(): readonly MessageView[] {
    if (this.#thread === undefined) return [];
    this.#changed();
    return this.#thread.messages;
  }

  /** Loads older messages, if there are any; once at a time. */
  async loadOlder(): Promise<void> {
    const thread = this.#thread;
    if (this.#loading || !thread?.older) return;
    this.#loading = true;
    await this.#attempt(() => thread.loadOlder());
    this.#loading = false;
  }

  /** All of it so far was shown to someone who was looking. */
  async markRead(): Promise<void> {
    await this.#attempt(() => this.#chat.markRead(this.#conversationId));
  }

  /** Forgets what scrolled far out of sight. */
  trim(): void {
    if (this.messages.length > KEPT + SLACK) this.keepNewest(KEPT);
  }

  /** Forgets all but the newest `count` messages; they can be loaded again. */
  keepNewest(count: number): void {
    if (!this.#loading) this.#thread?.trim(count);
  }

  close(): void {
    this.#closed = true;
    this.#thread?.close();
  }

  /** The sentence stays while the same thing is tried again, so that it is not read out once more. */
  async #attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task();
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = sentenceOf(error);
    }
  }
}
