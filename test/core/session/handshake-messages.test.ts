import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, u8, type Bytes } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import {
  decodeM1,
  decodeM2,
  decodeM2c,
  decodeProof,
  encodeM1,
  encodeM2,
  encodeM2c,
  encodeProof,
  isForeignM1,
  type M1,
} from '../../../app/core/session/handshake-messages.ts';
import { anyBytes, damaged } from '../../parts/arbitrary.ts';

const m1: M1 = {
  mode: { mode: 'pinned' },
  ratchetKey: randomBytes(32),
  kemKey: randomBytes(1184),
  initiator: randomBytes(32),
  responder: randomBytes(32),
  dialId: randomBytes(16),
};
const m2c = { ratchetKey: randomBytes(32), kemCiphertext: randomBytes(1088) };
const proof = { card: randomBytes(1400), name: randomBytes(3), signature: randomBytes(384) };

const changed = (bytes: Bytes, at: number, value: number): Bytes => {
  const other = bytes.slice();
  other[at] = value;
  return other;
};

describe('M1', () => {
  it('comes back as it was, in either mode', () => {
    for (const mode of [m1.mode, { mode: 'invite', inviteId: randomBytes(32) } as const]) {
      const bytes = encodeM1({ ...m1, mode });
      expect(bytes.length).toBe(1 + 1 + 1 + 32 + 32 + 1184 + 32 + 32 + 16);
      expect(decodeM1(bytes)).toEqual({ ...m1, mode });
      expect(isForeignM1(bytes)).toBe(false);
    }
  });

  it('of another version or suite is foreign, which is told apart from damage', () => {
    const bytes = encodeM1(m1);
    for (const at of [0, 1]) {
      expect(isForeignM1(changed(bytes, at, 2))).toBe(true);
      expect(decodeM1(changed(bytes, at, 2))).toBeUndefined();
    }
    expect(isForeignM1(bytes.slice(0, 100))).toBe(false);
    expect(isForeignM1(new Uint8Array(0))).toBe(false);
    expect(isForeignM1(u8(9))).toBe(false);
  });

  it('of an unknown mode, or pinned and yet with an invite, is refused', () => {
    expect(decodeM1(changed(encodeM1(m1), 2, 2))).toBeUndefined();
    expect(decodeM1(changed(encodeM1(m1), 20, 1))).toBeUndefined();
  });
});

describe('M2 and proofs', () => {
  it('come back as they were', () => {
    expect(decodeM2c(encodeM2c(m2c))).toEqual(m2c);
    expect(decodeM2(encodeM2(encodeM2c(m2c), proof.card))).toEqual({ m2c: encodeM2c(m2c), m2s: proof.card });
    expect(decodeProof(encodeProof(proof))).toEqual(proof);
  });

  it('of another suite, or longer than a card, a name and a signature, are refused', () => {
    expect(decodeM2c(changed(encodeM2c(m2c), 0, 2))).toBeUndefined();
    expect(decodeM2c(concat(encodeM2c(m2c), u8(0)))).toBeUndefined();
    expect(decodeProof(encodeProof({ ...proof, card: randomBytes(4097) }))).toBeUndefined();
    expect(decodeProof(encodeProof({ ...proof, name: randomBytes(257) }))).toBeUndefined();
    expect(decodeProof(encodeProof({ ...proof, signature: randomBytes(513) }))).toBeUndefined();
    expect(decodeM2(encodeM2(encodeM2c(m2c), randomBytes(5000)))).toBeUndefined();
  });
});

describe('whatever comes on the channel', () => {
  it.each([
    ['M1', encodeM1(m1), decodeM1, encodeM1],
    ['M2c', encodeM2c(m2c), decodeM2c, encodeM2c],
    [
      'M2',
      encodeM2(encodeM2c(m2c), randomBytes(1800)),
      decodeM2,
      (m2: { m2c: Bytes; m2s: Bytes }) => encodeM2(m2.m2c, m2.m2s),
    ],
    ['a proof', encodeProof(proof), decodeProof, encodeProof],
  ] as const)('is %s in its one encoding, or refused without throwing', (_, sound, decode, encode) => {
    fc.assert(
      fc.property(fc.oneof(anyBytes(1500), damaged(sound)), (bytes) => {
        const decoded = decode(bytes);
        if (decoded) expect(Buffer.from(encode(decoded as never)).equals(bytes)).toBe(true);
      }),
      { numRuns: 4000 },
    );
  });
});
