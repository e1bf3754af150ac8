/** What a person has before them in a terminal: one conversation at a time, and word of the others. */
import type { ConversationView, InviteView, MessageView } from '../../core/chat/views.ts';
import { formatDay, sameDay } from '../../words/moments.ts';
import { waitingSentence } from '../arrival.ts';
import { Stopped, type End } from '../end.ts';
import type { ProfileEvent } from '../events.ts';
import { asFailure } from '../exit.ts';
import { FOR_ONE, validity } from '../invited.ts';
import type { LiveProfile } from '../live-profile.ts';
import { labelOf } from '../people.ts';
import { messageLines } from '../said.ts';
import { shown } from '../shown.ts';
import type { Talk, TalkParts } from '../talk.ts';
import type { Terminal } from '../terminal.ts';
import { wrapped } from '../wrapped.ts';
import { completeCommand, runCommand } from './commands.ts';
import { personAt, type Desk } from './desk.ts';
import { Entries } from './entries.ts';
import { promptOf } from './prompt.ts';
import { headingOf, Remarks } from './remarks.ts';
import { Screen } from './screen.ts';
import { followServer } from './server-word.ts';

/** Messages shown when a conversation is opened. */
const SHOWN = 20;

export class Conversation implements Talk, Desk {
  readonly terminal: Terminal;
  readonly live: LiveProfile;
  readonly #end: End;
  readonly #screen: Screen;
  readonly #entries = new Entries((line) => this.#do(line));
  #running = false;
  /** Who is open, if somebody is. */
  #person: string | undefined;
  /** Who has joined before we came to talk. */
  #newcomer: string | undefined;
  /** Those whom we wrote to. */
  readonly #written = new Set<string>();
  #remarks = new Remarks();
  /** Those of whom it was told that they wrote. */
  readonly #announced = new Set<string>();
  /** What was left for us on the server has come: word that somebody is away would stand above it otherwise. */
  #isCurrent = false;
  #lastTime: number | undefined;

