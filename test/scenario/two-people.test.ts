/** Two people meet by an invite and talk: the whole core, a real server, and a network in memory. */
import { expect, it } from 'vitest';
import { startServer } from '../signal/client.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { connected, conversation, invite, messages, newDevice, openChat, until } from '../parts/people.ts';

it('lets two people meet by an invite and exchange messages both ways', async () => {
  const { origin } = await startServer();
  const place = { origin, network: new MemoryNetwork() };
  const ann = await openChat(await newDevice('Ann'), place);
  const bob = await openChat(await newDevice('Bob'), place);
  ann.connect();
  bob.connect();
  await until(ann, () => ann.server === 'connected');
  await until(bob, () => bob.server === 'connected');
  const { link } = await ann.createInvite();
  await bob.join(invite(link), 'Ann');
  await connected(ann, bob.fingerprint);
  await connected(bob, ann.fingerprint);
  expect(conversation(ann, bob.fingerprint)?.name).toBe('Bob');
  expect(ann.invites).toEqual([]);

  await ann.send(bob.fingerprint, 'Hello Bob');
  await bob.send(ann.fingerprint, 'Hello Ann');
  const atBob = await messages(
    bob,
    ann.fingerprint,
    (all) => all.length === 2 && all.every(({ mine, state }) => !mine || state === 'Delivered'),
  );
  expect(atBob.map(({ text }) => text).sort()).toEqual(['Hello Ann', 'Hello Bob']);
  await messages(
    ann,
    bob.fingerprint,
    (all) => all.length === 2 && all.every(({ mine, state }) => !mine || state === 'Delivered'),
  );
});
