/** Cards that change between two meetings: newer ones are taken, older ones are not. */
import { expect, it } from 'vitest';
import { createIdentity } from '../../app/core/identity/identity.ts';
import { startServer } from '../signal/client.ts';
import { DAY, NOW, pairsOf } from '../parts/identities.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import {
  connected,
  conversation,
  delivered,
  deviceAs,
  meet,
  newDevice,
  openChat,
  signIn,
  until,
} from '../parts/people.ts';
import { decodeFrame } from '../../app/core/transport/frames.ts';

const kindsOf = (network: MemoryNetwork) => network.carried.map((frame) => decodeFrame(frame)?.kind);

it('takes a newer card and the name that comes with it, and from then on none that is older', async () => {
  const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
  const first = await meet({ origin: (await startServer()).origin, network: new MemoryNetwork() }, anns, bobs);
  const [annId, bobId] = [first.ann.fingerprint, first.bob.fingerprint];
  await first.bob.close();
  await first.ann.close();

  const newer = await deviceAs(bobs, await createIdentity(await pairsOf('Bob'), 'Robert', NOW + DAY / 2));
  const second = { origin: (await startServer()).origin, network: new MemoryNetwork() };
  const [ann, robert] = [await openChat(anns, second), await openChat(newer, second)];
  await Promise.all([signIn(ann), signIn(robert)]);
  await connected(ann, bobId);
  expect(conversation(ann, bobId)?.name).toBe('Robert');
  await robert.close();
  await ann.close();

  // On a server that has never seen the newer card, somebody brings back the old one.
  const third = { origin: (await startServer()).origin, network: new MemoryNetwork() };
  const [annAgain, old] = [await openChat(anns, third), await openChat(bobs, third)];
  await Promise.all([signIn(annAgain), signIn(old)]);
  const shown = () => kindsOf(third.network).some((kind) => kind === 'm2' || kind === 'm3');
  await expect.poll(shown, { timeout: 15_000 }).toBe(true);
  for (let turn = 0; turn < 300; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(conversation(annAgain, bobId)).toMatchObject({ name: 'Robert', connection: 'connecting' });
  expect(kindsOf(third.network)).not.toContain('envelope');
  await old.close();

  const back = await openChat(newer, third);
  await signIn(back);
  await until(annAgain, () => conversation(annAgain, bobId)?.connection === 'direct');
  await back.send(annId, 'it is me');
  await delivered(back, annId);
});
