/**
 * What happens in a chat, one thing after the other: the differences between what it shows now and what it showed before.
 * What was there when the watch began is no news.
 */
import type { Chat } from '../core/chat/chat.ts';
import type { ConversationView, MessageState, MessageView, Thread } from '../core/chat/views.ts';
import type { Failure } from './exit.ts';
import type { Ref } from './json.ts';

/** Fingerprints are in hexadecimal, times in ISO 8601. */
export type SessionEvent =
  | { readonly event: 'ready'; readonly name: string; readonly fingerprint: string }
  | { readonly event: 'invite'; readonly link: string }
  | { readonly event: 'connected' | 'disconnected'; readonly name: string; readonly fingerprint: string }
  /** `from` is a fingerprint: names may be borne by several. */
  | {
      readonly event: 'message';
      readonly id: string;
      readonly from: string;
      readonly name: string;
      readonly text: string;
      readonly time: string;
    }
  | { readonly event: 'state'; readonly id: string; readonly state: MessageState; readonly ref?: Ref | undefined }
  | { readonly event: 'error'; readonly code: ErrorCode; readonly text: string; readonly ref?: Ref | undefined };

/**
 * `line`: what came in is no line that can be understood. `to`: nobody is called so, or several are. `send`: it could not be
 * sent. `notice`: something to tell the person. `unreachable`: our server cannot be reached. Every other ends the program.
 */
export type ErrorCode = 'line' | 'to' | 'send' | 'notice' | Failure['kind'];

/** Messages of a conversation that are followed at least, and how many more may come before the oldest are let go. */
const KEPT = 50;
const SLACK = 50;

/** One conversation, as far as it was told. */
interface Followed {
  readonly thread: Thread;
  readonly stop: () => void;
  linked: boolean;
  told: readonly MessageView[];
  readonly states: Map<string, MessageState | undefined>;
}

/** Whether there is still something to hear of a message of ours. */
export function isUnderWay({ state }: MessageView): boolean {
  return state === 'Waiting' || state === 'Sent';
}

export class Watch {
  readonly #chat: Chat;
  readonly #tell: (event: SessionEvent) => void;
  readonly #followed = new Map<string, Followed>();
  readonly #opening = new Set<string>();
  /** What we wrote, with its ref: nothing is told of a message before whoever wrote it knows its id. */
  readonly #written = new Map<string, Ref | undefined>();
  readonly #stop: () => void;
  #notice = 0;
  #scheduled: ReturnType<typeof setImmediate> | undefined;
  #closed = false;

  private constructor(chat: Chat, tell: (event: SessionEvent) => void) {
    this.#chat = chat;
    this.#tell = tell;
    this.#stop = chat.subscribe(() => this.#schedule());
  }

  static async begin(chat: Chat, tell: (event: SessionEvent) => void): Promise<Watch> {
    const watch = new Watch(chat, tell);
    await Promise.all(chat.conversations.map(({ id }) => watch.#follow(id, true)));
    return watch;
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

  close(): void {
    this.#closed = true;
    clearImmediate(this.#scheduled);
    this.#stop();
    for (const { stop } of this.#followed.values()) stop();
    this.#followed.clear();
  }

  async #follow(id: string, isOld: boolean): Promise<void> {
    this.#opening.add(id);
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
    this.#followed.set(id, { thread, stop, linked: false, told: known, states });
    this.#schedule();
  }

  /** Much may change in one turn: it is looked at once. */
  #schedule(): void {
    if (this.#closed) return;
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#look();
    });
  }

  #look(): void {
    const everyone = this.#chat.conversations;
    for (const person of everyone) {
      const followed = this.#followed.get(person.id);
      if (followed) this.#compare(person, followed);
      else if (!this.#opening.has(person.id)) void this.#follow(person.id, false).catch(() => undefined);
    }
    for (const [id, { stop }] of this.#followed) {
      if (everyone.some((person) => person.id === id)) continue;
      stop();
      this.#followed.delete(id);
    }
    for (const { id, text } of this.#chat.notices) {
      if (id > this.#notice) this.#tell({ event: 'error', code: 'notice', text });
      this.#notice = Math.max(this.#notice, id);
    }
  }

  #compare(person: ConversationView, followed: Followed): void {
    const { id: fingerprint, name, connection } = person;
    const linked = connection === 'direct' || connection === 'relay';
    if (linked && !followed.linked) this.#tell({ event: 'connected', name, fingerprint });
    const { messages } = followed.thread;
    if (messages !== followed.told || this.#written.size > 0) {
      for (const message of messages) this.#news(person, followed, message);
      followed.told = messages;
      trim(followed);
    }
    if (!linked && followed.linked) this.#tell({ event: 'disconnected', name, fingerprint });
    followed.linked = linked;
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
      this.#tell({ event: 'state', id, state, ...(ref === undefined ? {} : { ref }) });
    } else {
      const { id: from, name } = person;
      this.#tell({ event: 'message', id, from, name, text, time: new Date(time).toISOString() });
    }
  }
}

/** Lets go of old messages, but of none of ours that is still under way. */
function trim({ thread, states }: Followed): void {
  const { messages } = thread;
  if (messages.length <= KEPT + SLACK) return;
  const underWay = messages.findIndex(isUnderWay);
  const kept = underWay === -1 ? KEPT : Math.max(KEPT, messages.length - underWay);
  if (messages.length - kept < SLACK) return;
  thread.trim(kept);
  const left = new Set(thread.messages.map(({ id }) => id));
  for (const id of [...states.keys()]) if (!left.has(id)) states.delete(id);
}
