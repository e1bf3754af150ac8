/** Whatever comes from outside, a primitive answers; it never throws, and never says what was wrong. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { CARD_LABEL, importPublicKey, sign, verify } from '../../../signal/wire/keys.ts';
import { IV_BYTES, open, seal, unwrapKey, wrapKey, WRAPPED_KEY_BYTES } from '../../../app/core/crypto/aead.ts';
import { diffieHellman, generateRatchetKey, X25519_BYTES, type RatchetKey } from '../../../app/core/crypto/dh.ts';
import {
  decapsulate,
  encapsulate,
  generateKemKeyPair,
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  type KemKeyPair,
} from '../../../app/core/crypto/kem.ts';
import { LABEL } from '../../../app/core/crypto/labels.ts';
import { oaepDecrypt, oaepEncrypt } from '../../../app/core/crypto/rsa.ts';
import type { Identity } from '../../../app/core/identity/identity.ts';
import { anyBytes, bytesOf, damaged } from '../../parts/arbitrary.ts';
import { identityOf } from '../../parts/identities.ts';
import { counting } from '../../parts/randomness.ts';

/** Holds for garbage of any length, garbage of just the right one, and a sound value damaged. */
async function always(sound: Bytes, runs: number, holds: (bytes: Bytes) => Promise<void>): Promise<void> {
  const input = fc.oneof(anyBytes(sound.length + 64), bytesOf(sound.length), damaged(sound));
  const altered = input.filter((bytes) => String(bytes) !== String(sound));
  await fc.assert(fc.asyncProperty(altered, holds), { numRuns: runs });
}

const key = counting(32, 0);
let ann: Identity;
let ratchet: RatchetKey;
let kem: KemKeyPair;

beforeAll(async () => {
  ann = await identityOf('Ann');
  ratchet = await generateRatchetKey();
  kem = generateKemKeyPair();
});

describe('garbage', () => {
  it('is not opened', async () => {
    const nonce = counting(IV_BYTES, 1);
    const sealed = await seal(key, nonce, key, key);
    await always(sealed, 1000, async (bytes) => {
      expect(await open(key, nonce, key, bytes)).toBeUndefined();
    });
    await always(nonce, 500, async (bytes) => {
      expect(await open(key, bytes, key, sealed)).toBeUndefined();
    });
  });

  it('is not unwrapped', async () => {
    const wrapped = await wrapKey(key, key);
    expect(wrapped.length).toBe(WRAPPED_KEY_BYTES);
    await always(wrapped, 1000, async (bytes) => {
      expect(await unwrapKey(key, bytes)).toBeUndefined();
    });
  });

  it('is not decrypted', async () => {
    const ciphertext = await oaepEncrypt(ann.card.encryptKey, LABEL.oaep, key);
    await always(ciphertext, 300, async (bytes) => {
      expect(await oaepDecrypt(ann.decryptKey, LABEL.oaep, bytes)).toBeUndefined();
    });
    await always(LABEL.oaep, 200, async (bytes) => {
      expect(await oaepDecrypt(ann.decryptKey, bytes, ciphertext)).toBeUndefined();
    });
  });

  it('is no signature', async () => {
    await always(await sign(ann.signKey, CARD_LABEL, [key]), 1000, async (bytes) => {
      expect(await verify(ann.card.verifyKey, CARD_LABEL, [key], bytes)).toBe(false);
    });
  });

  it('is no RSA key, or one that is exported as it came', async () => {
    await always(ann.card.signingKey, 1000, async (bytes) => {
      const imported = await importPublicKey(bytes, 'verify');
      const exported = imported && new Uint8Array(await crypto.subtle.exportKey('spki', imported));
      if (exported) expect(exported).toEqual(bytes);
    });
  });

  it('is no point of another length, and else a point', async () => {
    await always(counting(X25519_BYTES, 9), 500, async (bytes) => {
      const secret = await diffieHellman(ratchet, bytes);
      if (bytes.length !== X25519_BYTES) expect(secret).toBeUndefined();
      else if (secret) expect(secret.length).toBe(32);
    });
  });

  it('is no encapsulation key, or one that is answered', async () => {
    await always(kem.publicKey, 200, async (bytes) => {
      const made = encapsulate(bytes);
      if (bytes.length !== KEM_PUBLIC_KEY_BYTES) expect(made).toBeUndefined();
      if (made) expect([made.ciphertext.length, made.secret.length]).toEqual([KEM_CIPHERTEXT_BYTES, 32]);
    });
  });

  it('is no ciphertext of another length, and else gives a secret that is not the true one', async () => {
    const { ciphertext, secret } = encapsulate(kem.publicKey)!;
    await always(ciphertext, 200, async (bytes) => {
      const given = decapsulate(kem.secretKey, bytes);
      expect(given?.length).toBe(bytes.length === KEM_CIPHERTEXT_BYTES ? 32 : undefined);
      expect(given).not.toEqual(secret);
    });
  });
});
