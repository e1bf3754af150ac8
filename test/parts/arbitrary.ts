/** What property tests feed to decoders. */
import fc from 'fast-check';
import { concat, type Bytes } from '../../signal/wire/bytes.ts';

/** Any bytes, up to a length. */
export function anyBytes(maxLength: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ maxLength, size: 'max' }).map((bytes) => Uint8Array.from(bytes));
}

/** Any bytes of exactly this length. */
export function bytesOf(length: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ minLength: length, maxLength: length, size: 'max' }).map((bytes) => Uint8Array.from(bytes));
}

/** The same bytes with one bit turned over. @param bit - of all its bits, taken modulo their number. */
export function flipBit(bytes: Bytes, bit: number): Bytes {
  const flipped = bytes.slice();
  const at = bit % (8 * bytes.length);
  flipped[at >> 3]! ^= 1 << (at & 7);
  return flipped;
}

/** A sound value damaged: cut short, made longer, with bits turned over, or with a stretch of it replaced. */
export function damaged(sound: Bytes): fc.Arbitrary<Bytes> {
  const place = fc.nat({ max: Math.max(0, sound.length - 1) });
  return fc.oneof(
    place.map((end) => sound.slice(0, end)),
    anyBytes(64)
      .filter((more) => more.length > 0)
      .map((more) => concat(sound, more)),
    fc.nat({ max: 8 * sound.length - 1 }).map((bit) => flipBit(sound, bit)),
    fc
      .tuple(place, anyBytes(16))
      .map(([at, other]) => concat(sound.slice(0, at), other, sound.slice(at + other.length))),
  );
}
