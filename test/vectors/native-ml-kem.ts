/**
 * Our ML-KEM-768 beside the one that a browser brings itself, as Chromium does: either opens what the other
 * made, from whatever keys and randomness this run draws. A browser without one fails here, and says so.
 */
import { concat, u8, type Bytes } from '../../signal/wire/bytes.ts';
import { decapsulate, encapsulate, generateKemKeyPair, type KemKeyPair } from '../../app/core/crypto/kem.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { check, same, type Promised } from '../contracts/check.ts';
import { withRandomness } from '../parts/randomness.ts';

const NAME = 'ML-KEM-768';

/** What WebCrypto's draft "Modern Algorithms" adds, as far as it serves here. */
interface KemCrypto {
  importKey(
    format: 'raw-public' | 'raw-seed',
    bytes: Bytes,
    algorithm: typeof NAME,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey>;
  exportKey(format: 'raw-public' | 'raw-seed', key: CryptoKey): Promise<ArrayBuffer>;
  generateKey(algorithm: typeof NAME, extractable: boolean, usages: readonly string[]): Promise<CryptoKeyPair>;
  getPublicKey(key: CryptoKey, usages: readonly string[]): Promise<CryptoKey>;
  encapsulateBits(
    algorithm: typeof NAME,
    key: CryptoKey,
  ): Promise<{ readonly ciphertext: ArrayBuffer; readonly sharedKey: ArrayBuffer }>;
  decapsulateBits(algorithm: typeof NAME, key: CryptoKey, ciphertext: Bytes): Promise<ArrayBuffer>;
}

/** The browser's own. @throws if it has none */
function native(): KemCrypto {
  check('encapsulateBits' in crypto.subtle, `this browser has no ${NAME} of its own to compare ours with`);
  return crypto.subtle as unknown as KemCrypto;
}

/** One pair from one seed, in both implementations. */
async function pairsOfSeed(seed: Bytes): Promise<{ ours: KemKeyPair; theirs: CryptoKeyPair }> {
  const ours = await withRandomness([seed.slice()], generateKemKeyPair);
  const privateKey = await native().importKey('raw-seed', seed, NAME, true, ['decapsulateBits']);
  const publicKey = await native().getPublicKey(privateKey, ['encapsulateBits']);
  return { ours, theirs: { privateKey, publicKey } };
}

async function theirSecret(key: CryptoKey, ciphertext: Bytes): Promise<Bytes> {
  return new Uint8Array(await native().decapsulateBits(NAME, key, ciphertext));
}

export const nativeMlKem: readonly Promised<void>[] = [
  {
    promise: 'the same seed gives the same public key',
    async holds() {
      const { ours, theirs } = await pairsOfSeed(randomBytes(64));
      const publicKey = new Uint8Array(await native().exportKey('raw-public', theirs.publicKey));
      same(publicKey, ours.publicKey, 'the public key');
    },
  },
  {
    promise: 'what the browser encapsulates to our key, we decapsulate',
    async holds() {
      const ours = generateKemKeyPair();
      const key = await native().importKey('raw-public', ours.publicKey, NAME, true, ['encapsulateBits']);
      const { ciphertext, sharedKey } = await native().encapsulateBits(NAME, key);
      same(decapsulate(ours.secretKey, new Uint8Array(ciphertext)), new Uint8Array(sharedKey), 'the secret');
    },
  },
  {
    promise: "what we encapsulate to the browser's key, the browser decapsulates",
    async holds() {
      const { privateKey, publicKey } = await native().generateKey(NAME, true, ['encapsulateBits', 'decapsulateBits']);
      const ours = encapsulate(new Uint8Array(await native().exportKey('raw-public', publicKey)));
      check(ours !== undefined, "the browser's key is taken");
      same(await theirSecret(privateKey, ours.ciphertext), ours.secret, 'the secret');
    },
  },
  {
    promise: 'a forged ciphertext gives both the same secret, and not the true one',
    async holds() {
      const { ours, theirs } = await pairsOfSeed(randomBytes(64));
      const made = encapsulate(ours.publicKey);
      check(made !== undefined, 'the key is taken');
      const { ciphertext, secret } = made;
      const flipped = concat(u8(ciphertext[0]! ^ 1), ciphertext.slice(1));
      for (const forged of [flipped, randomBytes(ciphertext.length), new Uint8Array(ciphertext.length)]) {
        const rejected = decapsulate(ours.secretKey, forged);
        check(rejected !== undefined, 'a forged ciphertext gives a secret');
        same(rejected, await theirSecret(theirs.privateKey, forged), 'the secret of a forged ciphertext');
        check(String(rejected) !== String(secret), 'it is not the true one');
      }
    },
  },
];
