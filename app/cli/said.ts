/** Messages as lines for people. */
import { formatClock } from '../core/chat/moments.ts';
import { shownLines } from './shown.ts';

export interface Said {
  /** Who wrote it, safe to show, and maybe coloured. */
  readonly author: string;
  /** Unix ms. */
  readonly time: number;
  readonly text: string;
}

/** A message; its further lines are indented, so that none can pass for another message. */
export function messageLines({ author, time, text }: Said): string {
  const [first = '', ...more] = shownLines(text);
  return [`${formatClock(time)}  ${author}: ${first}`, ...more.map((line) => `    ${line}`)].join('\n');
}
