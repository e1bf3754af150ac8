/** One frame of each kind. */
import { toHex, utf8 } from '../../../signal/wire/bytes.ts';
import { decodeFrame, encodeFrame } from '../../../app/core/transport/frames.ts';
import { same } from '../../contracts/check.ts';
import { hex } from '../hex.ts';
import type { Kind } from '../kind.ts';

const KINDS = ['m1', 'm2', 'm3', 'envelope', 'version-refused', 'ping', 'pong'] as const;
const PAYLOAD = utf8('a payload');

type FrameVectors = Readonly<Record<(typeof KINDS)[number], string>>;

function encoded(): FrameVectors {
  const frames = KINDS.map((kind) => [kind, toHex(encodeFrame(kind, PAYLOAD))] as const);
  return Object.fromEntries(frames) as FrameVectors;
}

export const frames: Kind<FrameVectors> = {
  make: async () => encoded(),
  promises: [
    {
      promise: 'a frame of each kind has the same bytes, and comes back',
      async holds({ vector }) {
        same(encoded(), vector, 'the frames');
        for (const kind of KINDS) {
          same(decodeFrame(hex(vector[kind])), { kind, payload: PAYLOAD }, kind);
        }
      },
    },
  ],
};
