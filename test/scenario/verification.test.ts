/** Two people compare their keys, and somebody else comes with the name of one of them. */
import { beforeAll, expect, it } from 'vitest';
import { createIdentity } from '../../app/core/identity/identity.ts';
import { startServer } from '../signal/client.ts';
import { NOW, pairsOf } from '../parts/identities.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import {
  connected,
  conversation,
  delivered,
  invite,
  meet,
  messages,
  deviceAs,
  newDevice,
  onPage,
  openChat,
  signIn,
  until,
} from '../parts/people.ts';

beforeAll(async () => {
  for (const name of ['Ann', 'Bob', 'Somebody else']) await pairsOf(name);
});

it('gives two people one number, and remembers who was verified', async () => {
  const place = { origin: (await startServer()).origin, network: new MemoryNetwork() };
  const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
  const { ann, bob } = await meet(place, anns, bobs);
  const [annsView, bobsView] = [
    await ann.verification.safetyNumber(bob.fingerprint),
    await bob.verification.safetyNumber(ann.fingerprint),
  ];
  expect(bobsView.digits).toBe(annsView.digits);
  expect(await ann.verification.scan(bob.fingerprint, bobsView.code)).toBeUndefined();
  await until(ann, () => conversation(ann, bob.fingerprint)?.verified);
  expect(conversation(bob, ann.fingerprint)?.verified).toBe(false);
  await ann.close();

  // Also after a handshake that pins anew.
  const again = await openChat(anns, place);
  expect(conversation(again, bob.fingerprint)?.verified).toBe(true);
  await signIn(again);
  await connected(again, bob.fingerprint);
  expect(conversation(again, bob.fingerprint)?.verified).toBe(true);
});

it('writes nothing to a newcomer with the name of somebody verified, until the newcomer is verified, too', async () => {
  const place = { origin: (await startServer()).origin, network: new MemoryNetwork() };
  const { ann, bob } = await meet(place, await newDevice('Ann'), await newDevice('Bob'));
  await ann.verification.mark(bob.fingerprint, true);

  const identity = await createIdentity(await pairsOf('Somebody else'), 'Bob', NOW);
  const other = await openChat(await deviceAs(await newDevice('Bob'), identity), place);
  await signIn(other);
  await other.join(invite((await ann.createInvite()).link), 'Ann');
  await Promise.all([connected(ann, other.fingerprint), connected(other, ann.fingerprint)]);
  expect(conversation(ann, other.fingerprint)).toMatchObject({ name: 'Bob', held: true, verified: false });
  expect(onPage(conversation(ann, other.fingerprint)?.namesake)).toContain('You know another Bob');
  await expect(ann.send(other.fingerprint, 'our secret')).rejects.toThrow('You know another Bob');
  // What the newcomer says is taken, and acknowledged.
  await other.send(ann.fingerprint, 'it is me');
  await delivered(other, ann.fingerprint);
  expect((await messages(ann, other.fingerprint, (all) => all.length > 0)).map(({ text }) => text)).toEqual([
    'it is me',
  ]);

  // The one who was known is written to as ever.
  expect(conversation(ann, bob.fingerprint)).toMatchObject({ held: false, namesake: undefined });
  await ann.send(bob.fingerprint, 'is it you?');
  await delivered(ann, bob.fingerprint);

  const { code } = await other.verification.safetyNumber(ann.fingerprint);
  expect(await ann.verification.scan(other.fingerprint, code)).toBeUndefined();
  await ann.send(other.fingerprint, 'it is');
  await delivered(ann, other.fingerprint);
  expect((await messages(other, ann.fingerprint, (all) => all.length > 1)).map(({ text }) => text)).toEqual([
    'it is me',
    'it is',
  ]);
});

it('takes nobody’s word for a name of somebody else: who was verified by another is so no more', async () => {
  const place = { origin: (await startServer()).origin, network: new MemoryNetwork() };
  const { ann, bob } = await meet(place, await newDevice('Ann'), await newDevice('Bob'));
  const eves = await deviceAs(await newDevice('Eve'), await createIdentity(await pairsOf('Somebody else'), 'Eve', NOW));
  const eve = await openChat(eves, place);
  await signIn(eve);
  await eve.join(invite((await ann.createInvite()).link), 'Ann');
  await Promise.all([connected(ann, eve.fingerprint), connected(eve, ann.fingerprint)]);
  for (const one of [bob, eve]) await ann.verification.mark(one.fingerprint, true);

  const called = async (name: string) => {
    const before = await openChat(eves, place);
    await before.rename(name);
    await before.close();
    const again = await openChat(eves, place);
    await signIn(again);
    await until(ann, () => conversation(ann, eve.fingerprint)?.name === name);
    await again.close();
  };
  await eve.close();
  await called('Evelyn');
  expect(conversation(ann, eve.fingerprint)).toMatchObject({ verified: true, held: false });
  await called('Bob');
  expect(conversation(ann, eve.fingerprint)).toMatchObject({ verified: false, held: true });
  expect(conversation(ann, bob.fingerprint)).toMatchObject({ verified: true, held: false });
  await expect(ann.send(eve.fingerprint, 'our secret')).rejects.toThrow('You know another Bob');
});
