/** What everything that talks shares: an open profile that signs in, and whose events are told one after the other. */
import type { Chat } from '../core/chat/chat.ts';
import { addressTrouble, serverHealth } from '../core/chat/server-health.ts';
import { SERVER_TROUBLE } from '../core/chat/trouble.ts';
import type { MessageView, ServerState } from '../core/chat/views.ts';
import type { OpenProfile } from '../platform/node/folder.ts';
import type { ProfileEvent } from './events.ts';
import { Failure } from './exit.ts';
import type { Ref } from './json.ts';
import { Watch } from './watch.ts';

/** From the first try to sign in to the last, in milliseconds. */
const SIGN_IN_DEADLINE = 15_000;

const REPLACED =
  'Your keys were used at another place, which is signed in now. If you restored a backup there, go on there. If not, start this again to go on here.';
const WRONG_TOKEN = 'The server did not accept this access token. Check it with whoever runs the server.';
const BLOCKED =
  'You have blocked this person, so nothing goes to them. To talk again: /unblock, in a conversation with them.';
export const NOT_LET_IN = 'This invite does not let you in. Ask for a new one.';
const NO_TOKEN = 'This server is private. Give its access token in SOTTO_TOKEN, or join by an invite.';

export class LiveProfile {
  readonly profile: OpenProfile;
  readonly #watch: Watch;
  #token: string | undefined;

  private constructor(profile: OpenProfile, watch: Watch) {
    this.profile = profile;
    this.#watch = watch;
  }

  /** Begins to watch what happens; nothing is sent before `connect`. It owns the profile from now on. */
  static async begin(profile: OpenProfile): Promise<LiveProfile> {
    return new LiveProfile(profile, await Watch.begin(profile.chat));
  }

  /** Is told each event as it happens, from the beginning on. */
  set onevent(tell: (event: ProfileEvent) => void) {
    this.#watch.onevent = tell;
  }

  get chat(): Chat {
    return this.profile.chat;
  }

  /** Begins to sign in: `signedIn` says how that ends. @param token - a private server's. */
  connect(token?: string): void {
    this.#token = token;
    this.chat.connect(token);
  }

  /** Resolves once our server has let us in. @throws Failure if it does not, or cannot be reached */
  async signedIn(): Promise<void> {
    const { chat, profile } = this;
    const outcome = await this.#signIn();
    if (outcome === 'connected') return;
    if (outcome === 'refused') throw this.#refusal(chat.server);
    throw new Failure('unreachable', (await addressTrouble(profile.origin)) ?? unreachable(profile.origin));
  }

  /** How signing in ends. That no server is there is known long before it would be too late. */
  async #signIn(): Promise<'connected' | 'refused' | 'late' | 'absent'> {
    const { chat, profile } = this;
    const decided = until(chat, () => chat.server !== 'connecting', SIGN_IN_DEADLINE).then((inTime) => {
      if (chat.server === 'connected') return 'connected';
      return inTime ? 'refused' : 'late';
    });
    const sighted = serverHealth(profile.origin).then((health) => (health ? 'present' : 'absent'));
    const first = await Promise.race([decided, sighted]);
    return first === 'present' || chat.server === 'connected' ? decided : first;
  }

  /** Resolves once our server does not want us any more, with what to say. */
  async turnedAway(): Promise<Failure> {
    const { chat } = this;
    await until(chat, () => chat.server !== 'connecting' && chat.server !== 'connected');
    return this.#refusal(chat.server);
  }

  /** Resolves once all that is said of a conversation can be told. @throws ChatError if it cannot be read */
  following(conversation: string): Promise<void> {
    return this.#watch.following(conversation);
  }

  /** The newest messages of a conversation, as they are now. */
  messages(conversation: string): readonly MessageView[] {
    return this.#watch.messages(conversation);
  }

  /**
   * Makes a message durable and puts it on its way. @param ref - goes with its first state. @returns the message's id
   * @throws Failure if nothing goes to them; ChatError, also if what they wrote cannot be read
   */
  async send(conversation: string, text: string, ref?: Ref): Promise<string> {
    const person = this.chat.conversations.find(({ id }) => id === conversation);
    if (person?.blocked) throw new Failure('refused', BLOCKED);
    if (person?.refused) throw new Failure('refused', person.trouble ?? NOT_LET_IN);
    await this.following(conversation);
    const id = await this.chat.send(conversation, text);
    this.#watch.wrote(id, ref);
    return id;
  }

  /** What we wrote in these conversations and is still on its way. */
  underWay(conversations: Iterable<string>): readonly MessageView[] {
    return [...conversations].flatMap((id) => this.#watch.underWay(id));
  }

  /** Resolves once all that we wrote there is with the others, or on the server; or after so many milliseconds. */
  async settled(conversations: ReadonlySet<string>, deadline: number): Promise<void> {
    await until(this.chat, () => this.underWay(conversations).length === 0, deadline);
  }

  /** Tells now what has happened up to now. */
  flush(): void {
    this.#watch.flush();
  }

  /** Resolves once all that has happened up to now is told, also of people who have just come. */
  async caughtUp(): Promise<void> {
    await this.#watch.caughtUp();
  }

  /** Closes it: what was being written is durable, and the folder is free for others. */
  async close(): Promise<void> {
    this.#watch.close();
    await this.profile.close();
  }

  #refusal(state: ServerState): Failure {
    if (state === 'replaced') return new Failure('refused', REPLACED);
    if (state === 'denied') return new Failure('refused', this.#token === undefined ? NO_TOKEN : WRONG_TOKEN);
    return new Failure('refused', SERVER_TROUBLE[state] ?? 'The server does not let you in. Try again later.');
  }
}

/**
 * Waits until something holds, which is asked now and after every change of the chat.
 * @param deadline - in milliseconds; for ever without one. @returns whether it came to hold in time
 */
export function until(chat: Chat, holds: () => boolean, deadline?: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (came: boolean) => {
      stop();
      clearTimeout(timer);
      resolve(came);
    };
    const timer = deadline === undefined ? undefined : setTimeout(() => done(false), deadline);
    const stop = chat.subscribe(() => holds() && done(true));
    if (holds()) done(true);
  });
}

/** What to say of a server that does not answer. @param origin - its address. */
export function unreachable(origin: string): string {
  return `The server at ${origin} cannot be reached. Check whether it runs, and its address: --server URL gives another.`;
}
