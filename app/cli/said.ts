/** Messages as lines for people. */
import { formatClock } from '../words/moments.ts';
import { INDENT, isolated, isTurning, splitLines, type MessageHead } from '../words/text-lines.ts';
import { broken, cellsOf } from './cells.ts';
import { harmless } from './shown.ts';

export interface Said {
  /** Who wrote it, safe to show. */
  readonly author: string;
  /** Unix ms. */
  readonly time: number;
  readonly text: string;
}

/** A message in rows, its time of day before it. @param columns - see `messageRows`. @param paint - colours the author. */
export function messageLines(
  { author, time, text }: Said,
  columns: number,
  paint?: (author: string) => string,
): string {
  return messageRows({ clock: formatClock(time), author }, text, columns, paint);
}

/**
 * A message in rows; all but the first are indented, so that none can pass for another message.
 * @param columns - cells of a row, or `Infinity`: nothing is broken then but by its author.
 */
export function messageRows(
  { clock, author }: MessageHead,
  text: string,
  columns: number,
  paint = (author: string) => author,
): string {
  const inner = Math.max(2, columns - INDENT.length);
  const heads = broken(`${clock}  ${author}: `, columns, inner);
  const last = heads.pop()!;
  const room = (heads.length > 0 ? inner : columns) - cellsOf(last);
  const [first = '', ...more] = splitLines(text).flatMap((line, index) =>
    piecesOf(harmless(line), index === 0 ? room : inner, inner),
  );
  const head = heads.length > 0 ? last : `${clock}  ${paint(author)}: `;
  return [...heads, head + first, ...more].join(`\n${INDENT}`);
}

/** Each in isolates of its own, where it needs some: to some terminals these are a cell each. */
function piecesOf(line: string, first: number, others: number): string[] {
  const taken = isTurning(line) ? 2 : 0;
  return broken(line, first - taken, others - taken).map(isolated);
}
