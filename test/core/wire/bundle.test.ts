import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openBundle, signBundle, type Bundle, type BundleFields } from '../../../signal/wire/bundle.ts';
import { concat, equal, lp, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { CARD_LABEL, sha256, sign, type PublicKey } from '../../../signal/wire/keys.ts';
import { MAX_BUNDLE_BYTES, MAX_ONE_TIME_KEYS, PREKEY_BYTES } from '../../../signal/wire/limits.ts';
import { anyBytes, damaged, flipBit } from '../../parts/arbitrary.ts';
import { DAY, identityOf, NOW } from '../../parts/identities.ts';

function random(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

async function fieldsOf(name: string, keys = 3): Promise<BundleFields> {
  const { fingerprint } = (await identityOf(name)).card;
  const oneTimeHashes = await Promise.all(Array.from({ length: keys }, () => sha256(random(PREKEY_BYTES))));
  return { fingerprint, sequence: 7, expiry: NOW + DAY, x25519: random(32), kem: random(1184), oneTimeHashes };
}

async function verifyKeyOf(name: string): Promise<PublicKey> {
  return (await identityOf(name)).card.verifyKey;
}

async function signed(name: string, fields: BundleFields): Promise<Bytes> {
  return signBundle(fields, (await identityOf(name)).signKey);
}

async function opened(bytes: Bytes): Promise<Bundle | undefined> {
  return openBundle(bytes, await verifyKeyOf('Ann'));
}

describe('a bundle of prekeys', () => {
  it('says again what was signed, and is named by the hash of its bytes', async () => {
    const fields = await fieldsOf('Ann');
    const bytes = await signed('Ann', fields);
    expect(await opened(bytes)).toEqual({ ...fields, bytes, hash: await sha256(bytes) });
  });

  it('holds up to MAX_ONE_TIME_KEYS one-time keys, or none, and then still fits its limit', async () => {
    const most = await signed('Ann', await fieldsOf('Ann', MAX_ONE_TIME_KEYS));
    // The signature of a 4096-bit key takes 128 bytes more.
    expect(most.length + 128).toBeLessThanOrEqual(MAX_BUNDLE_BYTES);
    expect((await opened(most))?.oneTimeHashes).toHaveLength(MAX_ONE_TIME_KEYS);
    expect((await opened(await signed('Ann', await fieldsOf('Ann', 0))))?.oneTimeHashes).toEqual([]);
    expect(await opened(await signed('Ann', await fieldsOf('Ann', MAX_ONE_TIME_KEYS + 1)))).toBeUndefined();
  });

  it('does not open with any bit flipped', async () => {
    const bytes = await signed('Ann', await fieldsOf('Ann'));
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * bytes.length - 1), async (bit) => {
        expect(await opened(flipBit(bytes, bit))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('does not open with anything after it, or after a field grown to hold it', async () => {
    const bytes = await signed('Ann', await fieldsOf('Ann'));
    expect(await opened(concat(bytes, u8(0)))).toBeUndefined();
    expect(await opened(concat(bytes.slice(0, -388), lp(concat(bytes.slice(-384), u8(0)))))).toBeUndefined();
    expect(await opened(concat(bytes, new Uint8Array(MAX_BUNDLE_BYTES)))).toBeUndefined();
  });

  it('never makes its reader throw', async () => {
    const bytes = await signed('Ann', await fieldsOf('Ann'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyBytes(2000), damaged(bytes)), async (any) => {
        if (!equal(any, bytes)) expect(await opened(any)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('opens only with the key of whoever signed it', async () => {
    const bytes = await signed('Mallory', await fieldsOf('Ann'));
    expect(await opened(bytes)).toBeUndefined();
    expect(await openBundle(bytes, await verifyKeyOf('Mallory'))).toBeDefined();
  });

  it('is not opened by a signature that was made for something else', async () => {
    const { signKey } = await identityOf('Ann');
    const bytes = await signed('Ann', await fieldsOf('Ann'));
    const fields = bytes.slice(0, -388);
    expect(await opened(concat(fields, lp(await sign(signKey, CARD_LABEL, [fields]))))).toBeUndefined();
  });
});
