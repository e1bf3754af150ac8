/**
 * What happens in a chat, one thing after the other: the differences between what it shows now and what it showed before.
 * What was there when the watch began is no news.
 */
import type { Chat } from '../core/chat/chat.ts';
import { sentenceOf } from '../core/chat/trouble.ts';
import type { ConversationView, MessageState, MessageView, Thread } from '../core/chat/views.ts';
import type { ProfileEvent } from './events.ts';
import type { Ref } from './json.ts';
import { isLinked, labelOf } from './people.ts';
import { inTerminal } from './in-terminal.ts';

/** Messages of a conversation that are held at least, and how many more may come before the oldest are let go. */
export const KEPT = 50;
export const SLACK = 50;

/** What is watched of a chat. */
type Watched = Pick<Chat, 'conversations' | 'notices' | 'subscribe' | 'thread'>;

/** One conversation, as far as it was told. */
interface Followed {
  readonly thread: Thread;
  readonly stop: () => void;
  told: readonly MessageView[];
  readonly states: Map<string, MessageState | undefined>;
}

/** Whether there is still something to hear of a message of ours. */
export function isUnderWay({ state }: MessageView): boolean {
  return state === 'Waiting' || state === 'Sent';
}

export class Watch {
  readonly #chat: Watched;
  readonly #followed = new Map<string, Followed>();
  /** Those who are not followed yet, or cannot be: that is not tried again. */
  readonly #opening = new Map<string, Promise<void>>();
  /** What there is to tell of those who cannot be. */
  readonly #untold: string[] = [];
  readonly #linked = new Set<string>();
  /** What we wrote, with its ref: nothing is told of a message before whoever wrote it knows its id. */
  readonly #written = new Map<string, Ref | undefined>();
  readonly #stop: () => void;
  #tell: ((event: ProfileEvent) => void) | undefined;
  #notice = 0;
  #scheduled: ReturnType<typeof setImmediate> | undefined;
  #closed = false;

  private constructor(chat: Watched) {
    this.#chat = chat;
    this.#stop = chat.subscribe(() => this.#schedule());
  }

