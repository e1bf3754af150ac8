/**
 * What people wrote, as lines of plain text. A text's further lines are indented, so that none can pass for a message of
 * somebody else; what is written from right to left stands in isolates, so that it turns nothing round it.
 */

const [ISOLATE, END] = ['\u2068', '\u2069'];
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/u;
/** Written from right to left, or a sign that turns what follows. */
const TURNING =
  /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** What stands before the further lines of a message. */
export const INDENT = '    ';

/** The lines of a text, whatever breaks them. */
export function splitLines(text: string): string[] {
  return text.split(LINE_BREAK);
}

/** Whether a line, or a name, needs isolates. */
export function isTurning(line: string): boolean {
  return TURNING.test(line);
}

/** A line, or a name, that turns nothing round it. */
export function isolated(line: string): string {
  return isTurning(line) ? ISOLATE + line + END : line;
}

/** How a message becomes lines. @param head - what stands before it: when, and who. */
export type Layout = (head: MessageHead, text: string) => string;

export interface MessageHead {
  readonly clock: string;
  /** Safe to show. */
  readonly author: string;
}

/** For a file, or whatever else is as wide as it needs to be. */
export function plainLines({ clock, author }: MessageHead, text: string): string {
  return `${clock}  ${author}: ${splitLines(text).map(isolated).join(`\n${INDENT}`)}`;
}
