import { hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../signal/wire/bytes.ts';
import { hkdf, hkdfExpand, hkdfExtract, hmac } from '../../../app/core/crypto/kdf.ts';
import { bytesOf } from '../../parts/arbitrary.ts';

const hex = (text: string) => fromHex(text)!;
/** Bytes counting up. */
const range = (from: number, to: number) => Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('HKDF-SHA-256', () => {
  it.each([
    [
      'A.1',
      new Uint8Array(22).fill(0x0b),
      range(0x00, 0x0c),
      range(0xf0, 0xf9),
      '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      'A.2',
      range(0x00, 0x4f),
      range(0x60, 0xaf),
      range(0xb0, 0xff),
      '06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244',
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8' +
        '367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    ],
  ])('agrees with RFC 5869, %s', async (_, ikm, salt, info, prk, okm) => {
    expect(toHex(await hkdfExtract(salt, ikm))).toBe(prk);
    expect(toHex(await hkdfExpand(hex(prk), info, okm.length / 2))).toBe(okm);
    expect(toHex(await hkdf(ikm, salt, info, okm.length / 2))).toBe(okm);
  });

  it('agrees with RFC 5869, A.3, whose missing salt is 32 zeros', async () => {
    const okm = await hkdf(new Uint8Array(22).fill(0x0b), new Uint8Array(32), new Uint8Array(0), 42);
    expect(toHex(okm)).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8');
  });

  it('agrees with Node at every length up to three blocks', async () => {
    await fc.assert(
      fc.asyncProperty(
        bytesOf(64),
        bytesOf(32),
        bytesOf(44),
        fc.integer({ min: 1, max: 97 }),
        async (ikm, salt, info, n) => {
          const expected = new Uint8Array(hkdfSync('sha256', ikm, salt, info, n));
          expect(await hkdf(ikm, salt, info, n)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('HMAC-SHA-256', () => {
  it('agrees with RFC 4231, case 1', async () => {
    const code = await hmac(new Uint8Array(20).fill(0x0b), Uint8Array.from(Buffer.from('Hi There')));
    expect(toHex(code)).toBe('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
  });
});
