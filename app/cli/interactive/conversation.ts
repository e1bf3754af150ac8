/** What a person has before them in a terminal: one conversation at a time, and word of the others. */
import { formatDay, sameDay } from '../../core/chat/moments.ts';
import type { ConversationView, MessageView } from '../../core/chat/views.ts';
import type { End } from '../end.ts';
import { Stopped } from '../end.ts';
import { isUnderWay, type SessionEvent } from '../events.ts';
import { asFailure } from '../exit.ts';
import { waitingSentence } from '../leaving.ts';
import { labelOf } from '../people.ts';
import { messageLines } from '../said.ts';
import type { Session } from '../session.ts';
import { shown } from '../shown.ts';
import type { Terminal } from '../terminal.ts';
import { CONNECTION_WORDS, inTerminal } from '../words.ts';
import { completeCommand, runCommand, type Desk } from './commands.ts';
import { headingOf, remarksOn } from './remarks.ts';
import { Screen } from './screen.ts';
import { wrapped } from '../wrapped.ts';

/** Messages shown when a conversation is opened. */
const SHOWN = 20;

export class Conversation implements Desk {
  readonly terminal: Terminal;
  readonly session: Session;
  readonly #screen: Screen;
  readonly #left: Promise<void>;
  #leave: () => void = () => undefined;
  #person = '';
  /** Those whom we wrote to. */
  readonly #written = new Set<string>();
  /** What was said of the person last, and of whom it was told that they wrote. */
  #remarks: readonly string[] = [];
  readonly #announced = new Set<string>();
  #lastTime: number | undefined;
  #answer: ((line: string) => void) | undefined;
  /** What was entered is done in turn. */
  #turns = Promise.resolve();

  constructor(terminal: Terminal, session: Session) {
    this.terminal = terminal;
    this.session = session;
    this.#left = new Promise((resolve) => (this.#leave = resolve));
    this.#screen = new Screen(terminal, {
      complete: (line) => [completeCommand(this, line), line],
      online: (line) => this.#take(line),
      onleave: () => this.leave(),
    });
  }

  /** Talks until the person leaves. @throws Failure if our server turns us away */
  async sit(person: string, end: End): Promise<void> {
    const { session } = this;
    session.onevent = (event) => this.#hear(event);
    const unsubscribe = session.chat.subscribe(() => this.#look());
    session.chat.joined.add((conversation) => {
      if (conversation !== this.#person) this.say(`${this.label(conversation)} has joined: /open`);
    });
    this.open(person);
    try {
      await end.or(this.#left);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    } finally {
      unsubscribe();
      this.#screen.close();
    }
    const waiting = waitingSentence(session, this.#written);
    if (waiting !== undefined) this.terminal.note(waiting);
  }

  get person(): ConversationView | undefined {
    return this.session.chat.conversations.find(({ id }) => id === this.#person);
  }

  get everyone(): readonly ConversationView[] {
    return this.session.chat.conversations;
  }

  label(id: string): string {
    const person = this.everyone.find((one) => one.id === id);
    return person ? labelOf(person, this.everyone) : 'Somebody';
  }

  open(id: string): void {
    this.#person = id;
    this.#announced.delete(id);
    this.#remarks = [];
    this.#lastTime = undefined;
    const { person } = this;
    if (!person) return;
    this.print(headingOf(this.terminal, this.label(id), person));
    const messages = this.session.messages(id).slice(-SHOWN);
    for (const message of messages) this.show(message);
    if (messages.length === 0) this.say('Nothing written yet. Only the two of you can read what stands here.');
    this.#look();
    void this.#markRead();
  }

  leave(): void {
    this.#leave();
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
    return wrapped(sentence, this.terminal.streams.output.columns);
  }

  /** Shows a message, below the name of its day where that begins. */
  show({ mine, time, text }: Pick<MessageView, 'mine' | 'time' | 'text'>): void {
    const { colors } = this.terminal;
    if (this.#lastTime === undefined || !sameDay(this.#lastTime, time)) this.say(formatDay(time));
    this.#lastTime = time;
    const author = mine ? colors.cyan('You') : colors.green(this.label(this.#person));
    this.print(messageLines({ author, time, text }));
  }

  ask(question: string): Promise<string> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#screen.prompt = `${question} `;
    });
  }

  #take(line: string): void {
    const answer = this.#answer;
    if (!answer) {
      this.#turns = this.#turns.then(() => this.#do(line));
      return;
    }
    this.#answer = undefined;
    this.#look();
    answer(line);
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
      // No text is lost; a command that was none would only stand before the next line.
      if (!isCommand) this.#screen.giveBack(line);
    }
  }

  async #send(text: string): Promise<void> {
    const person = this.#person;
    this.#written.add(person);
    const id = await this.session.send(person, text);
    const message = this.session.messages(person).find((one) => one.id === id);
    if (message && person === this.#person) this.show(message);
    this.#look();
  }

  #hear(event: SessionEvent): void {
    if (event.event === 'error') this.warn(shown(inTerminal(event.text)));
    if (event.event === 'message') this.#receive(event);
    this.#look();
  }

  #receive({ from, time, text }: SessionEvent & { event: 'message' }): void {
    if (from === this.#person) {
      this.show({ mine: false, time: Date.parse(time), text });
      void this.#markRead();
    } else if (!this.#announced.has(from)) {
      this.#announced.add(from);
      this.say(`${this.label(from)} has written to you: /open`);
    }
  }

  /** What was shown was read. */
  async #markRead(): Promise<void> {
    try {
      if ((this.person?.unread ?? 0) > 0) await this.session.chat.markRead(this.#person);
    } catch (error) {
      this.say(asFailure(error).message);
    }
  }

  /** Shows how things stand now: before the line being typed, and, where there is something new to say, above it. */
  #look(): void {
    const { person } = this;
    if (!person) return this.leave();
    const remarks = remarksOn(person);
    for (const remark of remarks) if (!this.#remarks.includes(remark)) this.say(remark);
    this.#remarks = remarks;
    if (!this.#answer) this.#screen.prompt = this.#promptFor(person);
  }

  #promptFor({ id, connection }: ConversationView): string {
    const own = this.session.messages(id).filter(({ mine }) => mine);
    const underWay = own.filter(isUnderWay).length;
    const state = own.at(-1)?.state;
    const standing = [CONNECTION_WORDS[connection], ...(state ? [underWay > 1 ? `${underWay} ${state}` : state] : [])];
    const { columns } = this.terminal.streams.output;
    return columns >= 60 ? `${this.terminal.colors.dim(standing.join(' · '))} > ` : '> ';
  }
}
