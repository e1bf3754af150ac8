/** Randomness that is given instead of drawn, for what must come out the same every time. */
import { concat, type Bytes } from '../../signal/wire/bytes.ts';

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
