import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, u64, u8 } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import {
  decodeAcknowledgements,
  encodeAcknowledgements,
  MAX_ACKNOWLEDGEMENTS,
  MAX_ACKNOWLEDGEMENTS_BYTES,
  type Acknowledgement,
} from '../../../app/core/log/acknowledgement.ts';
import { anyBytes, damaged } from '../../parts/arbitrary.ts';

const one = (changes: Partial<Acknowledgement> = {}): Acknowledgement => ({
  author: randomBytes(32),
  chain: randomBytes(16),
  seq: 7,
  head: randomBytes(32),
  read: 3,
  ...changes,
});
const many = (count: number) => Array.from({ length: count }, () => one());
const decoded = (...all: Acknowledgement[]) => decodeAcknowledgements(encodeAcknowledgements(all));

describe('acknowledgements', () => {
  it('come back as they were, from none to sixteen', () => {
    for (const count of [0, 1, 15, MAX_ACKNOWLEDGEMENTS]) {
      const all = many(count);
      expect(decoded(...all)).toEqual(all);
    }
    expect(encodeAcknowledgements(many(MAX_ACKNOWLEDGEMENTS))).toHaveLength(MAX_ACKNOWLEDGEMENTS_BYTES);
  });

  it('are refused if there are seventeen', () => {
    expect(decoded(...many(MAX_ACKNOWLEDGEMENTS + 1))).toBeUndefined();
  });

  it('are refused if two are about one chain of one author, whatever else they say', () => {
    const first = one();
    expect(decoded(first, first)).toBeUndefined();
    expect(decoded(first, one(), { ...first, seq: 8, head: randomBytes(32) })).toBeUndefined();
    expect(decoded(first, { ...first, author: randomBytes(32) })).toHaveLength(2);
    expect(decoded(first, { ...first, chain: randomBytes(16) })).toHaveLength(2);
  });

  it('are refused if more is read than has come', () => {
    expect(decoded(one({ seq: 7, read: 7 }))).toHaveLength(1);
    expect(decoded(one({ seq: 7, read: 8 }))).toBeUndefined();
    expect(decoded(one(), one({ read: Number.MAX_SAFE_INTEGER }))).toBeUndefined();
  });

  it('are refused if they say nothing', () => {
    expect(decoded(one({ seq: 0, read: 0 }))).toBeUndefined();
  });

  it('are refused if cut short, with anything left over, or with a number that is none', () => {
    const sound = encodeAcknowledgements(many(2));
    expect(decodeAcknowledgements(sound.slice(0, -1))).toBeUndefined();
    expect(decodeAcknowledgements(concat(sound, u8(0)))).toBeUndefined();
    expect(decodeAcknowledgements(concat(u8(3), sound.slice(1)))).toBeUndefined();
    expect(decodeAcknowledgements(concat(u8(1), sound.slice(1)))).toBeUndefined();
    expect(decodeAcknowledgements(new Uint8Array(0))).toBeUndefined();
    const beyond = concat(u8(1), randomBytes(48), new Uint8Array(8).fill(0xff), randomBytes(32), u64(1));
    expect(decodeAcknowledgements(beyond)).toBeUndefined();
  });

  it('never make their reader throw, and have one encoding', () => {
    const sound = encodeAcknowledgements(many(2));
    fc.assert(
      fc.property(fc.oneof(anyBytes(300), damaged(sound)), (bytes) => {
        const all = decodeAcknowledgements(bytes);
        if (all) expect(Buffer.from(encodeAcknowledgements(all)).equals(bytes)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});
