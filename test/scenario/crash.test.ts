/** A device that dies in the middle of any write, and comes back with just what was durable. */
import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../signal/wire/bytes.ts';
import { StorageError } from '../../app/core/base/errors.ts';
import type { Store } from '../../app/core/base/store.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { startServer } from '../signal/client.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { Oracle } from '../parts/oracle.ts';
import { connected, delivered, meet, messages, newDevice, openChat, signIn, type Device } from '../parts/people.ts';

const copyOf = (device: Device): Device => ({ ...device, records: new Map<string, Bytes>(device.records) });

let acquaintance: Promise<readonly [Device, Device]> | undefined;

/** The devices of Ann and Bob as they were when they had just met, once for all tests. */
function acquainted(): Promise<readonly [Device, Device]> {
  acquaintance ??= (async () => {
    const { origin } = await startServer();
    const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
    const { ann, bob } = await meet({ origin, network: new MemoryNetwork() }, anns, bobs);
    await Promise.all([ann.close(), bob.close()]);
    return [anns, bobs] as const;
  })();
  return acquaintance;
}

/** Dies at one write: before anything of it is on the disk, or after all of it is, but before anyone hears so. */
class Mortal {
  dead = false;
  #left: number;
  readonly #when: 'before' | 'after';
  readonly #die: () => void;

  constructor(write: number, when: 'before' | 'after', die: () => void) {
    this.#left = write;
    this.#when = when;
    this.#die = die;
  }

  readonly disk = (store: Store): Store => ({
    ...store,
    write: async (changes) => {
      if (this.dead) throw new StorageError('failed');
      if (--this.#left > 0) return store.write(changes);
      if (this.#when === 'after') await store.write(changes);
      this.dead = true;
      this.#die();
      throw new StorageError('failed');
    },
  });
}

describe.each(['before', 'after'] as const)('a device that dies just %s a write is durable', (when) => {
  it('comes back, loses nothing it promised, and the conversation goes on', async () => {
    const { origin } = await startServer();
    const [anns, bobs] = await acquainted();
    for (const write of [1, 2, 3, 4, 6, 7]) {
      const [annsCopy, bobsCopy] = [copyOf(anns), copyOf(bobs)];
      const oracle = new Oracle(annsCopy, bobsCopy);
      const network = new MemoryNetwork();
      const dying: Chat[] = [];
      const mortal = new Mortal(write, when, () => {
        network.cut();
        void dying[0]?.close();
      });
      const disk = (store: Store) => mortal.disk(oracle.disk(store));
      const ann = await openChat(annsCopy, { origin, network, disk });
      dying.push(ann);
      const bob = await openChat(bobsCopy, { origin, network, disk: oracle.disk });
      const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
      ann.connect();
      bob.connect();
      const promised: string[] = [];
      const bobsTexts = Array.from({ length: 6 }, (_, index) => `Bob ${index + 1}`);
      for (const [index, text] of bobsTexts.entries()) {
        await bob.send(annId, text);
        const reply = `Ann ${index + 1}`;
        await ann.send(bobId, reply).then(
          () => promised.push(reply),
          () => undefined,
        );
      }
      // It may die only once it receives.
      await expect.poll(() => mortal.dead, { timeout: 15_000 }).toBe(true);
      await oracle.judge();

      const again = await openChat(annsCopy, { origin, network, disk: oracle.disk });
      await signIn(again);
      await again.send(bobId, 'Ann is back');
      await Promise.all([delivered(again, bobId), delivered(bob, annId)]);
      const atBob = await messages(bob, annId, () => true);
      const fromAnn = atBob.filter(({ mine }) => !mine).map(({ text }) => text);
      expect(fromAnn.filter((text) => promised.includes(text))).toEqual(promised);
      await oracle.judge([fromAnn, bobsTexts]);
      await Promise.all([connected(again, bobId), connected(bob, annId)]);
      await Promise.all([again.close(), bob.close()]);
    }
  }, 60_000);
});
