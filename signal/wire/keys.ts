/**
 * RSA public keys, their fingerprints, and signatures: the rules that the server and the app share.
 * PSS and OAEP are with SHA-256 throughout, PSS with a salt of 32 bytes.
 */
import { concat, equal, lp, utf8, type Bytes } from './bytes.ts';
import { MAX_SPKI_BYTES } from './limits.ts';

export type PublicKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
export type PrivateKey = PublicKey;

export const PSS = { name: 'RSA-PSS', hash: 'SHA-256' } as const;
export const OAEP = { name: 'RSA-OAEP', hash: 'SHA-256' } as const;
const PSS_PARAMS = { name: 'RSA-PSS', saltLength: 32 } as const;

/** A label separates one use of a key or hash from every other: `sotto/1/<name>` and a zero byte. */
export function label(name: string): Bytes {
  return utf8(`sotto/1/${name}\0`);
}

/** The labels of what the server verifies. */
export const CARD_LABEL = label('card');
export const LOGIN_LABEL = label('login');
export const ACCEPT_LABEL = label('accept');
export const HANDLE_LABEL = label('handle');
export const BUNDLE_LABEL = label('bundle');

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** The fingerprint of an identity: SHA-256 of its signing key's SubjectPublicKeyInfo, as openssl prints it. */
export const fingerprintOf = sha256;

/**
 * Imports an RSA public key from untrusted SubjectPublicKeyInfo bytes.
 * @returns the key, or `undefined` unless it is rsaEncryption of 3072 or 4096 bits with exponent 65537, encoded just
 *   as it would be exported again.
 */
export async function importPublicKey(spki: Bytes, use: 'verify' | 'encrypt'): Promise<PublicKey | undefined> {
  if (spki.length > MAX_SPKI_BYTES) return undefined;
  try {
    const key = await crypto.subtle.importKey('spki', spki, use === 'verify' ? PSS : OAEP, true, [use]);
    const { publicExponent } = key.algorithm as unknown as { publicExponent: Bytes };
    if (![3072, 4096].includes(8 * modulusBytes(key))) return undefined;
    if (!equal(Uint8Array.from(publicExponent), Uint8Array.of(1, 0, 1))) return undefined;
    const exported = new Uint8Array(await crypto.subtle.exportKey('spki', key));
    return equal(exported, spki) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** The length of a key's modulus, and so of its signatures and ciphertexts. Runtimes differ on those with a zero left out. */
export function modulusBytes(key: PublicKey): number {
  return (key.algorithm as unknown as { modulusLength: number }).modulusLength / 8;
}

/** What a signature covers: the label, then SHA-256 of the fields, each length-prefixed. */
async function toBeSigned(label: Bytes, fields: readonly Bytes[]): Promise<Bytes> {
  return concat(label, await sha256(concat(...fields.map(lp))));
}

/** Signs fields under a label. @returns as many bytes as the key's modulus has: 384 or 512. */
export async function sign(key: PrivateKey, label: Bytes, fields: readonly Bytes[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(PSS_PARAMS, key, await toBeSigned(label, fields)));
}

/** Whether the signature is the key's over these fields under this label. */
export async function verify(
  key: PublicKey,
  label: Bytes,
  fields: readonly Bytes[],
  signature: Bytes,
): Promise<boolean> {
  if (signature.length !== modulusBytes(key)) return false;
  return crypto.subtle.verify(PSS_PARAMS, key, signature, await toBeSigned(label, fields));
}
