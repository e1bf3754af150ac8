/** A person whose device is lost, and who goes on from a backup on the server. */
import { expect, it, onTestFinished } from 'vitest';
import type { Bytes } from '../../signal/wire/bytes.ts';
import { backupToken } from '../../app/core/backup/access.ts';
import { PlaceError } from '../../app/core/backup/place.ts';
import { findBackup, restoreInto } from '../../app/core/backup/restore.ts';
import { serverPlace } from '../../app/core/backup/server-place.ts';
import { Backups } from '../../app/core/chat/backups.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import { sealStore } from '../../app/core/identity/sealed-store.ts';
import { createVault, openVault } from '../../app/core/identity/vault.ts';
import { eventually } from '../parts/eventually.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { memoryStore } from '../parts/memory-store.ts';
import {
  connected,
  conversation,
  delivered,
  type Device,
  invite,
  meet,
  messages,
  newDevice,
  onPage,
  openChat,
  signIn,
  until,
} from '../parts/people.ts';
import { startServer } from '../signal/client.ts';

/** The backups of somebody's open chat, under a code. */
async function backupsOf(device: Device, chat: Chat, origin: string, secret?: Bytes, wait?: () => number) {
  const raw = memoryStore(device.records);
  const vault = (await openVault(raw))!;
  const store = sealStore(raw, vault);
  const parts = { chat, store, vault, origin, isProtected: () => false, now: Date.now };
  const backups = await Backups.open(wait ? { ...parts, wait } : parts);
  onTestFinished(() => backups.close());
  if (secret) await backups.setCode(secret.slice());
  return backups;
}

/** A new device, restored from what the server keeps. */
async function restoredDevice(origin: string, secret: Bytes, identity: Bytes): Promise<Device> {
  const records = new Map<string, Bytes>();
  const raw = memoryStore(records);
  const found = await findBackup(serverPlace(origin, await backupToken(secret)), secret);
  const vault = await createVault(raw, found.manifest.nameKey);
  await restoreInto(sealStore(raw, vault), found, true, Date.now());
  return { records, identity };
}

async function setUp(env: Record<string, string> = {}) {
  const { origin } = await startServer(env);
  const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
  const place = { origin, network: new MemoryNetwork() };
  const met = await meet(place, anns, bobs);
  return { ...met, place, origin, anns, bobs, annId: met.ann.fingerprint, bobId: met.bob.fingerprint };
}

const textsWith = async (chat: Chat, id: string, count: number) =>
  (await messages(chat, id, (all) => all.length >= count)).map(({ text }) => text);

it('sends from the new device what the lost one had not delivered, before what is new', async () => {
  const { ann, bob, place, origin, anns, bobs, annId, bobId } = await setUp();
  const secret = randomBytes(16);
  await ann.send(bobId, 'Ann 1');
  await delivered(ann, bobId);
  const backups = await backupsOf(anns, ann, origin, secret);
  await bob.close();
  await until(ann, () => conversation(ann, bobId)?.connection === 'away');
  await ann.send(bobId, 'Ann 2');
  await backups.backUp();
  await backups.close();
  await ann.close();

  const [again, back] = await Promise.all([
    openChat(await restoredDevice(origin, secret, anns.identity), place),
    openChat(bobs, place),
  ]);
  await Promise.all([signIn(again), signIn(back)]);
  await again.send(bobId, 'Ann 3');
  await Promise.all([connected(again, bobId), connected(back, annId)]);
  await back.send(annId, 'Bob 1');
  await Promise.all([delivered(again, bobId), delivered(back, annId)]);
  const [atBob, atAnn] = [await textsWith(back, annId, 4), await textsWith(again, bobId, 4)];
  expect(atBob.filter((text) => text !== 'Bob 1')).toEqual(['Ann 1', 'Ann 2', 'Ann 3']);
  expect(atAnn.filter((text) => text !== 'Bob 1')).toEqual(['Ann 1', 'Ann 2', 'Ann 3']);
  expect([atBob.length, atAnn.length]).toEqual([4, 4]);
});

it('tells the person that the backup was older than what they had sent, once the other is met', async () => {
  const { ann, bob, place, origin, anns, annId, bobId } = await setUp();
  const secret = randomBytes(16);
  await ann.send(bobId, 'Ann 1');
  await delivered(ann, bobId);
  await (await backupsOf(anns, ann, origin, secret)).backUp();
  for (const text of ['Ann 2', 'Ann 3']) await ann.send(bobId, text);
  await delivered(ann, bobId);
  await ann.close();
  await until(bob, () => conversation(bob, annId)?.connection === 'away');

  const again = await openChat(await restoredDevice(origin, secret, anns.identity), place);
  await signIn(again);
  await until(again, () => again.notices.some(({ text }) => /older/.test(onPage(text))));
  await again.send(bobId, 'Ann 4');
  await delivered(again, bobId);
  expect(again.notices).toHaveLength(1);
  expect(await textsWith(bob, annId, 4)).toEqual(['Ann 1', 'Ann 2', 'Ann 3', 'Ann 4']);
  expect(await textsWith(again, bobId, 2)).toEqual(['Ann 1', 'Ann 4']);
});

it('takes an older connection’s place with the restored device', async () => {
  const { ann, place, origin, anns } = await setUp();
  const secret = randomBytes(16);
  await (await backupsOf(anns, ann, origin, secret)).backUp();
  const again = await openChat(await restoredDevice(origin, secret, anns.identity), place);
  await signIn(again);
  await until(ann, () => ann.server === 'replaced');
});

