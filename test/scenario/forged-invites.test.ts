/** Links that name somebody who did not make them: they lead nowhere, and take nothing away. */
import { expect, it } from 'vitest';
import { fromHex } from '../../signal/wire/bytes.ts';
import { previewInvite } from '../../app/core/chat/preview.ts';
import { createInvite, inviteKeys, sealInviteNote } from '../../app/core/identity/invite.ts';
import { Client, person, startServer } from '../signal/client.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { connected, conversation, invite, meet, newDevice, openChat, signIn, until } from '../parts/people.ts';

it('a link in the name of somebody else is nobody’s, and does not take the place of a good one (fault 21)', async () => {
  const { origin } = await startServer();
  const place = { origin, network: new MemoryNetwork() };
  const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
  const ann = await openChat(anns, place);
  await signIn(ann);
  const good = invite((await ann.createInvite()).link);
  await ann.close();

  // Eve makes a link that names Ann, and announces it to the server as her own, with a name of her choice.
  const eve = await Client.enter(origin, await person('Eve'));
  const forged = createInvite(origin, fromHex(ann.fingerprint)!, Date.now());
  const keys = await inviteKeys(forged);
  const note = await sealInviteNote(keys, 'Your bank');
  expect(await eve.request({ type: 'invite', id: keys.id, expiry: forged.expiry, note })).toBe('done');
  expect(await previewInvite(forged, Date.now())).toEqual({ state: 'unknown', name: undefined, knock: false });
  expect(await previewInvite(good, Date.now())).toEqual({ state: 'live', name: 'Ann', knock: false });

  const bob = await openChat(bobs, place);
  await signIn(bob);
  await bob.join(good, 'Ann');
  await bob.join(forged, 'Your bank');
  expect(bob.conversations.map(({ name }) => name)).toEqual(['Ann']);
  const annAgain = await openChat(anns, place);
  await signIn(annAgain);
  await Promise.all([connected(annAgain, bob.fingerprint), connected(bob, ann.fingerprint)]);
});

it('a link in the name of somebody known keeps nobody apart, also while the server says nothing of it', async () => {
  const { origin } = await startServer();
  const place = { origin, network: new MemoryNetwork() };
  const bobs = await newDevice('Bob');
  const { ann, bob } = await meet(place, await newDevice('Ann'), bobs);
  await bob.close();
  await until(ann, () => conversation(ann, bob.fingerprint)?.connection === 'away');
  // So many links were opened from her address that the server answers none for a while.
  const own = invite((await ann.createInvite()).link);
  while ((await previewInvite(own, Date.now())).state !== 'unreachable');
  const forged = createInvite(origin, fromHex(bob.fingerprint)!, Date.now());

  await ann.join(forged);
  const again = await openChat(bobs, place);
  await signIn(again);
  await Promise.all([connected(again, ann.fingerprint), connected(ann, bob.fingerprint)]);
});
