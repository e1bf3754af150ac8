/** What everything that talks shares: a profile, open and signed in, whose events are told one after the other. */
import type { Chat } from '../core/chat/chat.ts';
import { addressTrouble, serverHealth } from '../core/chat/server-health.ts';
import { SERVER_TROUBLE } from '../core/chat/trouble.ts';
import type { MessageView, ServerState } from '../core/chat/views.ts';
import type { OpenProfile } from '../platform/node/folder.ts';
import { isUnderWay, Watch, type SessionEvent } from './events.ts';
import { Failure } from './exit.ts';
import type { Ref } from './json.ts';
import { inTerminal } from './words.ts';

/** From the first try to sign in to the last, in milliseconds. */
const SIGN_IN_DEADLINE = 15_000;

const REPLACED = 'Your keys were used at another place, which is signed in now. Start this again to go on here.';
const WRONG_TOKEN = 'The server did not accept this access token. Check it with whoever runs the server.';
const BLOCKED = 'You have blocked this person, so nothing goes to them. To talk again: open, and then /unblock.';
const NOT_LET_IN = 'This invite does not let you in. Ask for a new one.';
const NO_TOKEN = 'This server is private. Give its access token in SOTTO_TOKEN, or join by an invite.';

export class Session {
  readonly profile: OpenProfile;
  /** Told each event as it happens. */
  onevent: (event: SessionEvent) => void = () => undefined;
  #watch: Watch | undefined;
  #token: string | undefined;

  private constructor(profile: OpenProfile) {
    this.profile = profile;
  }

  /** Begins to watch what happens; nothing is sent before `connect`. It owns the profile from now on. */
  static async begin(profile: OpenProfile): Promise<Session> {
    const session = new Session(profile);
    session.#watch = await Watch.begin(profile.chat, (event) => session.onevent(event));
    return session;
  }

  get chat(): Chat {
    return this.profile.chat;
  }

  /** @param token - a private server's. */
  connect(token?: string): void {
    this.#token = token;
    this.chat.connect(token);
  }

  /** Resolves once our server has let us in. @throws Failure if it does not, or cannot be reached */
  async signedIn(): Promise<void> {
    const { chat, profile } = this;
    const tooLate = until(chat, () => chat.server !== 'connecting', SIGN_IN_DEADLINE).then((came) => !came);
    // One that is not there is known not to be long before we would give up.
    const away = serverHealth(profile.origin).then((health) => health === undefined || tooLate);
    const isAway = await Promise.race([tooLate, away]);
    if (chat.server === 'connected') return;
    if (isAway)
      throw new Failure('unreachable', (await addressTroubleOf(profile.origin)) ?? unreachable(profile.origin));
    throw this.#refusal(chat.server);
  }

  /** Resolves once our server does not want us any more, with what to say. */
  async turnedAway(): Promise<Failure> {
    const { chat } = this;
    await until(chat, () => chat.server !== 'connecting' && chat.server !== 'connected');
    return this.#refusal(chat.server);
  }

  /** The newest messages of a conversation, as they are now. */
  messages(conversation: string): readonly MessageView[] {
    return this.#watch?.messages(conversation) ?? [];
  }

  /**
   * Makes a message durable and puts it on its way. @param ref - goes with its first state.
   * @throws Failure if nothing goes to them; ChatError
   */
  async send(conversation: string, text: string, ref?: Ref): Promise<string> {
    const person = this.chat.conversations.find(({ id }) => id === conversation);
    if (person?.blocked) throw new Failure('refused', BLOCKED);
    if (person?.refused) throw new Failure('refused', inTerminal(person.trouble ?? NOT_LET_IN));
    const id = await this.chat.send(conversation, text);
    this.#watch?.wrote(id, ref);
    return id;
  }

  /** What we wrote in these conversations and is still on its way. */
  underWay(conversations: Iterable<string>): readonly MessageView[] {
    return [...conversations].flatMap((id) => this.messages(id).filter(isUnderWay));
  }

  /** Resolves once all that we wrote there is with the others, or on the server; or after so many milliseconds. */
  async settled(conversations: ReadonlySet<string>, deadline: number): Promise<void> {
    await until(this.chat, () => this.underWay(conversations).length === 0, deadline);
  }

  /** Leaves: what was being written is durable, and the folder is free for others. */
  async close(): Promise<void> {
    this.#watch?.close();
    await this.profile.close();
  }

  #refusal(state: ServerState): Failure {
    if (state === 'replaced') return new Failure('refused', REPLACED);
    if (state === 'denied') return new Failure('refused', this.#token === undefined ? NO_TOKEN : WRONG_TOKEN);
    return new Failure(
      'refused',
      inTerminal(SERVER_TROUBLE[state] ?? 'The server does not let you in. Try again later.'),
    );
  }
}

/** Resolves with true once something holds, asked after every change of the chat; or with false after so long. */
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

export function unreachable(origin: string): string {
  return `The server at ${origin} cannot be reached. Check the address, and whether it runs.`;
}

async function addressTroubleOf(origin: string): Promise<string | undefined> {
  const trouble = await addressTrouble(origin);
  return trouble && inTerminal(trouble);
}
