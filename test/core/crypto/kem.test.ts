import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ByteReader, concat } from '../../../signal/wire/bytes.ts';
import {
  decapsulate,
  encapsulate,
  generateKemKeyPair,
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_KEY_BYTES,
} from '../../../app/core/crypto/kem.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { withRandomness } from '../../parts/randomness.ts';

describe('ML-KEM-768', () => {
  it('gives both sides one secret of 32 bytes, in the lengths of FIPS 203', () => {
    const { publicKey, secretKey } = generateKemKeyPair();
    expect(publicKey.length).toBe(KEM_PUBLIC_KEY_BYTES);
    const { ciphertext, secret } = encapsulate(publicKey)!;
    expect(ciphertext.length).toBe(KEM_CIPHERTEXT_BYTES);
    expect(secret.length).toBe(32);
    expect(decapsulate(secretKey, ciphertext)).toEqual(secret);
  });

  it('never gives one secret twice', () => {
    const { publicKey } = generateKemKeyPair();
    expect(encapsulate(publicKey)!.secret).not.toEqual(encapsulate(publicKey)!.secret);
  });

  it('refuses a key or a ciphertext of another length', () => {
    const { publicKey, secretKey } = generateKemKeyPair();
    const { ciphertext } = encapsulate(publicKey)!;
    const zero = Uint8Array.of(0);
    expect(encapsulate(publicKey.slice(1))).toBeUndefined();
    expect(encapsulate(concat(publicKey, zero))).toBeUndefined();
    expect(decapsulate(secretKey, ciphertext.slice(1))).toBeUndefined();
    expect(decapsulate(secretKey, concat(ciphertext, zero))).toBeUndefined();
  });

  it('refuses a key whose numbers are not below the modulus', () => {
    const { publicKey } = generateKemKeyPair();
    // Two numbers of 12 bits stand in three bytes; 3329 is the modulus.
    const first = (value: number) => concat(Uint8Array.of(value & 255, value >> 8), publicKey.slice(2));
    expect(encapsulate(first(3328))).toBeDefined();
    expect(encapsulate(first(3329))).toBeUndefined();
    expect(encapsulate(first(4095))).toBeUndefined();
    expect(encapsulate(new Uint8Array(KEM_PUBLIC_KEY_BYTES).fill(255))).toBeUndefined();
  });

  it('answers a forged ciphertext with a secret of its own, as FIPS 203 says', () => {
    const { publicKey, secretKey } = generateKemKeyPair();
    const { ciphertext, secret } = encapsulate(publicKey)!;
    for (const bit of [0, 4000, 8 * KEM_CIPHERTEXT_BYTES - 1]) {
      const forged = flipBit(ciphertext, bit);
      const rejection = createHash('shake256', { outputLength: 32 });
      const expected = rejection.update(concat(secretKey.slice(-32), forged)).digest();
      expect(decapsulate(secretKey, forged)).toEqual(Uint8Array.from(expected));
      expect(decapsulate(secretKey, forged)).not.toEqual(secret);
    }
  });

  // The many vectors of C2SP/CCTV in one hash, over the keys and secrets of a hundred rounds whose randomness and foreign
  // ciphertexts SHAKE128 draws; the value is that of Go's crypto/mlkem (TestAccumulated).
  it('makes the same keys, ciphertexts and secrets as other implementations, a hundred times', async () => {
    const rounds = 100;
    const drawn = Uint8Array.from(
      createHash('shake128', { outputLength: rounds * (64 + 32 + KEM_CIPHERTEXT_BYTES) }).digest(),
    );
    const reader = new ByteReader(drawn);
    const made = createHash('shake128', { outputLength: 32 });
    for (let i = 0; i < rounds; i++) {
      const { publicKey, secretKey } = await withRandomness([reader.take(64)], generateKemKeyPair);
      const { ciphertext, secret } = (await withRandomness([reader.take(32)], () => encapsulate(publicKey)))!;
      expect(decapsulate(secretKey, ciphertext)).toEqual(secret);
      const rejected = decapsulate(secretKey, reader.take(KEM_CIPHERTEXT_BYTES))!;
      made.update(publicKey).update(ciphertext).update(secret).update(rejected);
    }
    expect(reader.done()).toBe(true);
    expect(made.digest('hex')).toBe('1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415');
  });
});
