/** Bodies around the edges of each bucket, and how long they become. */
import { toHex } from '../../../signal/wire/bytes.ts';
import { sha256 } from '../../../signal/wire/keys.ts';
import { pad, unpad } from '../../../app/core/envelope/padding.ts';
import { same } from '../../contracts/check.ts';
import { counting } from '../../parts/randomness.ts';
import type { Kind } from '../kind.ts';

interface PaddedVector {
  readonly length: number;
  readonly padded: number;
  readonly hash: string;
}

const LENGTHS = [0, 1, 255, 256, 511, 512, 1023, 1024, 2047, 2048, 4095, 4096, 8191, 8192, 16383, 16384, 32767, 32768];
const LONGEST = 56 * 1024 - 1;

async function padded(length: number): Promise<PaddedVector> {
  const bytes = pad(counting(length, 0));
  return { length, padded: bytes.length, hash: toHex(await sha256(bytes)) };
}

export const padding: Kind<{ readonly cases: readonly PaddedVector[] }> = {
  make: async () => ({ cases: await Promise.all([...LENGTHS, LONGEST].map(padded)) }),
  promises: [
    {
      promise: 'bodies are padded to the same bytes, and come back',
      async holds({ vector }) {
        for (const expected of vector.cases) {
          same(await padded(expected.length), expected, `${expected.length} bytes padded`);
          const body = counting(expected.length, 0);
          same(unpad(pad(body)), body, `${expected.length} bytes unpadded`);
        }
      },
    },
  ],
};
