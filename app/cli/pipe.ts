/** Talking through pipes: each line that comes in is a message to one person, and what they write goes out. */
import type { ConversationView, InviteView } from '../core/chat/views.ts';
import { arrived, tellingWhatWaits } from './arrival.ts';
import type { ProfileEvent } from './events.ts';
import { Failure } from './exit.ts';
import { FOR_ONE, validity } from './invited.ts';
import { NOT_LET_IN, until } from './live-profile.ts';
import { labelOf } from './people.ts';
import { messageLines } from './said.ts';
import type { Talk, TalkParts } from './talk.ts';

const AWAY = 'Whoever invited you is away. You will be connected when you are both here.';
const MAY_KNOCK =
  'Whoever invited you is away, and lets you join meanwhile: with --leave, word of it is left on the server, encrypted.';

export class Pipe implements Talk {
  readonly #parts: TalkParts;
  /** Who joins first, by whichever invite of ours. */
  readonly #joined: Promise<string>;
  #person: string | undefined;

  constructor(parts: TalkParts) {
    this.#parts = parts;
    const { live } = parts;
    this.#joined = new Promise((resolve) => live.chat.joined.add(resolve));
    live.onevent = (event) => this.#hear(event);
  }

  say(sentence: string): void {
    this.#parts.terminal.tell(sentence);
  }

  handOver(invite: InviteView): void {
    const { terminal } = this.#parts;
    terminal.note(FOR_ONE);
    terminal.note('');
    terminal.print(invite.link);
    terminal.note('');
    terminal.note(`${validity(invite)} Waiting for them…`);
  }

  /** Sends what comes in until nothing more does, and waits until it has arrived. @throws Failure if it has not; Stopped, ChatError */
  async run(person?: string): Promise<void> {
    const written = new Set<string>();
    await tellingWhatWaits(this.#parts.live, written, this.#talk(person, written));
  }

  async #newcomer(): Promise<string> {
    const person = await this.#joined;
    this.#parts.terminal.note(`${this.#label(person)} has joined.`);
    return person;
  }

  async #talk(whom: string | undefined, written: Set<string>): Promise<void> {
    const { terminal, live, end, wait } = this.#parts;
    const person = whom ?? (await end.or(this.#newcomer()));
    this.#person = person;
    await live.following(person);
    written.add(person);
    for await (const { text } of terminal.lines) {
      if (text === undefined)
        throw new Failure('usage', 'A line is no text, or too long for one message. Send it in parts.');
      if (text.trim() !== '') await live.send(person, text);
    }
    await end.or(this.#letIn(person));
    await end.or(arrived(live, written, wait));
  }

  #hear(event: ProfileEvent): void {
    if (event.event !== 'message' || event.from !== this.#person) return;
    const { terminal } = this.#parts;
    const { from, time, text } = event;
    terminal.print(messageLines({ author: this.#label(from), time: Date.parse(time), text }, terminal.columns));
  }

  /** Waits until whoever invited us has let us in, or has word of us on the server. @throws Failure */
  async #letIn(person: string): Promise<void> {
    const { live, wait } = this.#parts;
    const view = () => this.#view(person);
    const isDecided = () => !view()?.invited || view()?.refused === true || view()?.knock === 'left';
    await until(live.chat, isDecided, wait * 1000);
    const { invited, refused, knock, trouble } = view() ?? {};
    if (!invited || knock === 'left') return;
    if (refused) throw new Failure('refused', trouble ?? NOT_LET_IN);
    if (live.chat.server !== 'connected') await live.signedIn();
    throw new Failure('unreachable', trouble ?? (knock === 'may' ? MAY_KNOCK : AWAY));
  }

  #view(person: string): ConversationView | undefined {
    return this.#parts.live.chat.conversations.find(({ id }) => id === person);
  }

  #label(person: string): string {
    return labelOf(this.#view(person)!, this.#parts.live.chat.conversations);
  }
}
