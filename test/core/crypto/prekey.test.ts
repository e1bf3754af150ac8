import { describe, expect, it } from 'vitest';
import { PREKEY_BYTES } from '../../../signal/wire/limits.ts';
import { diffieHellman, generateRatchetKey, importRatchetKey } from '../../../app/core/crypto/dh.ts';
import { decapsulate, encapsulate } from '../../../app/core/crypto/kem.ts';
import { newPrekeySecret, prekeyOf, PREKEY_SECRET_BYTES, publicHalf } from '../../../app/core/crypto/prekey.ts';
import { hex } from '../../vectors/hex.ts';
import x25519 from '../../vectors/independent/x25519.json' with { type: 'json' };

describe('a prekey', () => {
  it('is the same each time that it is made of its secret, which is left as it was', async () => {
    const secret = newPrekeySecret();
    const copy = secret.slice();
    const [one, other] = [await prekeyOf(secret), await prekeyOf(secret)];
    expect(secret).toEqual(copy);
    expect(secret.length).toBe(PREKEY_SECRET_BYTES);
    expect(publicHalf(one)).toEqual(publicHalf(other));
    expect(publicHalf(one).length).toBe(PREKEY_BYTES);
    expect(publicHalf(await prekeyOf(newPrekeySecret()))).not.toEqual(publicHalf(one));
  });

  it('agrees with whoever has its public half', async () => {
    const { x25519, kem } = await prekeyOf(newPrekeySecret());
    const theirs = await generateRatchetKey();
    expect(await diffieHellman(x25519, theirs.publicKey)).toEqual(await diffieHellman(theirs, x25519.publicKey));
    const { ciphertext, secret } = encapsulate(kem.publicKey)!;
    expect(decapsulate(kem.secretKey, ciphertext)).toEqual(secret);
  });

  it('keeps its private X25519 key inside', async () => {
    expect((await prekeyOf(newPrekeySecret())).x25519.privateKey.extractable).toBe(false);
  });
});

describe('an X25519 key that was kept', () => {
  it('has the public key that RFC 7748, 5.2, comes to: its multiple of the base point', async () => {
    const once = x25519.iterated.find(({ times }) => times === 1)!;
    const nine = Uint8Array.of(9, ...new Uint8Array(31));
    expect((await importRatchetKey(nine)).publicKey).toEqual(hex(once.secret));
    expect(nine[0]).toBe(9);
  });
});
