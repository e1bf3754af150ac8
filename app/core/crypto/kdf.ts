/** HMAC-SHA-256 and HKDF-SHA-256 (RFC 5869). WebCrypto has no Expand of its own, so it is spelled out here. */
import { concat, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { wipe } from './wipe.ts';

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;
const BLOCK_BYTES = 32;

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
  const output: Bytes = new Uint8Array(length);
  let block: Bytes = new Uint8Array(0);
  for (let at = 0, i = 1; at < length; at += BLOCK_BYTES, i++) {
    const before = block;
    const input = concat(before, info, u8(i));
    block = await hmac(prk, input);
    output.set(block.subarray(0, length - at), at);
    wipe(before, input);
  }
  wipe(block);
  return output;
}

/** HKDF, both steps. Hash anything long before it becomes `info`: some runtimes take at most 1,024 bytes. */
export async function hkdf(ikm: Bytes, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const prk = await hkdfExtract(salt, ikm);
  const output = await hkdfExpand(prk, info, length);
  wipe(prk);
  return output;
}
