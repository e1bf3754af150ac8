/** Clocks that are wrong by as much as is tolerated, or jump while people talk. */
import { expect, it } from 'vitest';
import { createIdentity } from '../../app/core/identity/identity.ts';
import { startServer } from '../signal/client.ts';
import { DAY, pairsOf } from '../parts/identities.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { Oracle } from '../parts/oracle.ts';
import {
  connected,
  conversation,
  delivered,
  deviceAs,
  invite,
  messages,
  newDevice,
  openChat,
  signIn,
  type Device,
} from '../parts/people.ts';

/** A device whose identity was made by its own clock. */
async function deviceAt(name: string, now: number): Promise<Device> {
  return deviceAs(await newDevice(name), await createIdentity(await pairsOf(name), name, now));
}

async function setUp(annsClock: () => number) {
  const { origin } = await startServer();
  const [anns, bobs] = [await deviceAt('Ann', annsClock()), await deviceAt('Bob', Date.now())];
  const oracle = new Oracle(anns, bobs);
  const network = new MemoryNetwork();
  const place = { origin, network, disk: oracle.disk };
  const [ann, bob] = [await openChat(anns, { ...place, now: annsClock }), await openChat(bobs, place)];
  await Promise.all([signIn(ann), signIn(bob)]);
  return { ann, bob, oracle, network };
}

const TEXTS = { Ann: ['Ann 1', 'Ann 2', 'Ann 3', 'Ann 4'], Bob: ['Bob 1', 'Bob 2', 'Bob 3', 'Bob 4'] };
const INTERLEAVED = TEXTS.Ann.flatMap((text, index) => [text, TEXTS.Bob[index]!]);

it.each([
  ['ahead', 'Ann', DAY],
  ['ahead', 'Bob', DAY],
  ['behind', 'Ann', -DAY],
  ['behind', 'Bob', -DAY],
] as const)(
  'lets people meet and talk in order though one clock is a day %s, by an invite of %s (fault 13)',
  async (_, inviter, offset) => {
    const { ann, bob, oracle } = await setUp(() => Date.now() + offset);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    const [maker, guest] = inviter === 'Ann' ? [ann, bob] : [bob, ann];
    const { link } = await maker.createInvite();
    await guest.join(invite(link), 'them');
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    for (const [index, text] of TEXTS.Ann.entries()) {
      await ann.send(bobId, text);
      await delivered(ann, bobId);
      await bob.send(annId, TEXTS.Bob[index]!);
      await delivered(bob, annId);
    }
    await oracle.judge([TEXTS.Ann, TEXTS.Bob]);
    for (const [chat, other] of [
      [ann, bobId],
      [bob, annId],
    ] as const) {
      expect((await messages(chat, other, () => true)).map(({ text }) => text)).toEqual(INTERLEAVED);
      expect(conversation(chat, other)?.trouble).toBeUndefined();
    }
    // Nothing is dated to a time that is still to come, wherever it is read.
    expect(conversation(bob, annId)?.time).toBeLessThanOrEqual(Date.now());
  },
);

it('keeps what is written in order while a clock jumps to and fro by a day, and every link is made anew (fault 13)', async () => {
  let offset = 0;
  const { ann, bob, oracle, network } = await setUp(() => Date.now() + offset);
  const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
  const { link } = await ann.createInvite();
  await bob.join(invite(link), 'Ann');
  await Promise.all([connected(ann, bobId), connected(bob, annId)]);
  for (const [index, text] of TEXTS.Ann.entries()) {
    offset = [DAY, -DAY, DAY / 2, 0][index]!;
    network.cut();
    await ann.send(bobId, text);
    await delivered(ann, bobId);
    await bob.send(annId, TEXTS.Bob[index]!);
    await delivered(bob, annId);
  }
  await oracle.judge([TEXTS.Ann, TEXTS.Bob]);
  expect((await messages(bob, annId, () => true)).map(({ text }) => text)).toEqual(INTERLEAVED);
  expect((await messages(ann, bobId, () => true)).map(({ text }) => text)).toEqual(INTERLEAVED);
});
