/**
 * The safety number of two people: 60 digits that both see, and that nobody else's keys give. Each half stands for one
 * signing key, hashed over and over, so that finding another key of like digits costs so much more for every try; after
 * the fingerprints that Signal shows. `../envelope/PROTOCOL.md` has the formulas.
 */
import { concat, type Bytes } from '../../../signal/wire/bytes.ts';
import type { Card } from '../../../signal/wire/card.ts';
import { LABEL } from '../crypto/labels.ts';

const ITERATIONS = 5_200;
const HASH_BYTES = 64;
const GROUPS = 6;
const GROUP_BYTES = 5;
const GROUP_DIGITS = 5;

/** Whom the digits stand for: what a verified card says. */
export type Party = Pick<Card, 'signingKey' | 'fingerprint'>;

/** One person's 30 digits. They take some tens of milliseconds, and never change. */
export async function digitsOf({ signingKey, fingerprint }: Party): Promise<string> {
  let hash: Bytes = concat(LABEL.safetyNumber, signingKey, fingerprint);
  for (let i = 0; i < ITERATIONS; i++) {
    hash = new Uint8Array(await crypto.subtle.digest('SHA-512', concat(hash, signingKey)));
  }
  return toDigits(hash);
}

/** The safety number of two people, from the digits of each: the same for both, as the lower comes first. */
export function joinDigits(one: string, other: string): string {
  return one < other ? one + other : other + one;
}

/** Six groups of five digits, each what is left of five bytes. */
function toDigits(hash: Bytes): string {
  const view = new DataView(hash.buffer, hash.byteOffset, HASH_BYTES);
  const groups = Array.from({ length: GROUPS }, (_, i) => {
    const number = view.getUint8(i * GROUP_BYTES) * 2 ** 32 + view.getUint32(i * GROUP_BYTES + 1);
    return String(number % 10 ** GROUP_DIGITS).padStart(GROUP_DIGITS, '0');
  });
  return groups.join('');
}
