/** The handshake over a channel, frame by frame: what each side sends when, and what must be durable before. */
import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { openCard, type Card } from '../../../signal/wire/card.ts';
import { LinkError } from '../../../app/core/base/errors.ts';
import {
  shakeHandsBack,
  shakeHandsFirst,
  type HandshakeParts,
  type Shaken,
} from '../../../app/core/chat/shake-hands.ts';
import { decodeFrame, encodeFrame } from '../../../app/core/transport/frames.ts';
import { Inbox } from '../../../app/core/transport/inbox.ts';
import { flipBit } from '../../parts/arbitrary.ts';
import { encounter } from '../../parts/handshakes.ts';
import { cardOf, identityOf } from '../../parts/identities.ts';

interface Setting {
  readonly pinnedByAnn?: Card;
  readonly pinnedByBob?: Card;
  readonly commitByAnn?: HandshakeParts['commit'];
  readonly commitByBob?: HandshakeParts['commit'];
  /** What becomes of a frame. */
  readonly onTheWay?: (frame: Bytes) => Bytes;
}

/** Ann, who dialled, and Bob shake hands. @returns the kinds of frames that went over, and what became of each side. */
async function shake(setting: Setting = {}) {
  const [ann, bob] = [await identityOf('Ann'), await identityOf('Bob')];
  const { initiator, responder } = encounter(ann, bob, { mode: 'pinned' });
  const [toAnn, toBob] = [new Inbox(), new Inbox()];
  const kinds: (string | undefined)[] = [];
  const onTheWay = setting.onTheWay ?? ((frame) => frame);
  const channel = (from: Inbox, to: Inbox) => ({
    read: () => from.read(),
    write: async (frame: Bytes) => {
      kinds.push(decodeFrame(frame)?.kind);
      to.push(onTheWay(frame));
    },
  });
  const done = async () => undefined;
  const first = shakeHandsFirst({
    channel: channel(toAnn, toBob),
    context: initiator,
    decryptKey: ann.decryptKey,
    pinned: setting.pinnedByAnn,
    commit: setting.commitByAnn ?? done,
  });
  const back = shakeHandsBack({
    channel: channel(toBob, toAnn),
    context: responder,
    decryptKey: bob.decryptKey,
    pinned: setting.pinnedByBob,
    commit: setting.commitByBob ?? done,
  });
  // Whoever gives up closes the link, as a dial does.
  const outcome = (shaken: Promise<Shaken>) =>
    shaken.then(
      () => 'a session',
      (reason: unknown) => {
        for (const inbox of [toAnn, toBob]) inbox.close();
        return reason instanceof LinkError ? reason.code : 'something else';
      },
    );
  return { kinds, ended: Promise.all([outcome(first), outcome(back)]) };
}

const newer = async (name: string) => (await openCard(await cardOf(name, { sequence: Date.now() + 1e9 })))!;

describe('shaking hands', () => {
  it('takes three messages and Finished', async () => {
    const { kinds, ended } = await shake();
    expect(await ended).toEqual(['a session', 'a session']);
    expect(kinds).toEqual(['m1', 'm2', 'm3', 'envelope']);
  });

  it('has the other durable with the one who answered before Finished leaves, and else sends none', async () => {
    const order: string[] = [];
    const { kinds, ended } = await shake({
      commitByBob: async () => {
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
        order.push(`durable after ${kinds.at(-1)}`);
      },
    });
    expect(await ended).toEqual(['a session', 'a session']);
    expect(order).toEqual(['durable after m3']);

    const failing = await shake({ commitByBob: () => Promise.reject(new Error('the disk is full')) });
    expect(await failing.ended).toEqual(['closed', 'something else']);
    expect(failing.kinds).toEqual(['m1', 'm2', 'm3']);
  });

  it('has nothing durable with the one who dialled before Finished has opened', async () => {
    const kept: string[] = [];
    const onTheWay = (frame: Bytes) =>
      decodeFrame(frame)?.kind === 'envelope' ? flipBit(frame, 8 * frame.length - 1) : frame;
    const { ended } = await shake({ onTheWay, commitByAnn: async ({ name }) => void kept.push(name) });
    expect(await ended).toEqual(['protocol', 'a session']);
    expect(kept).toEqual([]);
  });

  it('ends if the card shown is older than the one known, on either side', async () => {
    const rolledBackBob = await shake({ pinnedByAnn: await newer('Bob') });
    expect(await rolledBackBob.ended).toEqual(['protocol', 'closed']);
    expect(rolledBackBob.kinds).toEqual(['m1', 'm2']);
    const rolledBackAnn = await shake({ pinnedByBob: await newer('Ann') });
    expect(await rolledBackAnn.ended).toEqual(['closed', 'protocol']);
    expect(rolledBackAnn.kinds).toEqual(['m1', 'm2', 'm3']);
  });

  it.each([
    ['version', 2],
    ['suite', 3],
  ])('with an M1 of another %s is refused in clear, and nothing older is tried', async (_, at) => {
    const other = (frame: Bytes) =>
      decodeFrame(frame)?.kind === 'm1' ? Uint8Array.from(frame, (byte, index) => (index === at ? 2 : byte)) : frame;
    const { kinds, ended } = await shake({ onTheWay: other });
    expect(await ended).toEqual(['version', 'version']);
    expect(kinds).toEqual(['m1', 'version-refused']);
  });

  it('ends without a session when a refusal of the version is made up on the way', async () => {
    const refuse = (frame: Bytes) =>
      decodeFrame(frame)?.kind === 'm2' ? encodeFrame('version-refused', Uint8Array.of(0)) : frame;
    const { kinds, ended } = await shake({ onTheWay: refuse });
    expect(await ended).toEqual(['version', 'closed']);
    expect(kinds).toEqual(['m1', 'm2']);
  });

  it.each(['m1', 'm2', 'm3', 'envelope'] as const)('says nothing of why it ended at an altered %s', async (kind) => {
    // The end of a dial's id, a tag, a tag, a tag.
    const alter = (frame: Bytes) => (decodeFrame(frame)?.kind === kind ? flipBit(frame, 8 * frame.length - 1) : frame);
    const { kinds, ended } = await shake({ onTheWay: alter });
    expect(await ended).toContain('protocol');
    expect(kinds.at(-1)).toBe(kind);
  });
});
