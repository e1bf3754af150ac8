/**
 * ML-KEM-768 (FIPS 203), by @noble/post-quantum: one implementation for every runtime, as most have none of their own.
 */
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type { Bytes } from '../../../signal/wire/bytes.ts';

export const KEM_PUBLIC_KEY_BYTES = 1184;
export const KEM_CIPHERTEXT_BYTES = 1088;

export interface KemKeyPair {
  readonly publicKey: Bytes;
  readonly secretKey: Bytes;
}

/** @param seed - 64 bytes that give the same pair each time; without them, a fresh one. */
export function generateKemKeyPair(seed?: Bytes): KemKeyPair {
  const { publicKey, secretKey } = ml_kem768.keygen(seed);
  return { publicKey: Uint8Array.from(publicKey), secretKey: Uint8Array.from(secretKey) };
}

/** Encapsulates to a peer's key. @returns `undefined` unless the key passes FIPS 203's length and modulus checks. */
export function encapsulate(publicKey: Bytes): { ciphertext: Bytes; secret: Bytes } | undefined {
  if (publicKey.length !== KEM_PUBLIC_KEY_BYTES) return undefined;
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey);
    return { ciphertext: Uint8Array.from(cipherText), secret: Uint8Array.from(sharedSecret) };
  } catch {
    return undefined;
  }
}

/** The 32-byte shared secret; a forged ciphertext gives a secret that nobody else has (implicit rejection). */
export function decapsulate(secretKey: Bytes, ciphertext: Bytes): Bytes | undefined {
  if (ciphertext.length !== KEM_CIPHERTEXT_BYTES) return undefined;
  return Uint8Array.from(ml_kem768.decapsulate(ciphertext, secretKey));
}
