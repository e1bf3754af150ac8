/**
 * What others have written, made harmless for a terminal: nothing in it moves the cursor, changes colours or titles, turns
 * the text around it, or hides. Each such character is shown as what it is.
 */
import { codeOf } from '../words/disguises.ts';
import { isolated, splitLines } from '../words/text-lines.ts';

/** Part of the spelling of scripts and emoji; and signs of numbers and verses, which are seen. */
const KEPT =
  /\u200c|\u200d|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;
/** Commands to a terminal, and what shows as nothing or turns other text. */
const HARMFUL = new RegExp(`(?!${KEPT.source})[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800]`, 'gu');
/** Marks on one letter beyond what any script needs: they would cover the lines around. */
const PILED = /(?<=(?:\p{M}|\u200c|\u200d){8})\p{M}/gu;

/** A line of a text. */
export function harmless(line: string): string {
  return line.replaceAll('\t', '    ').replace(PILED, spelled).replace(HARMFUL, spelled);
}

/** A text on one line, such as a name. */
export function shown(text: string): string {
  return isolated(harmless(splitLines(text).join(' ')));
}

/** What stands in the place of a character: its number. */
function spelled(character: string): string {
  return `<${codeOf(character)}>`;
}
