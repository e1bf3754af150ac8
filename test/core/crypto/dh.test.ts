import { describe, expect, it, vi } from 'vitest';
import { diffieHellman, generateRatchetKey } from '../../../app/core/crypto/dh.ts';

describe('X25519', () => {
  it('gives two fresh keys one secret, and a third another', async () => {
    const [a, b, c] = await Promise.all([generateRatchetKey(), generateRatchetKey(), generateRatchetKey()]);
    expect(await diffieHellman(a, b.publicKey)).toEqual(await diffieHellman(b, a.publicKey));
    expect(await diffieHellman(a, c.publicKey)).not.toEqual(await diffieHellman(a, b.publicKey));
  });

  it('refuses a secret of all zeros, where the runtime itself does not', async () => {
    const [ours, theirs] = [await generateRatchetKey(), await generateRatchetKey()];
    const deriveBits = vi.spyOn(crypto.subtle, 'deriveBits').mockResolvedValue(new ArrayBuffer(32));
    try {
      expect(await diffieHellman(ours, theirs.publicKey)).toBeUndefined();
    } finally {
      deriveBits.mockRestore();
    }
  });

  it.each([0, 31, 33])('refuses a key of %i bytes', async (length) => {
    expect(await diffieHellman(await generateRatchetKey(), new Uint8Array(length).fill(9))).toBeUndefined();
  });

  it('keeps its private keys inside', async () => {
    const { privateKey } = await generateRatchetKey();
    expect(privateKey.extractable).toBe(false);
  });
});
