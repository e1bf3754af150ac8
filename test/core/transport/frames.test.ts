import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, u8, utf8 } from '../../../signal/wire/bytes.ts';
import { decodeFrame, encodeFrame, MAX_FRAME_BYTES, type FrameKind } from '../../../app/core/transport/frames.ts';
import { anyBytes } from '../../parts/arbitrary.ts';

const KINDS: readonly FrameKind[] = ['m1', 'm2', 'm3', 'envelope', 'version-refused', 'ping', 'pong'];

describe('a frame', () => {
  it('comes back as it was, of each kind', () => {
    for (const [index, kind] of KINDS.entries()) {
      const bytes = encodeFrame(kind, utf8('abc'));
      expect(toHex(bytes)).toBe(`01${toHex(u8(index))}616263`);
      expect(decodeFrame(bytes)).toEqual({ kind, payload: utf8('abc') });
      expect(decodeFrame(encodeFrame(kind, new Uint8Array(0)))).toEqual({ kind, payload: new Uint8Array(0) });
    }
  });

  it('has up to 64 KiB: one byte below, at, and not one above (fault 17)', () => {
    expect(MAX_FRAME_BYTES).toBe(64 * 1024);
    const decode = (length: number) => decodeFrame(encodeFrame('envelope', new Uint8Array(length - 2)));
    expect(decode(MAX_FRAME_BYTES - 1)?.payload.length).toBe(MAX_FRAME_BYTES - 3);
    expect(decode(MAX_FRAME_BYTES)?.payload.length).toBe(MAX_FRAME_BYTES - 2);
    expect(decode(MAX_FRAME_BYTES + 1)).toBeUndefined();
  });

  it.each([
    ['nothing', Uint8Array.of()],
    ['a version alone', Uint8Array.of(1)],
    ['another version', Uint8Array.of(2, 0)],
    ['an unknown kind', Uint8Array.of(1, 7)],
    ['the last kind there could be', Uint8Array.of(1, 255)],
  ])('is not: %s', (_, bytes) => {
    expect(decodeFrame(bytes)).toBeUndefined();
  });

  it('never makes its reader throw, and has one encoding', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.nat(9), anyBytes(40), (version, kind, rest) => {
        for (const bytes of [rest, Uint8Array.of(version, kind, ...rest)]) {
          const frame = decodeFrame(bytes);
          if (frame) expect(encodeFrame(frame.kind, frame.payload)).toEqual(bytes);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
