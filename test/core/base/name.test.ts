import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../signal/wire/bytes.ts';
import { decodeName, MAX_NAME_BYTES, MAX_NAME_LENGTH, normalizeName } from '../../../app/core/base/name.ts';
import { anyBytes } from '../../parts/arbitrary.ts';

describe('a name', () => {
  it.each([
    ['spaces around it', '  Ann  ', 'Ann'],
    ['spaces within it', 'Ann   of\tEly', 'Ann of Ely'],
    ['a line end', 'Ann\nadmin', 'Ann admin'],
    ['other line ends', 'Ann\u2028of\u2029Ely\u0085now', 'Ann of Ely now'],
    ['control characters', 'A\u0000nn\u001b[31m', 'A nn [31m'],
    ['wide spaces', '\u3000Ann\u00a0', 'Ann'],
    ['letters in two pieces', 'Jose\u0301', 'José'],
  ])('is tidied of %s', (_, typed, kept) => {
    expect(normalizeName(typed)).toBe(kept);
  });

  it('keeps its joined signs, in any script that has them', () => {
    for (const name of ['👩‍👩‍👧‍👦', '❤️', 'می‌خواهم', 'क्‍ष', 'שלום']) expect(normalizeName(name)).toBe(name);
  });

  it('loses what cannot be seen, so that nobody is taken for somebody else', () => {
    const disguised = [
      'Bob\u200c',
      'B\u200dob',
      'Bob\u034f',
      '\u200eBob',
      'Bob\ufe0f',
      'Bo\u{e0041}b',
      '\u202eBob',
      'Bob\u3164',
      'Bo\ufff9b',
      'B\ufffbob',
      'Bob\ufffc',
      '\u{13437}Bob',
    ];
    for (const name of disguised) expect(normalizeName(name)).toBe('Bob');
  });

  it('is not empty', () => {
    for (const typed of ['', ' ', '\n', '\u0000', '\ufeff', '\u3164', '\u2800', '\u200d\u200d'])
      expect(normalizeName(typed)).toBeUndefined();
  });

  it('has up to 64 characters, however many bytes each takes', () => {
    expect(MAX_NAME_LENGTH).toBe(64);
    for (const letter of ['a', 'é', '漢', '😀']) {
      for (const [length, fits] of [
        [63, true],
        [64, true],
        [65, false],
      ] as const) {
        const name = letter.repeat(length);
        expect(normalizeName(name)).toBe(fits ? name : undefined);
        expect(decodeName(utf8(name))).toBe(fits ? name : undefined);
        if (fits) expect(utf8(name).length).toBeLessThanOrEqual(MAX_NAME_BYTES);
      }
    }
  });

  it('from somebody else is taken only as it would be kept', () => {
    expect(decodeName(utf8('Ann'))).toBe('Ann');
    for (const bytes of [utf8(' Ann'), utf8('A\nnn'), utf8('Jose\u0301'), utf8(''), Uint8Array.of(0xc3)]) {
      expect(decodeName(bytes)).toBeUndefined();
    }
  });

  it('is tidy once it was tidied, and then comes back from its bytes', () => {
    const typed = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(' ', '\n', '\u0301', 'e', '\u1100', '\u1161') }),
    );
    fc.assert(
      fc.property(typed, (name) => {
        const kept = normalizeName(name);
        if (kept === undefined) return;
        expect(normalizeName(kept)).toBe(kept);
        expect(decodeName(utf8(kept))).toBe(kept);
        expect(kept).not.toMatch(/\p{Cc}|\p{Zl}|\p{Zp}/u);
      }),
      { numRuns: 10_000 },
    );
  });

  it('never makes its reader throw', () => {
    fc.assert(
      fc.property(anyBytes(80), (bytes) => {
        const name = decodeName(bytes);
        if (name !== undefined) expect(utf8(name)).toEqual(bytes);
      }),
      { numRuns: 10_000 },
    );
  });
});
