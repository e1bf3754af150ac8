/**
 * A conversation as a text for people. Names and texts stand in isolates, so that what is written from right to left turns
 * nothing round it; a text's further lines are indented, so that none can pass for a message of somebody else.
 */
import type { HistoryMessage } from './history.ts';

const [ISOLATE, END] = ['\u2068', '\u2069'];
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/u;

export interface TranscriptNames {
  readonly us: string;
  readonly them: string;
}

/** Writes a transcript in the language of the interface or the one given, in the time zone of this place or the one given. */
export class Transcript {
  readonly #names: TranscriptNames;
  readonly #day: Intl.DateTimeFormat;
  readonly #clock: Intl.DateTimeFormat;
  #lastDay: string | undefined;

  constructor(names: TranscriptNames, locale = 'en-GB', timeZone?: string) {
    this.#names = names;
    this.#day = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone });
    this.#clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone });
  }

  /** What stands above. */
  heading(now: number): string {
    return `Conversation with ${isolated(this.#names.them)}, saved on ${this.#day.format(now)}\n`;
  }

  /** The next messages; a line for each new day. */
  lines(messages: readonly HistoryMessage[]): string {
    return messages.map((message) => this.#line(message)).join('');
  }

  #line({ mine, time, text }: HistoryMessage): string {
    const day = this.#day.format(time);
    const dayLine = day === this.#lastDay ? '' : `\n${day}\n\n`;
    this.#lastDay = day;
    const [first = '', ...more] = text.split(LINE_BREAK).map(isolated);
    const name = isolated(mine ? this.#names.us : this.#names.them);
    return `${dayLine}${[`${this.#clock.format(time)}  ${name}: ${first}`, ...more.map((line) => `    ${line}`)].join('\n')}\n`;
  }
}

function isolated(text: string): string {
  return text === '' ? '' : ISOLATE + text + END;
}
