/** What people tell each other of having read, through the whole core. */
import { expect, it } from 'vitest';
import { twoDevices } from '../parts/acquainted.ts';
import { conversation, delivered, meet, messages, openChat, signIn, until } from '../parts/people.ts';

async function setUp() {
  const devices = await twoDevices();
  const { ann, bob } = await meet(devices.place, devices.anns, devices.bobs);
  return { ...devices, ann, bob, annId: ann.fingerprint, bobId: bob.fingerprint };
}

/** Waits until the newest messages of one's own are in these states. */
async function states(chat: Parameters<typeof messages>[0], id: string, ...wanted: string[]): Promise<void> {
  const own = (all: Awaited<ReturnType<typeof messages>>) => all.filter(({ mine }) => mine).map(({ state }) => state);
  await messages(chat, id, (all) => own(all).join() === wanted.join());
}

it('a message is Read once the other has looked at it, and no other is', async () => {
  const { oracle, ann, bob, annId, bobId } = await setUp();
  await ann.send(bobId, 'one');
  await delivered(ann, bobId);
  await states(ann, bobId, 'Delivered');
  await bob.markRead(annId);
  await states(ann, bobId, 'Read');
  await ann.send(bobId, 'two');
  await delivered(ann, bobId);
  await states(ann, bobId, 'Read', 'Delivered');
  // What comes back with a message says no more than that either.
  await bob.send(annId, 'answer');
  await until(ann, () => conversation(ann, bobId)?.unread === 1);
  await states(ann, bobId, 'Read', 'Delivered');
  await bob.markRead(annId);
  await states(ann, bobId, 'Read', 'Read');
  await oracle.judge([['one', 'two'], ['answer']]);
});

it('what was read while the two were apart is told when they are connected again, also after both were closed', async () => {
  const { anns, bobs, oracle, place, ann, bob, annId, bobId } = await setUp();
  await ann.send(bobId, 'one');
  await delivered(ann, bobId);
  await ann.close();
  await until(bob, () => conversation(bob, annId)?.connection === 'away');
  await bob.markRead(annId);
  await bob.close();
  const [annAgain, bobAgain] = [await openChat(anns, place), await openChat(bobs, place)];
  await states(annAgain, bobId, 'Delivered');
  await Promise.all([signIn(annAgain), signIn(bobAgain)]);
  await states(annAgain, bobId, 'Read');
  await oracle.judge([['one'], []]);
  await annAgain.close();
  const later = await openChat(anns, place);
  await states(later, bobId, 'Read');
});

it('who turns it off tells nobody what was read then, still sees what others tell, and tells again once it is on', async () => {
  const { bobs, oracle, place, ann, bob, annId, bobId } = await setUp();
  expect(bob.settings.choices.readReceipts).toBe(true);
  await bob.settings.change({ readReceipts: false });
  await ann.send(bobId, 'one');
  await delivered(ann, bobId);
  await bob.markRead(annId);
  await bob.send(annId, 'answer');
  await delivered(bob, annId);
  await ann.markRead(bobId);
  await states(bob, annId, 'Read');
  await states(ann, bobId, 'Delivered');
  await bob.close();
  const again = await openChat(bobs, place);
  expect(again.settings.choices.readReceipts).toBe(false);
  await signIn(again);
  await again.settings.change({ readReceipts: true });
  await ann.send(bobId, 'two');
  await delivered(ann, bobId);
  await states(ann, bobId, 'Delivered', 'Delivered');
  await again.markRead(annId);
  await states(ann, bobId, 'Read', 'Read');
  await oracle.judge([['one', 'two'], ['answer']]);
});

it('however often links break while both write and read, nothing is Read that was not marked', async () => {
  const { oracle, network, ann, bob, annId, bobId } = await setUp();
  const [anns, bobs]: [string[], string[]] = [[], []];
  for (let round = 0; round < 6; round++) {
    for (let index = 0; index < 5; index++) {
      anns.push(`Ann ${round} ${index}`);
      bobs.push(`Bob ${round} ${index}`);
      await Promise.all([ann.send(bobId, anns.at(-1)!), bob.send(annId, bobs.at(-1)!)]);
      if (index === round % 5) network.cut();
    }
    await Promise.all([ann.markRead(bobId), round % 2 ? bob.markRead(annId) : undefined]);
  }
  await Promise.all([delivered(ann, bobId), delivered(bob, annId)]);
  await oracle.judge([anns, bobs]);
}, 60_000);
