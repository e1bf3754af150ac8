/**
 * A bundle of prekeys: what others need to seal something for an identity that is away, signed by it.
 *
 *     version u8 = 1 | fingerprint 32 | sequence u64 | expiry u64 | signed X25519 32 | signed ML-KEM-768 1184
 *     | count u8 | SHA-256(one-time X25519 32 ‖ one-time ML-KEM-768 1184) 32 each | LP(signature)
 *
 * The signature is RSA-PSS under "sotto/1/bundle\0" over everything before it. Times are unix milliseconds. The one-time
 * keys travel beside it, one for each sender; a sender compares the one it was given with the hash at its index.
 */
import { ByteReader, concat, lp, u64, u8, type Bytes } from './bytes.ts';
import { BUNDLE_LABEL, sha256, sign, verify, type PrivateKey, type PublicKey } from './keys.ts';
import { FINGERPRINT_BYTES, MAX_BUNDLE_BYTES, MAX_ONE_TIME_KEYS, MAX_RSA_BYTES, PREKEY_BYTES } from './limits.ts';

const BUNDLE_VERSION = 1;
const X25519_BYTES = 32;
const ML_KEM_BYTES = PREKEY_BYTES - X25519_BYTES;
const HASH_BYTES = 32;

export interface BundleFields {
  /** Whose bundle it is. */
  readonly fingerprint: Bytes;
  /** Grows with every new bundle of an identity: max(unix ms, last + 1). */
  readonly sequence: number;
  /** Nothing is sealed for it afterwards. */
  readonly expiry: number;
  /** The public key that serves whoever comes until the next bundle: X25519, 32 bytes. */
  readonly x25519: Bytes;
  /** Likewise: ML-KEM-768, 1184 bytes. */
  readonly kem: Bytes;
  /** Of each one-time key, by its index: SHA-256 of its PREKEY_BYTES. At most MAX_ONE_TIME_KEYS. */
  readonly oneTimeHashes: readonly Bytes[];
}

/** A bundle whose signature has been verified. Whose it is, how new and until when, the caller judges. */
export interface Bundle extends BundleFields {
  readonly bytes: Bytes;
  /** SHA-256 of `bytes`: what names the bundle. */
  readonly hash: Bytes;
}

function encodeFields(bundle: BundleFields): Bytes {
  return concat(
    u8(BUNDLE_VERSION),
    bundle.fingerprint,
    u64(bundle.sequence),
    u64(bundle.expiry),
    bundle.x25519,
    bundle.kem,
    u8(bundle.oneTimeHashes.length),
    ...bundle.oneTimeHashes,
  );
}

/** Signs a bundle with the identity's signing key. @returns its bytes, at most MAX_BUNDLE_BYTES. */
export async function signBundle(bundle: BundleFields, signingKey: PrivateKey): Promise<Bytes> {
  const signed = encodeFields(bundle);
  return concat(signed, lp(await sign(signingKey, BUNDLE_LABEL, [signed])));
}

/**
 * Opens untrusted bundle bytes.
 * @param verifyKey that of the card of whoever the bundle is to be of.
 * @returns the bundle, or `undefined` unless it is well-formed and that key signed it. The caller compares `fingerprint`
 *   with the card's, and judges `sequence` and `expiry`.
 */
export async function openBundle(bytes: Bytes, verifyKey: PublicKey): Promise<Bundle | undefined> {
  if (bytes.length > MAX_BUNDLE_BYTES) return undefined;
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  const fields = {
    fingerprint: reader.take(FINGERPRINT_BYTES),
    sequence: reader.u64(),
    expiry: reader.u64(),
    x25519: reader.take(X25519_BYTES),
    kem: reader.take(ML_KEM_BYTES),
  };
  const count = reader.u8();
  if (count > MAX_ONE_TIME_KEYS) return undefined;
  const oneTimeHashes = Array.from({ length: count }, () => reader.take(HASH_BYTES));
  const signature = reader.lp(MAX_RSA_BYTES);
  if (!reader.done() || version !== BUNDLE_VERSION) return undefined;
  const signed = bytes.slice(0, bytes.length - 4 - signature.length);
  if (!(await verify(verifyKey, BUNDLE_LABEL, [signed], signature))) return undefined;
  return { ...fields, oneTimeHashes, bytes, hash: await sha256(bytes) };
}
