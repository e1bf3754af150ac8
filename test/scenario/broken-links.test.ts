/** What comes on link after link does not verify: after the third within a minute the app stops trying, and says so. */
import { describe, expect, it, vi } from 'vitest';
import { decodeFrame, type FrameKind } from '../../app/core/transport/frames.ts';
import { twoDevices } from '../parts/acquainted.ts';
import { flipBit } from '../parts/arbitrary.ts';
import { connected, conversation, delivered, meet, onPage, openChat, signIn, until } from '../parts/people.ts';

describe('a device whose', () => {
  it.each<[string, FrameKind]>([
    ['messages do not open', 'envelope'],
    ['handshakes do not verify', 'm3'],
  ])(
    '%s is left alone after the third time, until it comes back',
    async (_, kind) => {
      const { anns, bobs, network, oracle, place } = await twoDevices();
      const { ann, bob } = await meet(place, anns, bobs);
      await Promise.all([ann.send(bob.fingerprint, 'one'), bob.send(ann.fingerprint, 'two')]);
      await Promise.all([delivered(ann, bob.fingerprint), delivered(bob, ann.fingerprint)]);

      let altered = 0;
      network.tamper = (frame) => {
        if (decodeFrame(frame)?.kind !== kind) return [frame];
        altered++;
        return [flipBit(frame, 8 * frame.length - 1)];
      };
      network.cut();
      const stopped = (chat: typeof ann, id: string) =>
        onPage(conversation(chat, id)?.trouble).includes('stopped trying');
      const isStopped = () => stopped(ann, bob.fingerprint) || stopped(bob, ann.fingerprint);
      await Promise.race([until(ann, isStopped), until(bob, isStopped)]);
      const wasAltered = altered;
      expect(wasAltered).toBeGreaterThanOrEqual(3);
      const [stubborn, trying] = stopped(ann, bob.fingerprint) ? [ann, bob] : [bob, ann];

      // The one who has stopped neither dials nor answers, however often the other calls.
      await trying.send(stubborn.fingerprint, 'three');
      const opened = network.opened;
      const goesOn = () => network.opened > opened || stopped(trying, stubborn.fingerprint) === true;
      await vi.waitFor(() => expect(goesOn()).toBe(true), { timeout: 15_000 });
      expect(altered).toBeLessThanOrEqual(wasAltered + 1);
      await oracle.judge();

      network.tamper = (frame) => [frame];
      await trying.close();
      await until(stubborn, () => conversation(stubborn, trying.fingerprint)?.connection === 'away');
      const back = await openChat(trying === ann ? anns : bobs, place);
      await signIn(back);
      await Promise.all([connected(back, stubborn.fingerprint), connected(stubborn, back.fingerprint)]);
      await delivered(back, stubborn.fingerprint);
      expect(conversation(stubborn, back.fingerprint)?.trouble).toBeUndefined();
      const written = [['one'], ['two']];
      written[trying === ann ? 0 : 1]!.push('three');
      await oracle.judge([written[0]!, written[1]!]);
    },
    60_000,
  );
});
