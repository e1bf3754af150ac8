import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ByteReader,
  concat,
  equal,
  fromBase64Url,
  fromHex,
  fromUtf8,
  lp,
  toBase64Url,
  toHex,
  u32,
  u64,
  u8,
  utf8,
  type Bytes,
} from '../../../signal/wire/bytes.ts';
import { anyBytes } from '../../parts/arbitrary.ts';

describe('base64url', () => {
  it('reads back whatever it wrote, and writes what Node writes', () => {
    fc.assert(
      fc.property(anyBytes(80), (bytes) => {
        const text = toBase64Url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64Url(text)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['padding', 'AA=='],
    ['the other alphabet', '+/+/'],
    ['a length that no bytes have', 'AAAAA'],
    ['bits left over after one byte', 'AB'],
    ['bits left over after two bytes', 'AAB'],
    ['a space', 'AA AA'],
    ['a line end', 'AAAA\n'],
    ['a letter beyond ASCII', 'ＡＡＡＡ'],
  ])('refuses %s, so that bytes have one form only', (_, text) => {
    expect(fromBase64Url(text)).toBeUndefined();
  });

  it('takes any text without throwing, and accepts only what it would have written', () => {
    const text = fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(text, (any) => {
        const bytes = fromBase64Url(any);
        if (bytes) expect(toBase64Url(bytes)).toBe(any);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('hexadecimal', () => {
  it('reads back whatever it wrote', () => {
    fc.assert(
      fc.property(anyBytes(80), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    expect(toHex(Uint8Array.of(0, 10, 255))).toBe('000aff');
  });

  it.each(['0', 'abc', 'AB', '0x', 'zz', ' 0', '0a\n'])('refuses %j', (text) => {
    expect(fromHex(text)).toBeUndefined();
  });
});

describe('texts', () => {
  it('come back as they were, marks of byte order included', () => {
    for (const text of ['', 'plain', '\uFEFFmarked', '👩‍👩‍👧', '\u0000']) expect(fromUtf8(utf8(text))).toBe(text);
  });

  it.each(['ff', 'c080', 'eda080', 'f4908080', 'e2 82'.replace(' ', '')])('are refused if malformed: %s', (hex) => {
    expect(fromUtf8(fromHex(hex)!)).toBeUndefined();
    expect(fromUtf8(utf8('still reads'))).toBe('still reads');
  });

  it('lose a lone surrogate, so that what is signed is well-formed (fault 18)', () => {
    expect(fromUtf8(utf8('a\uD800b'))).toBe('a\uFFFDb');
  });
});

describe('numbers', () => {
  it('are big-endian', () => {
    expect(toHex(concat(u8(1), u32(0x01020304), u64(0x05060708090a)))).toBe('01' + '01020304' + '000005060708090a');
  });

  it('of eight bytes reach to the last safe integer, and no further', () => {
    const last = new ByteReader(u64(Number.MAX_SAFE_INTEGER));
    expect(last.u64()).toBe(Number.MAX_SAFE_INTEGER);
    expect(last.done()).toBe(true);
    for (const hex of ['0020000000000000', 'ffffffffffffffff']) {
      const beyond = new ByteReader(fromHex(hex)!);
      expect(beyond.u64()).toBe(0);
      expect(beyond.done()).toBe(false);
    }
  });
});

describe('equal', () => {
  it('compares lengths and every byte', () => {
    fc.assert(
      fc.property(anyBytes(2), anyBytes(2), (a, b) => {
        expect(equal(a, b)).toBe(toHex(a) === toHex(b));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a reader of untrusted bytes', () => {
  it('reads a field as long as its limit, and fails at one more', () => {
    for (const [length, fits] of [
      [0, true],
      [9, true],
      [10, true],
      [11, false],
    ] as const) {
      const reader = new ByteReader(lp(new Uint8Array(length)));
      expect(reader.lp(10).length).toBe(fits ? length : 0);
      expect(reader.done()).toBe(fits);
    }
  });

  it('fails at a length that promises more than there is', () => {
    const reader = new ByteReader(concat(u32(5), new Uint8Array(4)));
    expect(reader.lp(100).length).toBe(0);
    expect(reader.done()).toBe(false);
  });

  it('is not done while a byte is left', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2));
    reader.u8();
    expect(reader.more).toBe(true);
    expect(reader.done()).toBe(false);
    reader.u8();
    expect(reader.more).toBe(false);
    expect(reader.done()).toBe(true);
  });

  it('hands out copies, so that nobody changes what was verified', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    new ByteReader(bytes).take(2)[0] = 9;
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('never throws, and after the first field that does not fit reads every other as empty', () => {
    const step = fc.oneof(
      fc.constant('u8' as const),
      fc.constant('u32' as const),
      fc.constant('u64' as const),
      fc.nat(40).map((limit) => ['lp', limit] as const),
      fc.nat(40).map((length) => ['take', length] as const),
    );
    const read = (reader: ByteReader, one: typeof step extends fc.Arbitrary<infer S> ? S : never): number | Bytes => {
      if (typeof one === 'string') return reader[one]();
      return one[0] === 'lp' ? reader.lp(one[1]) : reader.take(one[1]);
    };
    fc.assert(
      fc.property(anyBytes(64), fc.array(step, { maxLength: 12 }), (bytes, steps) => {
        const reader = new ByteReader(bytes);
        let failed = false;
        for (const one of steps) {
          const value = read(reader, one);
          if (failed) expect(typeof value === 'number' ? value : value.length).toBe(0);
          failed ||= !reader.done() && !reader.more;
        }
        if (failed) expect(reader.done()).toBe(false);
      }),
      { numRuns: 20_000 },
    );
  });
});
