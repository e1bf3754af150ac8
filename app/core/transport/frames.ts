/**
 * A frame: one message on the data channel.
 *
 *     version u8 = 1 | kind u8 | payload
 *
 * The longest payload, an envelope, fits in one frame, so nothing is ever cut up and put together again.
 */
import { concat, u8, type Bytes } from '../../../signal/wire/bytes.ts';

const VERSION = 1;
export const MAX_FRAME_BYTES = 64 * 1024;

const KINDS = ['m1', 'm2', 'm3', 'envelope', 'version-refused', 'ping', 'pong'] as const;
export type FrameKind = (typeof KINDS)[number];

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Bytes;
}

export function encodeFrame(kind: FrameKind, payload: Bytes): Bytes {
  return concat(u8(VERSION), u8(KINDS.indexOf(kind)), payload);
}

/** @returns `undefined` for an unknown version or kind, or more than MAX_FRAME_BYTES. */
export function decodeFrame(bytes: Bytes): Frame | undefined {
  const kind = KINDS[bytes[1] ?? KINDS.length];
  if (bytes.length > MAX_FRAME_BYTES || bytes[0] !== VERSION || !kind) return undefined;
  return { kind, payload: bytes.slice(2) };
}
