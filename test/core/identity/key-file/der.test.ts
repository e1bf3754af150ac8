import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, type Bytes } from '../../../../signal/wire/bytes.ts';
import {
  element,
  INTEGER,
  OCTET_STRING,
  readContents,
  readElements,
  readUnsigned,
  SEQUENCE,
  unsigned,
} from '../../../../app/core/identity/key-file/der.ts';
import { anyBytes } from '../../../parts/arbitrary.ts';

const hex = (digits: string) => fromHex(digits.replaceAll(' ', ''))!;

describe('elements', () => {
  it.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])('come back with %i bytes', (length) => {
    const content: Bytes = new Uint8Array(length).fill(7);
    expect(readContents(element(OCTET_STRING, content), OCTET_STRING)).toEqual([content]);
  });

  it('have their lengths in the shortest form, and nothing after them', () => {
    for (const digits of ['04 00', '04 01 ff', '30 02 04 00', `04 8180 ${'00'.repeat(128)}`]) {
      expect(readElements(hex(digits)), digits).toHaveLength(1);
    }
    const others = ['04', '04 01', '04 00 00', '04 80 0000', '04 81 01 ff', `04 820080 ${'00'.repeat(128)}`, '1f 00'];
    for (const digits of [...others, '04 81', '04 82 01', '04 84 00000000', '04 84 7fffffff', '04 ff']) {
      expect(readElements(hex(digits)), digits).toBeUndefined();
    }
  });

  it('are read with just the tags that are asked for', () => {
    const two = concat(element(INTEGER, hex('05')), element(SEQUENCE));
    expect(readContents(two, INTEGER, SEQUENCE)).toEqual([hex('05'), hex('')]);
    expect(readContents(two, INTEGER)).toBeUndefined();
    expect(readContents(two, SEQUENCE, INTEGER)).toBeUndefined();
    expect(readContents(two, INTEGER, SEQUENCE, INTEGER)).toBeUndefined();
  });

  it('are what they would be written as again, whatever the bytes', () => {
    fc.assert(
      fc.property(anyBytes(40), (bytes) => {
        const elements = readElements(bytes);
        if (elements) expect(concat(...elements.map(({ tag, content }) => element(tag, content)))).toEqual(bytes);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('numbers', () => {
  it('come back, and are not negative', () => {
    for (const [digits, content] of [
      ['00', '00'],
      ['', '00'],
      ['7f', '7f'],
      ['80', '0080'],
      ['000080', '0080'],
      ['010001', '010001'],
    ] as const) {
      expect(unsigned(hex(digits))).toEqual(element(INTEGER, hex(content)));
    }
    expect(readUnsigned(hex('0080'))).toEqual(hex('80'));
    expect(readUnsigned(hex('00'))).toEqual(hex(''));
    for (const digits of ['', '80', 'ff', '0001', '007f', '0000']) expect(readUnsigned(hex(digits))).toBeUndefined();
  });
});
