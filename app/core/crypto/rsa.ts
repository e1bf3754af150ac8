/** RSA-OAEP with SHA-256 for hash and MGF1. Signatures stand in `signal/wire/keys.ts`, as the server verifies them too. */
import { concat, type Bytes } from '../../../signal/wire/bytes.ts';
import { modulusBytes, sha256, type PrivateKey, type PublicKey } from '../../../signal/wire/keys.ts';

/** Encrypts at most 318 bytes for a key's owner. @returns 384 or 512 bytes. */
export async function oaepEncrypt(key: PublicKey, label: Bytes, plaintext: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'RSA-OAEP', label }, key, plaintext));
}

/** @returns the plaintext, or `undefined` for anything not encrypted to this key under this label. */
export async function oaepDecrypt(key: PrivateKey, label: Bytes, ciphertext: Bytes): Promise<Bytes | undefined> {
  try {
    const plaintext = new Uint8Array(await crypto.subtle.decrypt({ name: 'RSA-OAEP', label }, key, ciphertext));
    return ciphertext.length === modulusBytes(key) ? plaintext : undefined;
  } catch {
    return undefined;
  }
}

/** An OAEP or hash label bound to fields: the label, then their hash. */
export async function boundLabel(label: Bytes, fields: Bytes): Promise<Bytes> {
  return concat(label, await sha256(fields));
}
