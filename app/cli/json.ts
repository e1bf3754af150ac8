/** The lines that programs and Sotto exchange: what comes in is checked, what goes out is safe to show. */
import * as v from 'valibot';

/** Bytes of a line that comes in: the longest message, though every character of it be escaped. */
export const MAX_LINE_BYTES = 256 * 1024;
/** Characters of a `ref`. */
export const MAX_REF_LENGTH = 256;

/** What a program may ask for. */
const Order = v.strictObject({
  send: v.pipe(v.string(), v.minLength(1)),
  /** A name or a fingerprint. */
  to: v.pipe(v.string(), v.minLength(1)),
  ref: v.optional(v.union([v.pipe(v.string(), v.maxLength(MAX_REF_LENGTH)), v.number()])),
});
export type Order = v.InferOutput<typeof Order>;
/** What a program calls a message of its own. */
export type Ref = NonNullable<Order['ref']>;

/** Reads a line. @returns `undefined` unless it is exactly what a program may ask for. */
export function decodeOrder(line: string): Order | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { success, output } = v.safeParse(Order, value);
  return success ? output : undefined;
}

/** What JSON leaves as it is, though a terminal may take it for a command, turn the line by it, or show it as nothing. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Writes a line, without its end. */
export function encodeLine(value: object): string {
  return JSON.stringify(value).replace(UNSAFE, escaped);
}

/** A character of two code units is written as two. */
function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
