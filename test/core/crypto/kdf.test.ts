import { hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hkdf } from '../../../app/core/crypto/kdf.ts';
import { bytesOf } from '../../parts/arbitrary.ts';

describe('HKDF-SHA-256', () => {
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
