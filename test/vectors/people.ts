/** The two people of the frozen vectors: their identity records, private keys and all. They are nobody's. */
import { toHex } from '../../signal/wire/bytes.ts';
import { OAEP, PSS } from '../../signal/wire/keys.ts';
import { createIdentity, generateKeyPairs, openIdentity, type KeyPairs } from '../../app/core/identity/identity.ts';
import { hex } from './hex.ts';
import type { People } from './kind.ts';

/** The people's records, as `frozen/people.json` keeps them. */
export interface Records {
  readonly ann: string;
  readonly bob: string;
}

/** The first moment of 2026. */
export const MADE_AT = Date.UTC(2026, 0, 1);

/** Pairs as someone may bring them. */
async function longerKeyPairs(): Promise<KeyPairs> {
  const size = { modulusLength: 4096, publicExponent: Uint8Array.of(1, 0, 1) };
  const [signing, wrapping] = await Promise.all([
    crypto.subtle.generateKey({ ...PSS, ...size }, true, ['sign', 'verify']),
    crypto.subtle.generateKey({ ...OAEP, ...size }, true, ['encrypt', 'decrypt']),
  ]);
  return { signing, wrapping };
}

export async function makeRecords(): Promise<Records> {
  const ann = await createIdentity(await generateKeyPairs(), 'Ann', MADE_AT);
  const bob = await createIdentity(await longerKeyPairs(), 'Bob', MADE_AT);
  return { ann: toHex(ann), bob: toHex(bob) };
}

export async function openPeople(records: Records): Promise<People> {
  const [ann, bob] = await Promise.all([openIdentity(hex(records.ann)), openIdentity(hex(records.bob))]);
  return { ann, bob };
}
