import { describe, expect, it, vi } from 'vitest';
import { concat, fromHex, toHex } from '../../../signal/wire/bytes.ts';
import { diffieHellman, generateRatchetKey, type RatchetKey } from '../../../app/core/crypto/dh.ts';

const hex = (text: string) => fromHex(text)!;

/** A key pair of given bytes, which the core itself never makes. */
async function keyOf(privateHex: string, publicHex: string): Promise<RatchetKey> {
  const pkcs8 = concat(hex('302e020100300506032b656e04220420'), hex(privateHex));
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']);
  return { privateKey, publicKey: hex(publicHex) };
}

describe('X25519', () => {
  it('agrees with RFC 7748, 6.1', async () => {
    const alice = await keyOf(
      '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
      '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    );
    const bob = await keyOf(
      '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    );
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
    expect(toHex((await diffieHellman(alice, bob.publicKey))!)).toBe(shared);
    expect(toHex((await diffieHellman(bob, alice.publicKey))!)).toBe(shared);
  });

  it('gives two fresh keys one secret, and a third another', async () => {
    const [a, b, c] = await Promise.all([generateRatchetKey(), generateRatchetKey(), generateRatchetKey()]);
    expect(await diffieHellman(a, b.publicKey)).toEqual(await diffieHellman(b, a.publicKey));
    expect(await diffieHellman(a, c.publicKey)).not.toEqual(await diffieHellman(a, b.publicKey));
  });

  it.each([
    ['0', '0000000000000000000000000000000000000000000000000000000000000000'],
    ['1', '0100000000000000000000000000000000000000000000000000000000000000'],
    ['of order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['of order 8', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
    ['p - 1', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    ['p + 1', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ])('refuses the point %s, whose secret would be all zeros', async (_, point) => {
    expect(await diffieHellman(await generateRatchetKey(), hex(point))).toBeUndefined();
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