  constructor({ terminal, live, end }: TalkParts) {
    this.terminal = terminal;
    this.live = live;
    this.#end = end;
    this.#screen = new Screen(terminal, {
      complete: (line) => [completeCommand(this, line), line],
      online: (line) => {
        this.#entries.take(line);
        this.#look();
      },
      onquit: () => this.quit(),
    });
    live.onevent = (event) => this.#hear(event);
    live.chat.subscribe(() => this.#look());
    live.chat.joined.add((conversation) => this.#meet(conversation));
    this.#look();
  }

  /** Talks until the person quits. @param person - who is opened; otherwise who joins first. @throws Failure if our server turns us away */
  async run(person?: string): Promise<void> {
    this.#running = true;
    const first = person ?? this.#newcomer;
    if (first !== undefined) this.open(first);
    void followServer(this.live, {
      onlost: (sentence) => this.warn(sentence),
      onback: () => this.say('The server can be reached again.'),
      oncurrent: (isCurrent) => {
        this.#isCurrent = isCurrent;
        this.#look();
      },
    });
    try {
      await this.#end.come();
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    } finally {
      this.close();
    }
    const waiting = waitingSentence(this.live, this.#written);
    if (waiting !== undefined) this.terminal.note(waiting);
  }

  close(): void {
    this.#screen.close();
  }

  get person(): ConversationView | undefined {
    return this.live.chat.conversations.find(({ id }) => id === this.#person);
  }

  get everyone(): readonly ConversationView[] {
    return this.live.chat.conversations;
  }

  label(id: string): string {
    const person = this.everyone.find((one) => one.id === id);
    return person ? labelOf(person, this.everyone) : 'Somebody';
  }

  open(id: string): void {
    // What has come up to now is among what is shown here, and is not to be shown again.
    this.#announced.add(id);
    this.#person = undefined;
    this.live.flush();
    this.#announced.delete(id);
    this.#person = id;
    this.#remarks = new Remarks();
    this.#lastTime = undefined;
    const { person } = this;
    if (!person) return;
    this.print(headingOf(this.terminal, this.label(id), person));
    for (const message of this.live.messages(id).slice(-SHOWN)) this.show(message);
    if (person.preview === '') this.say('Nothing written yet. Only the two of you can read what stands here.');
    this.#look();
    void this.#markRead(id);
  }

  quit(): void {
    this.terminal.stop();
  }

  handOver(invite: InviteView): void {
    this.print(`${this.#fit(FOR_ONE)}\n\n${invite.link}\n`);
    this.say(validity(invite));
  }

  print(lines: string): void {
    this.#screen.print(lines);
  }

  say(sentence: string): void {
    this.print(this.terminal.colors.dim(this.#fit(sentence)));
  }

  /** Says what has gone wrong. */
  warn(sentence: string): void {
    this.print(this.terminal.colors.yellow(this.#fit(sentence)));
  }

  #fit(sentence: string): string {
    return wrapped(sentence, this.terminal.columns);
  }

  show({ mine, time, text }: Pick<MessageView, 'mine' | 'time' | 'text'>): void {
    const { colors } = this.terminal;
    if (this.#lastTime === undefined || !sameDay(this.#lastTime, time)) this.say(formatDay(time));
    this.#lastTime = time;
    const author = mine ? 'You' : this.label(this.#person ?? '');
    this.print(messageLines({ author, time, text }, this.terminal.columns, mine ? colors.cyan : colors.green));
  }

  ask(question: string): Promise<string> {
    const answer = this.#entries.next();
    this.#screen.prompt = `${question} `;
    return answer;
  }

  /** Never rejects. */
  async #do(line: string): Promise<void> {
    if (line.trim() === '') return;
    const isCommand = line.startsWith('/') && !line.startsWith('//');
    try {
      if (isCommand) await runCommand(this, line);
      else await this.#send(line.startsWith('//') ? line.slice(1) : line);
    } catch (error) {
      this.warn(asFailure(error).message);
      // It is not put back before what is typed next: that may be for somebody else.
      if (!isCommand) this.say('It was not sent. Arrow up brings it back.');
    }
  }

  async #send(text: string): Promise<void> {
    const person = personAt(this).id;
    this.#written.add(person);
    const id = await this.live.send(person, text);
    const message = this.live.messages(person).find((one) => one.id === id);
    if (message && person === this.#person) this.show(message);
    this.#look();
  }

  /** Somebody has joined by an invite of ours: where nobody is open, and nothing has been begun, they are. */
  #meet(id: string): void {
    const label = this.label(id);
    if (!this.#running) this.#newcomer ??= id;
    // What is being typed was not meant for them.
    const isFirst = this.#person === undefined && !this.#screen.isTyping;
    this.say(isFirst ? `${label} has joined.` : `${label} has joined: /open ${label}`);
    if (isFirst && this.#running) this.open(id);
  }

  #hear(event: ProfileEvent): void {
    if (event.event === 'error') this.warn(shown(event.text));
    if (event.event === 'message') this.#receive(event);
    this.#look();
  }

  #receive({ from, time, text }: ProfileEvent & { event: 'message' }): void {
    if (from === this.#person) {
      this.show({ mine: false, time: Date.parse(time), text });
      void this.#markRead(from);
    } else if (!this.#announced.has(from)) {
      this.#announced.add(from);
      const label = this.label(from);
      this.say(`${label} has written to you: /open ${label}`);
    }
  }

  /** What was shown was read; what cannot be is not shown. */
  async #markRead(id: string): Promise<void> {
    try {
      await this.live.following(id);
      if (this.person?.id === id && this.person.unread > 0) await this.live.chat.markRead(id);
    } catch (error) {
      this.warn(asFailure(error).message);
    }
  }

  /** Shows how things stand now: before the line being typed, and, where there is something new to say, above it. */
  #look(): void {
    const { person } = this;
    if (person) {
      for (const remark of this.#remarks.on(person, this.label(person.id), this.#isCurrent)) this.say(remark);
    }
    if (!this.#entries.isAnswer) this.#screen.prompt = promptOf(this.terminal, this.live, person);
  }
}
