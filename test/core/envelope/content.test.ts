import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../signal/wire/bytes.ts';
import { decodeContent, encodeContent, MAX_TEXT_BYTES } from '../../../app/core/envelope/content.ts';
import { anyBytes } from '../../parts/arbitrary.ts';

const encode = (text: string) => encodeContent({ kind: 'text', text });

describe('a text', () => {
  it('comes back as it was written', () => {
    for (const text of ['a', ' ', '\n', '\0', '👩‍👩‍👧‍👦', '\u202egpj.exe', '<script>', '\uFEFFmark']) {
      expect(decodeContent(encode(text)!)).toEqual({ kind: 'text', text });
    }
  });

  it('holds as many bytes as its limit, one below, and not one above', () => {
    for (const [length, fits] of [
      [0, false],
      [1, true],
      [MAX_TEXT_BYTES - 1, true],
      [MAX_TEXT_BYTES, true],
      [MAX_TEXT_BYTES + 1, false],
    ] as const) {
      expect(encode('a'.repeat(length)) !== undefined).toBe(fits);
      expect(decodeContent({ kind: 1, body: new Uint8Array(length).fill(97) }) !== undefined).toBe(fits);
    }
  });

  it('is measured in bytes, not in characters', () => {
    expect(encode('é'.repeat(MAX_TEXT_BYTES / 2))).toBeDefined();
    expect(encode('é'.repeat(MAX_TEXT_BYTES / 2) + 'e')).toBeUndefined();
  });

  it('is refused if it is not well-formed, or of an unknown kind', () => {
    expect(decodeContent({ kind: 1, body: Uint8Array.of(0xed, 0xa0, 0x80) })).toBeUndefined();
    expect(decodeContent({ kind: 1, body: Uint8Array.of(0xff) })).toBeUndefined();
    for (const kind of [0, 2, 255]) expect(decodeContent({ kind, body: utf8('hello') })).toBeUndefined();
  });

  it('leaves well-formed even if it was typed with a lone surrogate', () => {
    expect(decodeContent(encode('a\uD83D')!)).toEqual({ kind: 'text', text: 'a\uFFFD' });
  });

  it('never makes its reader throw, and has one encoding', () => {
    fc.assert(
      fc.property(fc.nat(3), anyBytes(40), (kind, body) => {
        const content = decodeContent({ kind, body });
        if (content) expect(encodeContent(content)).toEqual({ kind, body });
      }),
      { numRuns: 10_000 },
    );
  });
});
