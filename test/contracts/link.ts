/** What every adapter of the Link port promises. */
import type { Bytes } from '../../signal/wire/bytes.ts';
import { LinkError } from '../../app/core/base/errors.ts';
import { MAX_FRAME_BYTES } from '../../app/core/transport/frames.ts';
import type { Link, OpenLink } from '../../app/core/transport/link.ts';
import { check, rejection, same, type Promised } from './check.ts';

/** Two links that signal to each other; the first makes the offer. */
function pair(openLink: OpenLink): [Link, Link] {
  const iceServers: [] = [];
  const ends: Link[] = [];
  const first = openLink({ initiator: true, iceServers, onsignal: (signal) => ends[1]?.signal(signal) });
  const second = openLink({ initiator: false, iceServers, onsignal: (signal) => ends[0]?.signal(signal) });
  ends.push(first, second);
  return [first, second];
}

/** Two links that have opened. */
async function opened(openLink: OpenLink): Promise<[Link, Link]> {
  const links = pair(openLink);
  await Promise.all(links.map((link) => link.opened));
  return links;
}

/** What somebody may signal in the place of a description or a candidate. */
const HOSTILE = [
  '{"candidate":"a"}',
  '{"candidate":"","sdpMid":{},"sdpMLineIndex":"0"}',
  '{"candidate":"a","sdpMid":"\\ud800","sdpMLineIndex":-1}',
  '{"candidate":"\\ud800","sdpMid":"0","sdpMLineIndex":1e999}',
  '{"candidate":{"toString":1}}',
  '{"__proto__":{"polluted":true,"candidate":"a"}}',
  '{"renegotiate":true,"transceiverRequest":{"kind":"video"}}',
  'null',
  '"a"',
  '\ud800',
  '['.repeat(5000) + ']'.repeat(5000),
];

const frame = (length: number, start = 0): Bytes => new Uint8Array(length).map((_, index) => start + index);

/** @throws unless this is what links throw. */
function isLinkError(reason: unknown): void {
  check(reason instanceof LinkError, `a LinkError, not ${String(reason)}`);
}

