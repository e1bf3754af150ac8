/**
 * What a camera reads instead of the digits: whose device shows the code, and whom it shows it to.
 *
 *     "sotto-verify:" base64url(version u8 = 1 | fingerprint of who shows it 32 | fingerprint of whom it is for 32)
 */
import { ByteReader, concat, equal, fromBase64Url, toBase64Url, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { FINGERPRINT_BYTES } from '../../../signal/wire/limits.ts';

const VERSION = 1;
const PREFIX = 'sotto-verify:';
/** Characters of a code that are looked at; no other is as long. */
export const MAX_CODE_LENGTH = 128;

/**
 * What a code that was scanned says. `same`: both devices mean the same two keys. `another-person`: it is shown by someone
 * else than we talk to. `for-another`: it is theirs, but meant for another key than ours. `own`: it is of our own device.
 * `other-version`: another version of Sotto made it. `no-code`: it is nothing of the kind.
 */
export type CodeVerdict = 'same' | 'another-person' | 'for-another' | 'own' | 'other-version' | 'no-code';

/** The code that we show to someone. */
export function encodeCode(us: Bytes, them: Bytes): string {
  return PREFIX + toBase64Url(concat(u8(VERSION), us, them));
}

/** What a scanned text says of us and the person we talk to; all of it is compared, whatever differs. */
export function judgeCode(text: string, us: Bytes, them: Bytes): CodeVerdict {
  if (text.length > MAX_CODE_LENGTH || !text.startsWith(PREFIX)) return 'no-code';
  const bytes = fromBase64Url(text.slice(PREFIX.length));
  if (!bytes || bytes.length === 0) return 'no-code';
  const reader = new ByteReader(bytes);
  if (reader.u8() !== VERSION) return 'other-version';
  const [shower, audience] = [reader.take(FINGERPRINT_BYTES), reader.take(FINGERPRINT_BYTES)];
  if (!reader.done()) return 'no-code';
  const [theirs, ours, own] = [equal(shower, them), equal(audience, us), equal(shower, us)];
  if (theirs) return ours ? 'same' : 'for-another';
  return own ? 'own' : 'another-person';
}
