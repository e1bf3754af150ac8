/**
 * What others have written, made harmless for a terminal: nothing in it moves the cursor, changes colours or titles, turns
 * the text around it, or hides. Each such character is shown as what it is.
 */
import { codeOf, splitAtDisguises } from '../core/chat/disguises.ts';

/** Control characters: terminals take them for commands. */
const COMMANDS = /\p{Cc}/gu;
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/u;
/** Written from right to left. */
const TURNED = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const [ISOLATE, END] = ['\u2068', '\u2069'];

/** The lines of a text. */
export function shownLines(text: string): string[] {
  return text.split(LINE_BREAK).map(shownLine);
}

/** A text on one line, such as a name. */
export function shown(text: string): string {
  return shownLine(text.split(LINE_BREAK).join(' '));
}

function shownLine(line: string): string {
  const parts = splitAtDisguises(line.replaceAll('\t', '    ')).map((part, index) =>
    index % 2 === 1 ? mark(part) : part,
  );
  const harmless = parts.join('').replace(COMMANDS, mark);
  return TURNED.test(harmless) ? ISOLATE + harmless + END : harmless;
}

function mark(character: string): string {
  return `<${codeOf(character)}>`;
}
