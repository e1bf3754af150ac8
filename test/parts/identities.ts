/** Identities made once a test file and shared: RSA keys take most of the time that tests take. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import { signCard, type CardFields } from '../../signal/wire/card.ts';
import { createIdentity, generateKeyPairs, openIdentity, type Identity } from '../../app/core/identity/identity.ts';

/** When the test file began: what tests with a clock of their own go by. */
export const NOW = Date.now();
export const DAY = 24 * 60 * 60 * 1000;

/** Remembers what a function made of each name. */
function once<T>(make: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
}

/** The key pairs of this name. */
export const pairsOf = once(() => generateKeyPairs());

/** The identity record of this name, made at NOW. */
export const recordOf = once(async (name) => createIdentity(await pairsOf(name), name, NOW));

/** The identity of this name. */
export const identityOf = once(async (name): Promise<Identity> => openIdentity(await recordOf(name)));

/** Another card of an identity, signed by itself. */
export async function cardOf(name: string, changes: Partial<CardFields>): Promise<Bytes> {
  const { card, signKey } = await identityOf(name);
  const { sequence, from, until, capabilities, signingKey, wrappingKey } = card;
  return signCard({ sequence, from, until, capabilities, signingKey, wrappingKey, ...changes }, signKey);
}

/** A public key as SubjectPublicKeyInfo. */
export async function spkiOf(key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey('spki', key));
}
