import { createSubscriber } from 'svelte/reactivity';
import type { Chat } from '../../core/chat/chat.ts';
import type { MessageView, Thread } from '../../core/chat/views.ts';
import { perFrame } from './per-frame.ts';

/** How many messages stay in the document while the newest are being read. */
const KEPT = 60;
/** How many more may come before the oldest are dropped, all at once: dropping a few at a time would cost a layout each. */
const SLACK = 40;

/** A conversation's messages on their way to the screen. */
export class ThreadView {
  #thread = $state.raw<Thread>();
  #closed = false;
  #loading = false;
  readonly #changed = createSubscriber((update) => this.#thread?.subscribe(perFrame(update)));

  /** Loads the newest messages. Throws a ChatError. */
  async load(chat: Chat, conversationId: string): Promise<void> {
    const thread = await chat.thread(conversationId);
    if (this.#closed) thread.close();
    else this.#thread = thread;
  }

  /** Whether the messages have been read from the log. */
  get loaded(): boolean {
    return this.#thread !== undefined;
  }

  get messages(): readonly MessageView[] {
    if (this.#thread === undefined) return [];
    this.#changed();
    return this.#thread.messages;
  }

  /** Loads older messages, if there are any; once at a time. */
  async loadOlder(): Promise<void> {
    if (this.#loading || !this.#thread?.older) return;
    this.#loading = true;
    try {
      await this.#thread.loadOlder();
    } finally {
      this.#loading = false;
    }
  }

  /** Forgets what scrolled far out of sight. */
  trim(): void {
    if (!this.#loading && this.#thread && this.#thread.messages.length > KEPT + SLACK) this.#thread.trim(KEPT);
  }

  close(): void {
    this.#closed = true;
    this.#thread?.close();
  }
}
