/** HMAC-SHA-256 and HKDF-SHA-256 (RFC 5869). WebCrypto has no Expand of its own, so it is spelled out here. */
import { concat, u8, type Bytes } from '../../../signal/wire/bytes.ts';

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

export async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  const hmacKey = await crypto.subtle.importKey('raw', key, HMAC, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', hmacKey, data));
}

/** HKDF-Extract. @returns a pseudo-random key of 32 bytes. */
export function hkdfExtract(salt: Bytes, ikm: Bytes): Promise<Bytes> {
  return hmac(salt, ikm);
}

/** HKDF-Expand of a 32-byte pseudo-random key to `length` bytes, at most 8160. */
export async function hkdfExpand(prk: Bytes, info: Bytes, length: number): Promise<Bytes> {
  let block: Bytes = new Uint8Array(0);
  let output: Bytes = new Uint8Array(0);
  for (let i = 1; output.length < length; i++) {
    block = await hmac(prk, concat(block, info, u8(i)));
    output = concat(output, block);
  }
  return output.slice(0, length);
}

/** HKDF, both steps. Hash anything long before it becomes `info`: some runtimes take at most 1,024 bytes. */
export async function hkdf(ikm: Bytes, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  return hkdfExpand(await hkdfExtract(salt, ikm), info, length);
}
