/** What people call themselves. */
import { fromUtf8, type Bytes } from '../../../signal/wire/bytes.ts';

/** Characters of a name. */
export const MAX_NAME_LENGTH = 64;
export const MAX_NAME_BYTES = 4 * MAX_NAME_LENGTH;

/** Joiners and variation selectors: invisible, but part of many scripts' spelling, and of emoji. */
const JOINERS = /\u200c|\u200d|\ufe0e|\ufe0f/u;
/** Format characters are drawn as nothing by browsers, also where Unicode does not call them ignorable; so is U+FFFC. */
const IGNORABLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\ufffc]/u;
/** Shows as nothing, though it counts as a character. */
const BLANK = /[\p{Cc}\p{Zl}\p{Zp}\s\u2800]+/gu;

/**
 * The name as kept and shown: normalised, on one line, without what cannot be seen. Two names that look the same because
 * one holds an invisible character are so the same.
 * @returns `undefined` if nothing is left, or too much
 */
export function normalizeName(name: string): string | undefined {
  const characters = [...name.normalize('NFC').replace(BLANK, ' ')];
  const visible = characters.filter((character, i) => {
    if (!IGNORABLE.test(character)) return true;
    return (
      JOINERS.test(character) &&
      isForeign(characters[i - 1]) &&
      (isForeign(characters[i + 1]) || /\ufe0f/.test(character))
    );
  });
  const normalized = visible.join('').replace(/ +/g, ' ').trim().normalize('NFC');
  return normalized.length > 0 && [...normalized].length <= MAX_NAME_LENGTH ? normalized : undefined;
}

/** Whether a joiner beside this character may mean something: not beside Latin letters, nor at an end. */
function isForeign(character: string | undefined): boolean {
  return character !== undefined && !/[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek} ]/u.test(character);
}

/** Reads a name someone else chose. @returns `undefined` unless it is as `normalizeName` would leave it. */
export function decodeName(bytes: Bytes): string | undefined {
  const name = fromUtf8(bytes);
  return name !== undefined && normalizeName(name) === name ? name : undefined;
}
