import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex, u8 } from '../../../signal/wire/bytes.ts';
import {
  decodeHeader,
  decodeParcelHeader,
  encodeHeader,
  HEADER_BYTES,
  PARCEL_HEADER_BYTES,
} from '../../../app/core/envelope/header.ts';
import { anyBytes, bytesOf, damaged } from '../../parts/arbitrary.ts';

const header = { sessionId: new Uint8Array(16).fill(1), counter: 258, ratchetKey: new Uint8Array(32).fill(2) };

describe('a header', () => {
  it('is laid out as its drawing says', () => {
    const bytes = encodeHeader(header);
    expect(bytes.length).toBe(HEADER_BYTES);
    expect(toHex(bytes)).toBe(`0101${'01'.repeat(16)}${'0000000000000102'}${'02'.repeat(32)}00`);
    expect(decodeHeader(bytes)).toEqual(header);
  });

  it.each([
    ['version', 0, 2],
    ['kind', 1, 2],
    ['flag', HEADER_BYTES - 1, 1],
  ])('of an unknown %s is refused', (_, at, value) => {
    const bytes = encodeHeader(header);
    bytes[at] = value;
    expect(decodeHeader(bytes)).toBeUndefined();
  });

  it('counts no further than safe integers', () => {
    const bytes = encodeHeader({ ...header, counter: Number.MAX_SAFE_INTEGER });
    expect(decodeHeader(bytes)?.counter).toBe(Number.MAX_SAFE_INTEGER);
    bytes[19] = 0x20;
    expect(decodeHeader(bytes)).toBeUndefined();
  });

  it('has exactly its length', () => {
    const bytes = encodeHeader(header);
    expect(decodeHeader(bytes.slice(1))).toBeUndefined();
    expect(decodeHeader(bytes.slice(0, -1))).toBeUndefined();
    expect(decodeHeader(concat(bytes, u8(0)))).toBeUndefined();
  });

  it('never makes its reader throw, and has one encoding', () => {
    const input = fc.oneof(anyBytes(80), bytesOf(HEADER_BYTES), damaged(encodeHeader(header)));
    fc.assert(
      fc.property(input, (bytes) => {
        const decoded = decodeHeader(bytes);
        if (decoded) expect(encodeHeader(decoded)).toEqual(bytes);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('the header of a parcel’s envelope', () => {
  const parcelHeader = { parcelId: new Uint8Array(32).fill(3) };

  it('is laid out as its drawing says, and has exactly its length', () => {
    const bytes = encodeHeader(parcelHeader);
    expect(toHex(bytes)).toBe(`0102${'03'.repeat(32)}`);
    expect(decodeParcelHeader(bytes)).toEqual(parcelHeader);
    expect(bytes.length).toBe(PARCEL_HEADER_BYTES);
    for (const other of [bytes.slice(1), bytes.slice(0, -1), concat(bytes, u8(0))]) {
      expect(decodeParcelHeader(other)).toBeUndefined();
    }
  });

  it.each([
    ['version', 0, 2],
    ['kind', 1, 1],
    ['kind', 1, 3],
  ])('of another %s is refused', (_, at, value) => {
    const bytes = encodeHeader(parcelHeader);
    bytes[at] = value;
    expect(decodeParcelHeader(bytes)).toBeUndefined();
  });

  it('is none of a link, whatever its length', () => {
    const long = concat(encodeHeader(parcelHeader), new Uint8Array(HEADER_BYTES - PARCEL_HEADER_BYTES));
    expect(decodeHeader(long)).toBeUndefined();
    expect(decodeParcelHeader(encodeHeader(header))).toBeUndefined();
    expect(decodeParcelHeader(encodeHeader(header).slice(0, PARCEL_HEADER_BYTES))).toBeUndefined();
  });
});