  static async begin(chat: Watched): Promise<Watch> {
    const watch = new Watch(chat);
    await Promise.all(chat.conversations.map((person) => watch.#follow(person, true)));
    return watch;
  }

  /** Is told each event as it happens, beginning with what has happened since the watch began. */
  set onevent(tell: (event: ProfileEvent) => void) {
    this.#tell = tell;
    this.#schedule();
  }

  /** Resolves once a conversation is followed. @throws ChatError if it cannot be, as it cannot be read */
  async following(conversation: string): Promise<void> {
    await this.#opening.get(conversation);
  }

  /** A message of ours is durable: from now on its states are told, the first with the ref. */
  wrote(id: string, ref?: Ref): void {
    this.#written.set(id, ref);
    this.#schedule();
  }

  /** The newest messages of a conversation, as they are now. */
  messages(conversation: string): readonly MessageView[] {
    return this.#followed.get(conversation)?.thread.messages ?? [];
  }

  /** What we wrote there and is still on its way, as far as it was followed. */
  underWay(conversation: string): readonly MessageView[] {
    const followed = this.#followed.get(conversation);
    return followed ? followedIn(followed).filter(isUnderWay) : [];
  }

  /** Tells now what has happened up to now. */
  flush(): void {
    if (this.#scheduled === undefined) return;
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#look();
  }

  /** Resolves once all that has happened up to now is told, also of people who have just come. */
  async caughtUp(): Promise<void> {
    this.flush();
    await Promise.allSettled(this.#opening.values());
    this.flush();
  }

  /** Nothing more is told, but for what has happened up to now. */
  close(): void {
    this.flush();
    this.#closed = true;
    this.#stop();
    for (const { stop } of this.#followed.values()) stop();
    this.#followed.clear();
  }

  /** Never rejects. */
  async #follow(person: ConversationView, isOld: boolean): Promise<void> {
    const { id } = person;
    const opened = this.#open(id, isOld);
    this.#opening.set(id, opened);
    try {
      await opened;
    } catch (error) {
      const label = labelOf(person, this.#chat.conversations);
      this.#untold.push(`What you and ${label} wrote cannot be shown. ${inTerminal(sentenceOf(error))}`);
      this.#schedule();
    }
  }

  async #open(id: string, isOld: boolean): Promise<void> {
    const thread = await this.#chat.thread(id);
    this.#opening.delete(id);
    if (this.#closed) return thread.close();
    const unsubscribe = thread.subscribe(() => this.#schedule());
    const stop = () => {
      unsubscribe();
      thread.close();
    };
    const known = isOld ? thread.messages : [];
    const states = new Map(known.map((message) => [message.id, message.state]));
    this.#followed.set(id, { thread, stop, told: known, states });
    this.#schedule();
  }

  /** Much may change in one turn: it is looked at once. */
  #schedule(): void {
    if (this.#closed || !this.#tell) return;
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#look();
    });
  }

  #look(): void {
    const everyone = this.#chat.conversations;
    for (const person of everyone) this.#compare(person);
    const here = new Set(everyone.map(({ id }) => id));
    for (const [id, { stop }] of this.#followed) {
      if (here.has(id)) continue;
      stop();
      this.#followed.delete(id);
    }
    for (const id of this.#linked) if (!here.has(id)) this.#linked.delete(id);
    const fresh = this.#chat.notices.filter(({ id }) => id > this.#notice);
    this.#notice = Math.max(this.#notice, ...fresh.map(({ id }) => id));
    for (const text of [...this.#untold.splice(0), ...fresh.map((notice) => inTerminal(notice.text))]) {
      this.#tell?.({ event: 'error', code: 'notice', text });
    }
  }

  #compare(person: ConversationView): void {
    const { id: fingerprint, name } = person;
    const followed = this.#followed.get(fingerprint);
    const [wasLinked, linked] = [this.#linked.has(fingerprint), isLinked(person)];
    if (linked && !wasLinked) this.#tell?.({ event: 'connected', name, fingerprint });
    if (followed) this.#tellNews(person, followed);
    else if (!this.#opening.has(fingerprint)) void this.#follow(person, false);
    if (!linked && wasLinked) this.#tell?.({ event: 'disconnected', name, fingerprint });
    if (linked) this.#linked.add(fingerprint);
    else this.#linked.delete(fingerprint);
  }

  #tellNews(person: ConversationView, followed: Followed): void {
    const { messages } = followed.thread;
    if (messages === followed.told && this.#written.size === 0) return;
    for (const message of followedIn(followed)) this.#news(person, followed, message);
    followed.told = messages;
    trim(followed);
  }

  #news(person: ConversationView, { states }: Followed, message: MessageView): void {
    const { id, mine, text, time, state } = message;
    const isNew = !states.has(id);
    if (isNew && mine && !this.#written.has(id)) return;
    if (!isNew && states.get(id) === state) return;
    states.set(id, state);
    if (state) {
      const ref = this.#written.get(id);
      this.#written.delete(id);
      this.#tell?.({ event: 'state', id, state, ...(ref === undefined ? {} : { ref }) });
    } else {
      const { id: from, name } = person;
      this.#tell?.({ event: 'message', id, from, name, text, time: new Date(time).toISOString() });
    }
  }
}

/** What there may be news of: the newest messages, and older ones of ours that were not delivered. */
function followedIn({ thread }: Followed): readonly MessageView[] {
  return [...thread.dropped, ...thread.messages];
}

/** Lets go of old messages, but of none of ours that is not delivered: however much comes, no more is held than is needed. */
function trim(followed: Followed): void {
  const { thread, states } = followed;
  if (thread.messages.length <= KEPT + SLACK) return;
  thread.trim(KEPT);
  const left = new Set(followedIn(followed).map(({ id }) => id));
  for (const id of [...states.keys()]) if (!left.has(id)) states.delete(id);
}
