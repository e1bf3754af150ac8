/** A fresh bundle of prekeys: what is published, and the secrets behind it. */
import { signBundle } from '../../../../signal/wire/bundle.ts';
import type { Bytes } from '../../../../signal/wire/bytes.ts';
import { sha256, type PrivateKey } from '../../../../signal/wire/keys.ts';
import { MAX_BUNDLE_LIFETIME, MAX_ONE_TIME_KEYS } from '../../../../signal/wire/limits.ts';
import { newPrekeySecret, prekeyOf, publicHalf } from '../../crypto/prekey.ts';
import { wipe } from '../../crypto/wipe.ts';

/** What the server is told by `publish`. */
export interface Publication {
  readonly bundle: Bytes;
  /** The public halves of the one-time prekeys, by index, PREKEY_BYTES each. */
  readonly keys: readonly Bytes[];
}

/** A bundle with its secrets, PREKEY_SECRET_BYTES each. */
export interface FreshBundle {
  readonly publication: Publication;
  readonly signed: Bytes;
  readonly oneTime: readonly Bytes[];
}

/**
 * Makes and signs a bundle with MAX_ONE_TIME_KEYS, good for MAX_BUNDLE_LIFETIME.
 * @param sequence - higher than that of every bundle before. @param now - unix ms
 */
export async function makeBundle(
  us: { readonly fingerprint: Bytes; readonly signKey: PrivateKey },
  sequence: number,
  now: number,
): Promise<FreshBundle> {
  const signed = newPrekeySecret();
  const oneTime = Array.from({ length: MAX_ONE_TIME_KEYS }, () => newPrekeySecret());
  const { x25519, kem } = await prekeyOf(signed);
  const keys = await publicHalves(oneTime);
  const oneTimeHashes = await Promise.all(keys.map((key) => sha256(key)));
  const fields = {
    fingerprint: us.fingerprint,
    sequence,
    expiry: now + MAX_BUNDLE_LIFETIME,
    x25519: x25519.publicKey,
    kem: kem.publicKey,
    oneTimeHashes,
  };
  wipe(kem.secretKey);
  return { publication: { bundle: await signBundle(fields, us.signKey), keys }, signed, oneTime };
}

/**
 * What others are given of prekeys. ML-KEM runs on the calling thread, so it makes one at a time and lets go in between:
 * the platform's X25519 answers in a task of its own.
 */
export async function publicHalves(secrets: readonly Bytes[]): Promise<Bytes[]> {
  const keys: Bytes[] = [];
  for (const secret of secrets) {
    const prekey = await prekeyOf(secret);
    keys.push(publicHalf(prekey));
    wipe(prekey.kem.secretKey);
  }
  return keys;
}
