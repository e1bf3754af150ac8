/** Devices that go on from an older state of their logs, as a restore leaves them: with a new chain of their own. */
import { expect, it } from 'vitest';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { decodeLogState, encodeLogState, restoredState } from '../../app/core/log/log-state.ts';
import { startServer } from '../signal/client.ts';
import { MailboxLiar, PATIENCE } from '../parts/mailboxes.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { Oracle } from '../parts/oracle.ts';
import {
  conversation,
  delivered,
  type Device,
  meet,
  messages,
  newDevice,
  onPage,
  openChat,
  signIn,
  storeOf,
  until,
} from '../parts/people.ts';

/** A device that was restored from what another had at some time. */
async function restoredFrom(backup: Device): Promise<Device> {
  const device = { ...backup, records: new Map(backup.records) };
  const store = await storeOf(device);
  for (const [place, record] of await store.list('log-state/', 100)) {
    const state = restoredState(decodeLogState(record)!, randomBytes(16));
    await store.write(new Map([[place, encodeLogState(state)]]));
  }
  return device;
}

const copyOf = (device: Device): Device => ({ ...device, records: new Map(device.records) });

async function setUp() {
  const { origin } = await startServer();
  const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
  const place = { origin, network: new MemoryNetwork() };
  const { ann, bob } = await meet(place, anns, bobs);
  return { anns, bobs, place, ann, bob, annId: ann.fingerprint, bobId: bob.fingerprint };
}

const textsOf = (all: Awaited<ReturnType<typeof messages>>) => all.map(({ text }) => text);

it('what was not delivered when the backup was made goes out first, then what was written since', async () => {
  const { anns, bobs, place, ann, bob, annId, bobId } = await setUp();
  await ann.send(bobId, 'one');
  await delivered(ann, bobId);
  await bob.close();
  await until(ann, () => conversation(ann, bobId)?.connection === 'away');
  for (const text of ['two', 'three']) await ann.send(bobId, text);
  await ann.close();

  const annsNew = await restoredFrom(anns);
  const oracle = new Oracle(annsNew, bobs);
  const where = { ...place, disk: oracle.disk };
  const restored = await openChat(annsNew, where);
  await restored.send(bobId, 'four');
  await restored.close();
  const [again, bobAgain] = [await openChat(annsNew, where), await openChat(bobs, where)];
  await Promise.all([signIn(again), signIn(bobAgain)]);
  await delivered(again, bobId);
  expect(textsOf(await messages(bobAgain, annId, () => true))).toEqual(['one', 'two', 'three', 'four']);
  const all = await messages(again, bobId, () => true);
  expect(all.map(({ state }) => state)).toEqual(Array<string>(4).fill('Delivered'));
  expect(again.notices).toEqual([]);
  await oracle.judge([['one', 'two', 'three', 'four'], []]);
});

it('a backup that was older than what was delivered shows at the first link, is told once, and the conversation goes on', async () => {
  const { anns, bobs, place, ann, bob, annId, bobId } = await setUp();
  await ann.send(bobId, 'one');
  await delivered(ann, bobId);
  const backup = copyOf(anns);
  for (const text of ['two', 'three']) await ann.send(bobId, text);
  await delivered(ann, bobId);
  await ann.close();

  const annsNew = await restoredFrom(backup);
  const oracle = new Oracle(annsNew, bobs);
  const restored = await openChat(annsNew, { ...place, disk: oracle.disk });
  await restored.send(bobId, 'four');
  await signIn(restored);
  await delivered(restored, bobId);
  await until(restored, () =>
    restored.notices.some(({ text }) => onPage(text).includes('older than your conversation with Bob')),
  );
  expect(conversation(restored, bobId)?.trouble).toBeUndefined();
  expect(textsOf(await messages(bob, annId, () => true))).toEqual(['one', 'two', 'three', 'four']);
  expect(textsOf(await messages(restored, bobId, () => true))).toEqual(['one', 'four']);
  await oracle.judge([['one', 'four'], []]);
  await restored.close();

  const later = await openChat(annsNew, place);
  await signIn(later);
  await later.send(bobId, 'five');
  await delivered(later, bobId);
  expect(later.notices).toEqual([]);
});

it('who was restored from an older backup hears what the other writes from then on, and is told what is missing', async () => {
  const { bobs, place, ann, bob, annId, bobId } = await setUp();
  await ann.send(bobId, 'one');
  await delivered(ann, bobId);
  const backup = copyOf(bobs);
  await ann.send(bobId, 'two');
  await delivered(ann, bobId);
  await bob.close();
  await until(ann, () => conversation(ann, bobId)?.connection === 'away');
  await ann.send(bobId, 'three');

  const restored = await openChat(await restoredFrom(backup), place);
  await signIn(restored);
  await delivered(ann, bobId);
  expect(textsOf(await messages(restored, annId, () => true))).toEqual(['one', 'three']);
  await until(restored, () =>
    restored.notices.some(({ text }) => onPage(text).includes('older than your conversation with Ann')),
  );
  expect(conversation(restored, annId)?.trouble).toBeUndefined();
  await restored.send(annId, 'answer');
  await delivered(restored, annId);
  await ann.send(bobId, 'four');
  await delivered(ann, bobId);
  expect(restored.notices).toHaveLength(1);
});

it('who was restored is told, once, of what waits at the server for what the backup lacks; it comes on the next link', async () => {
  const { anns, bobs, place, ann, bob, annId, bobId } = await setUp();
  await bob.send(annId, 'one');
  await delivered(bob, annId);
  const backup = copyOf(anns);
  await bob.send(annId, 'two');
  await delivered(bob, annId);
  await ann.close();
  await until(bob, () => conversation(bob, annId)?.connection === 'away');
  await bob.mailbox.setLeaving(annId, true);
  await bob.send(annId, 'three');
  await messages(bob, annId, (all) => all.at(-1)?.state === 'On the server');
  await bob.close();

  const tap = new MailboxLiar();
  const restored = await openChat(await restoredFrom(backup), { ...place, onsocket: tap.onsocket });
  await signIn(restored);
  await expect.poll(() => restored.notices.length, PATIENCE).toBe(1);
  expect(restored.notices[0]?.text).toMatch(/^Bob left something for you on the server that cannot be shown yet/);
  restored.dismiss(restored.notices[0]!.id);
  // Looked at again, it is not said again.
  restored.connect();
  await tap.hasAnswered('collect', 2);
  expect(textsOf(await messages(restored, bobId, () => true))).toEqual(['one']);
  const back = await openChat(bobs, place);
  await signIn(back);
  await delivered(back, annId);
  expect(textsOf(await messages(restored, bobId, () => true))).toEqual(['one', 'three']);
  expect(restored.notices.map(({ text }) => text)).toEqual([expect.stringContaining('older than your conversation')]);
});
