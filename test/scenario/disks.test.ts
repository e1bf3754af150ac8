/** Disks that fail, fill up or are put back, and conversations as large as they may be. */
import { expect, it } from 'vitest';
import type { Bytes } from '../../signal/wire/bytes.ts';
import { StorageError } from '../../app/core/base/errors.ts';
import type { Store } from '../../app/core/base/store.ts';
import { twoDevices } from '../parts/acquainted.ts';
import {
  connected,
  conversation,
  delivered,
  invite,
  meet,
  messages,
  onPage,
  openChat,
  signIn,
  until,
} from '../parts/people.ts';

/** A disk that refuses writes while it is told to. */
function unreliable(): { disk: (store: Store) => Store; fail: (reason: StorageError | undefined) => void } {
  let reason: StorageError | undefined;
  const disk = (store: Store): Store => ({
    ...store,
    write: (changes) => (reason ? Promise.reject(reason) : store.write(changes)),
  });
  return { disk, fail: (why) => (reason = why) };
}

it.each([
  ['fails', 'failed', 'could not reach its storage'],
  ['is full', 'full', 'no room left'],
] as const)(
  'says so when the disk %s, shows nothing that was not kept, and goes on after',
  async (_, reason, sentence) => {
    const { anns, bobs, oracle, place } = await twoDevices();
    const { disk, fail } = unreliable();
    const { ann, bob } = await meet({ ...place, disk: (store) => disk(oracle.disk(store)) }, anns, bobs);
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    fail(new StorageError(reason));
    await expect(ann.send(bobId, 'lost')).rejects.toThrow(sentence);
    expect(await messages(ann, bobId, () => true)).toEqual([]);
    fail(undefined);
    await ann.send(bobId, 'kept');
    await delivered(ann, bobId);
    await oracle.judge([['kept'], []]);
    expect(conversation(bob, annId)?.preview).toBe('kept');
  },
);

it('acknowledges nothing that the disk of the recipient refuses, tells them, and gets it once the disk works again', async () => {
  const { anns, bobs, oracle, place } = await twoDevices();
  const { disk, fail } = unreliable();
  const first = await meet(place, anns, bobs);
  await first.bob.close();
  const { ann } = first;
  const bob = await openChat(bobs, { ...place, disk: (store) => disk(oracle.disk(store)) });
  const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
  await signIn(bob);
  await Promise.all([connected(ann, bobId), connected(bob, annId)]);
  fail(new StorageError('failed'));
  await ann.send(bobId, 'hello');
  await until(bob, () => onPage(conversation(bob, annId)?.trouble).includes('could not reach its storage'));
  const atAnn = await messages(ann, bobId, () => true);
  expect(atAnn.at(-1)?.state).not.toBe('Delivered');
  expect(await messages(bob, annId, () => true)).toEqual([]);
  fail(undefined);
  await delivered(ann, bobId);
  await until(bob, () => conversation(bob, annId)?.trouble === undefined);
  await oracle.judge([['hello'], []]);
});

it('tells of a profile that was put back to an older copy, and calls nothing Delivered that is not', async () => {
  const { anns, bobs, place } = await twoDevices();
  const { ann, bob } = await meet(place, anns, bobs);
  const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
  await bob.send(annId, 'one');
  await delivered(bob, annId);
  const older = new Map<string, Bytes>(bobs.records);
  await bob.send(annId, 'two');
  await delivered(bob, annId);
  await bob.close();
  await until(ann, () => conversation(ann, bobId)?.connection === 'away');

  const restored = await openChat({ ...bobs, records: older }, place);
  await restored.send(annId, 'another two');
  await signIn(restored);
  await until(restored, () => onPage(conversation(restored, annId)?.trouble).includes('does not fit'));
  const atBob = await messages(restored, annId, () => true);
  expect(atBob.map(({ text, state }) => [text, state === 'Delivered'])).toEqual([
    ['one', true],
    ['another two', false],
  ]);
  expect((await messages(ann, bobId, () => true)).map(({ text }) => text)).toEqual(['one', 'two']);
});

it('brings over more than may be under way at once, in texts as long as they may be', async () => {
  const { anns, bobs, oracle, place } = await twoDevices();
  const { ann, bob } = await meet(place, anns, bobs);
  const texts = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(32 * 1024, 'x'));
  await Promise.all(texts.map((text) => ann.send(bob.fingerprint, text)));
  await delivered(ann, bob.fingerprint);
  await oracle.judge([texts, []]);
});

it('opens a profile again under whatever name somebody was joined', async () => {
  const { anns, bobs, place } = await twoDevices();
  const [ann, bob] = [await openChat(anns, place), await openChat(bobs, place)];
  await Promise.all([signIn(ann), signIn(bob)]);
  const { link } = await ann.createInvite();
  await ann.close();
  await bob.join(invite(link), ' Ann \n of Ely ');
  await bob.close();
  const again = await openChat(bobs, place);
  expect(again.conversations).toHaveLength(1);
});
