/** What people call themselves. */
import { fromUtf8, type Bytes } from '../../../signal/wire/bytes.ts';

/** Characters of a name. */
export const MAX_NAME_LENGTH = 64;
export const MAX_NAME_BYTES = 4 * MAX_NAME_LENGTH;

/** The name as kept and shown: normalised and trimmed, on one line. @returns `undefined` if that is empty or too long. */
export function normalizeName(name: string): string | undefined {
  const normalized = name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return normalized.length > 0 && [...normalized].length <= MAX_NAME_LENGTH ? normalized : undefined;
}

/** Reads a name someone else chose. @returns `undefined` unless it is as `normalizeName` would leave it. */
export function decodeName(bytes: Bytes): string | undefined {
  const name = fromUtf8(bytes);
  return name !== undefined && normalizeName(name) === name ? name : undefined;
}
