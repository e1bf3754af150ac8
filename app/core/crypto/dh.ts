/** X25519 (RFC 7748). */
import { concat, equal, type Bytes } from '../../../signal/wire/bytes.ts';
import type { PrivateKey } from '../../../signal/wire/keys.ts';
import { wipe } from './wipe.ts';

export const X25519_BYTES = 32;
/** What stands before a private key's 32 bytes in its PKCS#8 (RFC 8410). */
const PKCS8_START = Uint8Array.of(0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 34, 4, 32);
/** The point whose multiple by a private key is its public key. */
const BASE_POINT = Uint8Array.from({ length: X25519_BYTES }, (_, place) => (place === 0 ? 9 : 0));

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

/** The pair of a private key that was kept: any 32 bytes. The caller's are left as they are. */
export async function importRatchetKey(scalar: Bytes): Promise<RatchetKey> {
  const pkcs8 = concat(PKCS8_START, scalar);
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']);
  wipe(pkcs8);
  const base = await crypto.subtle.importKey('raw', BASE_POINT, 'X25519', false, []);
  const publicKey = await crypto.subtle.deriveBits({ name: 'X25519', public: base }, privateKey, 256);
  return { privateKey, publicKey: new Uint8Array(publicKey) };
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
