import type { Bytes } from '../../../signal/wire/bytes.ts';

/** Overwrites keys that nobody needs any more. What the runtime itself holds (CryptoKey) is out of reach. */
export function wipe(...keys: readonly Bytes[]): void {
  for (const key of keys) key.fill(0);
}