export const linkContract: readonly Promised<OpenLink>[] = [
  {
    promise: 'names at each end the certificates of both, made anew for each link',
    async holds(openLink) {
      const [first, second] = await opened(openLink);
      const [atFirst, atSecond] = [await first.opened, await second.opened];
      same(atFirst.ours, atSecond.theirs, 'the first one’s, at both ends');
      same(atSecond.ours, atFirst.theirs, 'the second one’s, at both ends');
      same([atFirst.ours.length, atFirst.theirs.length], [32, 32], 'their lengths');
      const [another] = await opened(openLink);
      const certificates = [atFirst.ours, atSecond.ours, (await another.opened).ours].map(String);
      same(new Set(certificates).size, 3, 'different certificates');
    },
  },
  {
    promise: 'carries frames both ways, whole and in order',
    async holds(openLink) {
      const [first, second] = await opened(openLink);
      const lengths = [1, 2, 1000, MAX_FRAME_BYTES - 1, MAX_FRAME_BYTES, 3];
      for (const [index, length] of lengths.entries()) {
        await first.write(frame(length, index));
        await second.write(frame(length, 100 + index));
      }
      for (const [index, length] of lengths.entries()) {
        same(await second.read(), frame(length, index), `frame ${index} at the second`);
        same(await first.read(), frame(length, 100 + index), `frame ${index} at the first`);
      }
    },
  },
  {
    promise: 'keeps the order of many frames that nobody waited for',
    async holds(openLink) {
      const [first, second] = await opened(openLink);
      const writes = Array.from({ length: 300 }, (_, index) => first.write(Uint8Array.of(index >> 8, index & 255)));
      for (let index = 0; index < 300; index++) {
        same(await second.read(), [index >> 8, index & 255], `frame ${index}`);
      }
      await Promise.all(writes);
    },
  },
  {
    promise: 'gives a frame to a reader that waited for it',
    async holds(openLink) {
      const [first, second] = await opened(openLink);
      const reading = second.read();
      await first.write(Uint8Array.of(7));
      same(await reading, [7], 'the frame');
    },
  },
  {
    promise: 'ends rather than hand over a frame that is too long',
    async holds(openLink) {
      const [first, second] = await opened(openLink);
      await first.write(frame(MAX_FRAME_BYTES + 1)).catch(isLinkError);
      same(await second.read(), undefined, 'what is read');
      await Promise.all([first.closed, second.closed]);
    },
  },
  {
    promise: 'closes at both ends, whoever closes it',
    async holds(openLink) {
      for (const closer of [0, 1] as const) {
        const links = await opened(openLink);
        links[closer].close();
        await Promise.all(links.map((link) => link.closed));
        links[closer].close();
      }
    },
  },
  {
    promise: 'gives what had come before it closed, and then nothing, to every reader',
    async holds(openLink) {
      const [first, second] = await opened(openLink);
      await first.write(Uint8Array.of(1));
      await first.write(Uint8Array.of(2));
      same(await second.read(), [1], 'the first frame');
      const reading = first.read();
      second.close();
      await Promise.all([first.closed, second.closed]);
      same(await reading, undefined, 'to one who waited');
      const left = await second.read();
      check(left === undefined || left[0] === 2, 'what is left, or nothing');
      same(await second.read(), undefined, 'after the last');
      same(await second.read(), undefined, 'ever after');
    },
  },
  {
    promise: 'throws a LinkError at whoever writes after it closed',
    async holds(openLink) {
      const [first, second] = await opened(openLink);
      first.close();
      await Promise.all([first.closed, second.closed]);
      for (const link of [first, second]) {
        isLinkError(await rejection(link.write(Uint8Array.of(1)), 'a write after the end is refused'));
      }
    },
  },
  {
    promise: 'says with a LinkError that it will never open',
    async holds(openLink) {
      const link = openLink({ initiator: true, iceServers: [], onsignal: () => undefined });
      link.close();
      isLinkError(await rejection(link.opened, 'it does not open'));
      await link.closed;
    },
  },
  {
    promise: 'closes at a signal that is malformed, and stays quiet at any that comes later',
    async holds(openLink) {
      for (const type of ['answer', 'candidate'] as const) {
        const link = openLink({ initiator: true, iceServers: [], onsignal: () => undefined });
        link.signal({ type, text: 'nonsense' });
        await link.closed;
        link.signal({ type, text: 'nonsense' });
        same(await link.read(), undefined, 'what is read');
      }
    },
  },
  {
    promise: 'never throws at a signal, whatever JSON it is, also once it is open',
    async holds(openLink) {
      for (const text of HOSTILE) {
        for (const type of ['offer', 'answer', 'candidate'] as const) {
          const [waiting] = pair(openLink);
          waiting.signal({ type, text });
          waiting.close();
        }
        const [first, second] = await opened(openLink);
        first.signal({ type: 'candidate', text });
        second.signal({ type: 'candidate', text });
        first.close();
        await Promise.all([first.closed, second.closed]);
      }
      check(!('polluted' in {}), 'prototypes stay as they are');
    },
  },
  {
    promise: 'knows the way of its packets while it is open, and none before and afterwards',
    async holds(openLink) {
      const alone = openLink({ initiator: true, iceServers: [], onsignal: () => undefined });
      same(await alone.path(), undefined, 'a path that is not there yet');
      alone.close();
      const links = await opened(openLink);
      for (const link of links) {
        const path = await link.path();
        same([path?.route, path?.protocol], ['direct', 'udp'], 'the path');
        check(path?.roundTrip === undefined || path.roundTrip >= 0, 'a round trip in milliseconds, or none yet');
      }
      links[0].close();
      await Promise.all(links.map((link) => link.closed));
      same([await links[0].path(), await links[1].path()], [undefined, undefined], 'the path of a closed link');
    },
  },
];
