/** AES-256-GCM with a 96-bit nonce and a 128-bit tag, and AES key wrap (RFC 3394). Keys are 32 bytes. */
import type { Bytes } from '../../../signal/wire/bytes.ts';

export const IV_BYTES = 12;
export const TAG_BYTES = 16;
export const WRAPPED_KEY_BYTES = 40;

/** Seals a plaintext; a key never meets one nonce twice. @returns ciphertext and tag. */
export async function seal(key: Bytes, nonce: Bytes, aad: Bytes, plaintext: Bytes): Promise<Bytes> {
  const aesKey = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  const params = { name: 'AES-GCM', iv: nonce, additionalData: aad };
  return new Uint8Array(await crypto.subtle.encrypt(params, aesKey, plaintext));
}

/** Opens what `seal` made. @returns the plaintext, or `undefined` if anything was altered. */
export async function open(key: Bytes, nonce: Bytes, aad: Bytes, sealed: Bytes): Promise<Bytes | undefined> {
  if (sealed.length < TAG_BYTES || nonce.length !== IV_BYTES) return undefined;
  const aesKey = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
  const params = { name: 'AES-GCM', iv: nonce, additionalData: aad };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(params, aesKey, sealed));
  } catch {
    return undefined;
  }
}

const CONTENT_KEY = { name: 'AES-GCM', length: 256 } as const;

/** Wraps a 32-byte key under another. @returns 40 bytes. */
export async function wrapKey(kek: Bytes, key: Bytes): Promise<Bytes> {
  const wrapping = await crypto.subtle.importKey('raw', kek, 'AES-KW', false, ['wrapKey']);
  const wrapped = await crypto.subtle.importKey('raw', key, CONTENT_KEY, true, ['encrypt']);
  return new Uint8Array(await crypto.subtle.wrapKey('raw', wrapped, wrapping, 'AES-KW'));
}

/**
 * Unwraps what `wrapKey` made. Where that fails, a decoy is exported, so that the same is done.
 * @returns the 32-byte key, or `undefined`.
 */
export async function unwrapKey(kek: Bytes, wrapped: Bytes): Promise<Bytes | undefined> {
  if (wrapped.length !== WRAPPED_KEY_BYTES) return undefined;
  const wrapping = await crypto.subtle.importKey('raw', kek, 'AES-KW', false, ['unwrapKey']);
  const decoy = await crypto.subtle.importKey('raw', new Uint8Array(32), CONTENT_KEY, true, ['decrypt']);
  const unwrapped = await crypto.subtle
    .unwrapKey('raw', wrapped, wrapping, 'AES-KW', CONTENT_KEY, true, ['decrypt'])
    .catch(() => undefined);
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', unwrapped ?? decoy));
  return unwrapped && key;
}
