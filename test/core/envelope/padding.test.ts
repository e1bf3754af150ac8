import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equal } from '../../../signal/wire/bytes.ts';
import { MAX_BODY_BYTES, MAX_PADDED_BYTES, pad, unpad } from '../../../app/core/envelope/padding.ts';
import { anyBytes, flipBit } from '../../parts/arbitrary.ts';

const BUCKETS = [256, 512, 1024, 2048, 4096, 8192, 16384, 32768, MAX_PADDED_BYTES];
const body = (length: number) => new Uint8Array(length).fill(0x5a);

describe('padding', () => {
  it('fills up to one of nine lengths, at every edge of each', () => {
    expect(pad(body(0)).length).toBe(256);
    for (const [index, bucket] of BUCKETS.entries()) {
      expect(pad(body(bucket - 2)).length).toBe(bucket);
      expect(pad(body(bucket - 1)).length).toBe(bucket);
      const next = BUCKETS[index + 1];
      if (next !== undefined) expect(pad(body(bucket)).length).toBe(next);
    }
    expect(MAX_PADDED_BYTES).toBe(56 * 1024);
    expect(() => pad(body(MAX_BODY_BYTES + 1))).toThrow(RangeError);
  });

  it('is taken off again, whatever the body, even one that ends like padding', () => {
    const tail = fc.constantFrom(Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(0x80), Uint8Array.of(0x80, 0, 0));
    fc.assert(
      fc.property(anyBytes(1200), tail, (start, end) => {
        const bytes = concat(start, end);
        expect(equal(unpad(pad(bytes))!, bytes)).toBe(true);
      }),
      { numRuns: 3000 },
    );
    for (const bucket of BUCKETS) {
      for (const length of [bucket - 2, bucket - 1]) expect(unpad(pad(body(length)))?.length).toBe(length);
    }
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['zeros only', new Uint8Array(256)],
    ['a mark in a length that is no bucket', concat(body(299), Uint8Array.of(0x80))],
    ['a bucket larger than needed', concat(body(10), Uint8Array.of(0x80), new Uint8Array(512 - 11))],
    ['a bucket between 32 and 56 KiB', concat(body(40_000), Uint8Array.of(0x80), new Uint8Array(48 * 1024 - 40_001))],
    ['more than the largest', concat(body(MAX_BODY_BYTES), Uint8Array.of(0x80, 0))],
    ['a body without a mark', body(256)],
    ['another mark', concat(body(255), Uint8Array.of(0x81))],
  ])('is refused: %s', (_, bytes) => {
    expect(unpad(bytes)).toBeUndefined();
  });

  it('has one form: whatever is taken off is just what would be put on', () => {
    const almost = fc.tuple(anyBytes(300), fc.nat(8 * 256 - 1)).map(([bytes, bit]) => flipBit(pad(bytes), bit));
    fc.assert(
      fc.property(fc.oneof(anyBytes(520), almost), (bytes) => {
        const found = unpad(bytes);
        if (found) expect(equal(pad(found), bytes)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});
