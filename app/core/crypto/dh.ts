/** X25519 (RFC 7748). */
import { equal, type Bytes } from '../../../signal/wire/bytes.ts';
import type { PrivateKey } from '../../../signal/wire/keys.ts';

export const X25519_BYTES = 32;

export interface RatchetKey {
  readonly privateKey: PrivateKey;
  /** 32 bytes. */
  readonly publicKey: Bytes;
}

export async function generateRatchetKey(): Promise<RatchetKey> {
  const pair = await crypto.subtle.generateKey('X25519', false, ['deriveBits']);
  return {
    privateKey: pair.privateKey,
    publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
  };
}

/** The 32-byte shared secret, or `undefined` if their key is not one, or is of low order (an all-zero secret). */
export async function diffieHellman(ours: RatchetKey, theirs: Bytes): Promise<Bytes | undefined> {
  if (theirs.length !== X25519_BYTES) return undefined;
  try {
    const key = await crypto.subtle.importKey('raw', theirs, 'X25519', false, []);
    const bits = await crypto.subtle.deriveBits({ name: 'X25519', public: key }, ours.privateKey, 256);
    const secret = new Uint8Array(bits);
    return equal(secret, new Uint8Array(32)) ? undefined : secret;
  } catch {
    return undefined;
  }
}
