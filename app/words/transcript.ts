/** A conversation as a text for people. */
import type { HistoryMessage } from '../core/chat/history.ts';
import { plainLines, type Layout } from './text-lines.ts';

/** Safe to show. */
export interface TranscriptNames {
  readonly us: string;
  readonly them: string;
}

export interface TranscriptStyle {
  /** In the language of the interface if not given. */
  readonly locale?: string;
  /** This place's if not given. */
  readonly timeZone?: string;
  readonly layout?: Layout;
}

export class Transcript {
  readonly #names: TranscriptNames;
  readonly #day: Intl.DateTimeFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #layout: Layout;
  #lastDay: string | undefined;

  constructor(names: TranscriptNames, { locale = 'en-GB', timeZone, layout = plainLines }: TranscriptStyle = {}) {
    this.#names = names;
    this.#day = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeZone });
    this.#clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone });
    this.#layout = layout;
  }

  /** What stands above. @param now - unix ms. */
  heading(now: number): string {
    return `Conversation with ${this.#names.them}, saved on ${this.#day.format(now)}\n`;
  }

  /** The next messages; a line for each new day. */
  lines(messages: readonly HistoryMessage[]): string {
    return messages.map((message) => this.#line(message)).join('');
  }

  #line({ mine, time, text }: HistoryMessage): string {
    const day = this.#day.format(time);
    const dayLine = day === this.#lastDay ? '' : `\n${day}\n\n`;
    this.#lastDay = day;
    const head = { clock: this.#clock.format(time), author: mine ? this.#names.us : this.#names.them };
    return `${dayLine}${this.#layout(head, text)}\n`;
  }
}
