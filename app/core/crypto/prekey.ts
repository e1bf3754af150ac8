/**
 * A prekey: an X25519 and an ML-KEM-768 pair, both made of one secret that can be kept.
 *
 *     secret       X25519 private key 32 | ML-KEM-768 seed 64
 *     public half  X25519 32 | ML-KEM-768 1184
 */
import { concat, type Bytes } from '../../../signal/wire/bytes.ts';
import { importRatchetKey, X25519_BYTES, type RatchetKey } from './dh.ts';
import { generateKemKeyPair, type KemKeyPair } from './kem.ts';
import { randomBytes } from './random.ts';
import { wipe } from './wipe.ts';

export const PREKEY_SECRET_BYTES = X25519_BYTES + 64;

export interface Prekey {
  readonly x25519: RatchetKey;
  readonly kem: KemKeyPair;
}

/** What opens a parcel: the signed prekey of its bundle, and the one-time prekey that it was sealed for, if it was for one. */
export interface PrivatePrekeys {
  readonly signed: Prekey;
  readonly oneTime: Prekey | undefined;
}

/** @returns PREKEY_SECRET_BYTES that are nobody's yet. */
export function newPrekeySecret(): Bytes {
  return randomBytes(PREKEY_SECRET_BYTES);
}

/** The pairs of a secret: the same each time. The caller's bytes are left as they are. */
export async function prekeyOf(secret: Bytes): Promise<Prekey> {
  const [scalar, seed] = [secret.slice(0, X25519_BYTES), secret.slice(X25519_BYTES)];
  const x25519 = await importRatchetKey(scalar);
  const kem = generateKemKeyPair(seed);
  wipe(scalar, seed);
  return { x25519, kem };
}

/** What others are given: PREKEY_BYTES. */
export function publicHalf({ x25519, kem }: Prekey): Bytes {
  return concat(x25519.publicKey, kem.publicKey);
}

/** Overwrites the private keys; that of X25519 is the runtime's, which drops it when it collects it. */
export function wipePrekeys({ signed, oneTime }: PrivatePrekeys): void {
  wipe(signed.kem.secretKey, ...(oneTime ? [oneTime.kem.secretKey] : []));
}
