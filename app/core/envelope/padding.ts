/**
 * Lengths hidden in buckets: a body is followed by 0x80 and zeros, up to 256·2^k bytes, at most 32 KiB, and above that
 * up to 56 KiB.
 */
import type { Bytes } from '../../../signal/wire/bytes.ts';

const SMALLEST_BUCKET = 256;
const LARGEST_DOUBLED_BUCKET = 32 * 1024;
export const MAX_PADDED_BYTES = 56 * 1024;
/** The longest body: one byte of the largest bucket is the marker. */
export const MAX_BODY_BYTES = MAX_PADDED_BYTES - 1;

function bucketFor(length: number): number {
  for (let bucket = SMALLEST_BUCKET; bucket <= LARGEST_DOUBLED_BUCKET; bucket *= 2) {
    if (length <= bucket) return bucket;
  }
  return MAX_PADDED_BYTES;
}

/** Pads a body of at most MAX_BODY_BYTES. */
export function pad(body: Bytes): Bytes {
  if (body.length > MAX_BODY_BYTES) throw new RangeError('body too long to pad');
  const padded = new Uint8Array(bucketFor(body.length + 1));
  padded.set(body);
  padded[body.length] = 0x80;
  return padded;
}

/** The body, or `undefined` unless the padding is just what `pad` would have made. */
export function unpad(padded: Bytes): Bytes | undefined {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (end < 0 || padded[end] !== 0x80 || padded.length !== bucketFor(end + 1)) return undefined;
  return padded.slice(0, end);
}