it('is let in, and met, with a backup that is older than the newest keys', async () => {
  const { ann, bob, place, origin, anns, annId, bobId } = await setUp();
  const secret = randomBytes(16);
  await (await backupsOf(anns, ann, origin, secret)).backUp();
  const { keysSince } = ann;
  await ann.renewKeys();
  expect(ann.keysSince).toBeGreaterThan(keysSince);
  await ann.close();
  await until(bob, () => conversation(bob, annId)?.connection === 'away');

  const again = await openChat(await restoredDevice(origin, secret, anns.identity), place);
  again.connect();
  await until(again, () => again.server !== 'connecting');
  expect(again.server).toBe('connected');
  await Promise.all([connected(again, bobId), connected(bob, annId)]);
  await again.send(bobId, 'Ann 1');
  await delivered(again, bobId);
  expect(await textsWith(bob, annId, 1)).toEqual(['Ann 1']);
});

it('lets nobody in by an invite that was used after the backup', async () => {
  const { ann, place, origin, anns, annId, bobId } = await setUp();
  const secret = randomBytes(16);
  const { link } = await ann.createInvite();
  await (await backupsOf(anns, ann, origin, secret)).backUp();
  const cat = await openChat(await newDevice('Cat'), place);
  await signIn(cat);
  await cat.join(invite(link), 'Ann');
  await connected(cat, annId);
  await ann.close();
  await cat.close();

  const again = await openChat(await restoredDevice(origin, secret, anns.identity), place);
  await signIn(again);
  const dan = await openChat(await newDevice('Dan'), place);
  await signIn(dan);
  await dan.join(invite(link), 'Ann');
  const outcome = () => {
    const view = conversation(dan, annId);
    return view?.connection === 'direct' ? 'let in' : /no longer valid/.exec(onPage(view?.trouble))?.[0];
  };
  await until(dan, outcome);
  expect(outcome()).toBe('no longer valid');
  expect(again.conversations.map(({ id }) => id)).toEqual([bobId]);
  expect(again.invites).toEqual([]);
});

it('lets in whoever came in by an invite before the backup, and has not heard of it', async () => {
  const { place, origin, ann, bob, anns, annId, bobId } = await setUp();
  const secret = randomBytes(16);
  const { id, link } = await ann.createInvite();
  await ann.setKnock(id, true);
  await bob.close();
  await ann.close();
  const cats = await newDevice('Cat');
  const cat = await openChat(cats, place);
  await signIn(cat);
  await cat.join(invite(link), 'Ann');
  await cat.send(annId, 'one');
  await messages(cat, annId, (all) => all.at(-1)?.state === 'On the server');
  await cat.close();
  const there = await openChat(anns, place);
  await signIn(there);
  await until(there, () => conversation(there, cat.fingerprint)?.unread === 1);
  await (await backupsOf(anns, there, origin, secret)).backUp();
  await there.close();
  const back = await openChat(cats, place);
  await signIn(back);
  await back.send(annId, 'two');
  await messages(back, annId, (all) => all.at(-1)?.state === 'On the server');

  const again = await openChat(await restoredDevice(origin, secret, anns.identity), place);
  await signIn(again);
  await Promise.all([connected(again, cat.fingerprint), connected(back, annId)]);
  await delivered(back, annId);
  expect(await textsWith(again, cat.fingerprint, 2)).toEqual(['one', 'two']);
  expect(again.conversations.map((one) => one.id).sort()).toEqual([bobId, cat.fingerprint].sort());
});

it('begins anew with another recovery code, and the one before finds nothing any more', async () => {
  const { ann, origin, anns } = await setUp();
  const [first, second] = [randomBytes(16), randomBytes(16)];
  const backups = await backupsOf(anns, ann, origin, first);
  await backups.backUp();
  await backups.setCode(second.slice());
  await backups.backUp();
  expect(backups.last?.counter).toBe(2);
  await expect(restoredDevice(origin, first, anns.identity)).rejects.toThrow(/no backup for this recovery code/);
  await restoredDevice(origin, second, anns.identity);
});

it('says why there is no backup: no code, no room, a server that keeps none, and a profile that is closed', async () => {
  const { ann, origin, anns, bobId } = await setUp({ BACKUP_MB: '1' });
  await expect((await backupsOf(anns, ann, origin)).backUp()).rejects.toThrow(/need a recovery code/);
  for (let i = 0; i < 60; i++) await ann.send(bobId, `${i} `.repeat(10_000));
  const backups = await backupsOf(anns, ann, origin, randomBytes(16));
  await expect(backups.backUp()).rejects.toEqual(new PlaceError('full'));
  expect([backups.last, backups.progress]).toEqual([undefined, undefined]);
  await ann.close();
  const none = await setUp({ MAILBOX: 'off' });
  const without = await backupsOf(none.anns, none.ann, none.origin, randomBytes(16));
  expect(without.onServer).toBe(false);
  await expect(without.backUp()).rejects.toEqual(new PlaceError('absent'));
  await without.close();
  await expect(without.backUp()).rejects.toThrow(/profile is closed/);
});

it('backs up by itself after a change', async () => {
  const { ann, origin, anns, bobId } = await setUp();
  const secret = randomBytes(16);
  const backups = await backupsOf(anns, ann, origin, secret, () => 10);
  await backups.setAutomatic(true);
  await eventually(() => (backups.last?.counter ?? 0) > 0);
  const { counter } = backups.last!;
  await ann.send(bobId, 'Ann 1');
  await delivered(ann, bobId);
  await eventually(() => backups.last!.counter > counter);
  // What came with the last change may need one more.
  await backups.setAutomatic(false);
  await backups.backUp();
  const device = await restoredDevice(origin, secret, anns.identity);
  const again = await openChat(device, { origin, network: new MemoryNetwork() });
  expect(await textsWith(again, bobId, 1)).toEqual(['Ann 1']);
});
