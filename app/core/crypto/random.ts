import type { Bytes } from '../../../signal/wire/bytes.ts';

/** `length` bytes from the platform's cryptographic generator. */
export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}
