/**
 * A handle: a short name that an identity claims on one server, for others to find its fingerprint by.
 *
 *     claim  PSS("handle", origin, handle, fingerprint, time u64)
 *
 * The signature names the server's origin and the time, so a claim is worth nothing at another server, or later.
 */
import { u64, utf8, type Bytes } from './bytes.ts';
import { HANDLE_LABEL, sign, verify, type PrivateKey, type PublicKey } from './keys.ts';
import { MAX_HANDLE_LENGTH, MIN_HANDLE_LENGTH } from './limits.ts';

/** What a claim's signature covers. */
export interface ClaimFields {
  /** The server's, as the claimant dialled it. */
  readonly origin: string;
  readonly handle: string;
  /** Whose handle it is to be. */
  readonly fingerprint: Bytes;
  /** When it was signed, unix ms. */
  readonly time: number;
}

/** Whether a text is a handle: small ASCII letters, digits and single hyphens between them, a letter first. */
export function isHandle(text: string): boolean {
  const fits = text.length >= MIN_HANDLE_LENGTH && text.length <= MAX_HANDLE_LENGTH;
  return fits && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text);
}

function fieldsOf({ origin, handle, fingerprint, time }: ClaimFields): Bytes[] {
  return [utf8(origin), utf8(handle), fingerprint, u64(time)];
}

export function signClaim(claim: ClaimFields, signingKey: PrivateKey): Promise<Bytes> {
  return sign(signingKey, HANDLE_LABEL, fieldsOf(claim));
}

/** Whether the signature is this key's over the claim. The caller knows that the key has the claim's fingerprint. */
export function verifyClaim(claim: ClaimFields, key: PublicKey, signature: Bytes): Promise<boolean> {
  return verify(key, HANDLE_LABEL, fieldsOf(claim), signature);
}
