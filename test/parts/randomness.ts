/** Randomness as tests need it: much of it at once, and some that is given instead of drawn, for what must come out the same every time. */
import { concat, type Bytes } from '../../signal/wire/bytes.ts';

/** Random bytes, as many as one likes: as a parcel of this size looks to a server. */
export function randomBytes(length: number): Bytes {
  const bytes = new Uint8Array(length);
  // No more than this is given at a time.
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

/** Bytes counting up from a first one: told apart at a glance, and hardly met by chance. */
export function counting(length: number, first: number): Bytes {
  return Uint8Array.from({ length }, (_, i) => first + i);
}

/**
 * Runs something to which the platform's generator gives these bytes, one piece a draw. What WebCrypto draws inside
 * itself, for RSA or a key, stays random.
 * @throws unless it draws just these pieces
 */
export async function withRandomness<T>(pieces: readonly Bytes[], run: () => T | Promise<T>): Promise<T> {
  const left = [...pieces];
  const give = (array: Uint8Array): Uint8Array => {
    const piece = left.shift();
    if (piece?.length !== array.length) throw new Error(`drew ${array.length} bytes, was given ${piece?.length ?? 0}`);
    array.set(piece);
    return array;
  };
  // An own property in front of the prototype's method, in every runtime.
  Object.defineProperty(crypto, 'getRandomValues', { value: give, configurable: true });
  try {
    const made = await run();
    if (left.length > 0) throw new Error(`left ${concat(...left).length} bytes of the randomness undrawn`);
    return made;
  } finally {
    Reflect.deleteProperty(crypto, 'getRandomValues');
  }
}

/** An X25519 pair whose private key can be kept, and given to `withKeyPairs`. */
export async function keptKeyPair(): Promise<{ pair: CryptoKeyPair; pkcs8: Bytes }> {
  const pair = await crypto.subtle.generateKey('X25519', true, ['deriveBits']);
  return { pair, pkcs8: new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)) };
}

/** The pair that a kept private key belongs to. */
export async function keyPairOf(pkcs8: Bytes): Promise<CryptoKeyPair> {
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', true, ['deriveBits']);
  const { kty, crv, x } = await crypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await crypto.subtle.importKey('jwk', { kty: kty!, crv: crv!, x: x! }, 'X25519', true, []);
  return { privateKey, publicKey };
}

/** Runs something to which the platform gives these pairs, one a time, when it asks for new ones. @throws unless it asks for just these */
export async function withKeyPairs<T>(pairs: readonly CryptoKeyPair[], run: () => T | Promise<T>): Promise<T> {
  const left = [...pairs];
  const give = async (): Promise<CryptoKeyPair> => {
    const pair = left.shift();
    if (!pair) throw new Error('asked for a pair more than was given');
    return pair;
  };
  Object.defineProperty(crypto.subtle, 'generateKey', { value: give, configurable: true });
  try {
    const made = await run();
    if (left.length > 0) throw new Error(`left ${left.length} pairs`);
    return made;
  } finally {
    Reflect.deleteProperty(crypto.subtle, 'generateKey');
  }
}
