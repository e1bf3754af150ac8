import { expect, test } from 'vitest';
import { MAX_CARD_BYTES } from '../../signal/wire/limits.ts';
import { Client, DAY, person, random32, startServer } from './client.ts';

test('a card is found by its fingerprint, byte for byte', async () => {
  const { origin } = await startServer();
  const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
  await Client.enter(origin, ann);
  const client = await Client.enter(origin, bob);
  expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(ann.card);
});

test('an unknown fingerprint has no card', async () => {
  const { origin } = await startServer();
  const client = await Client.enter(origin, await person('ann'));
  expect(await client.request({ type: 'lookup', fingerprint: random32() })).toBeNull();
});

test("a newer card takes the older one's place", async () => {
  const { origin } = await startServer();
  const ann = await person('ann');
  const client = await Client.enter(origin, ann);
  const newer = await ann.newCard({ sequence: Date.now() + 1000 });
  expect(await client.request({ type: 'register', card: newer })).toBe('done');
  expect(await client.request({ type: 'register', card: newer })).toBe('done');
  expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(newer);
});

test('an older card, or another of the same sequence, is refused', async () => {
  const { origin } = await startServer();
  const ann = await person('ann');
  const client = await Client.enter(origin, ann);
  const stored = await ann.newCard({ sequence: Date.now() + 1000 });
  expect(await client.request({ type: 'register', card: stored })).toBe('done');
  expect(await client.request({ type: 'register', card: ann.card })).toBe('bad-card');
  const rival = await ann.newCard({ sequence: Date.now() + 1000, capabilities: 1 });
  const twin = await ann.newCard({ sequence: 4_000_000_000_000, capabilities: 1 });
  expect(await client.request({ type: 'register', card: twin })).toBe('done');
  const otherTwin = await ann.newCard({ sequence: 4_000_000_000_000, capabilities: 2 });
  expect(await client.request({ type: 'register', card: otherTwin })).toBe('bad-card');
  expect(await client.request({ type: 'register', card: rival })).toBe('bad-card');
  expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(twin);
});

test('a card that is not valid yet, or not any more, is refused', async () => {
  const { origin } = await startServer();
  const ann = await person('ann');
  const client = await Client.enter(origin, ann);
  const sequence = Date.now() + DAY;
  const early = await ann.newCard({ sequence, from: Date.now() + 2 * DAY });
  expect(await client.request({ type: 'register', card: early })).toBe('bad-card');
  const late = await ann.newCard({ sequence, from: 0, until: Date.now() - 2 * DAY });
  expect(await client.request({ type: 'register', card: late })).toBe('bad-card');
});

test('a card signed by someone else, or not a card at all, is refused', async () => {
  const { origin } = await startServer();
  const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
  const client = await Client.enter(origin, ann);
  expect(await client.request({ type: 'register', card: bob.card })).toBe('not-allowed');
  expect(await client.request({ type: 'register', card: new Uint8Array(MAX_CARD_BYTES) })).toBe('bad-card');
});

test('one and the same key for signing and wrapping is refused', async () => {
  const { origin } = await startServer();
  const ann = await person('ann');
  const client = await Client.enter(origin, ann);
  // The signing key follows the fixed fields and its own length.
  const signingKey = ann.card.slice(33, 33 + 422);
  const card = await ann.newCard({ sequence: Date.now() + DAY, wrappingKey: signingKey });
  expect(await client.request({ type: 'register', card })).toBe('bad-card');
});

test('a signal reaches whom it is for, as it was sent', async () => {
  const { origin } = await startServer();
  const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
  const sender = await Client.enter(origin, ann);
  const recipient = await Client.enter(origin, bob);
  const payload = random32();
  sender.send({ type: 'signal', to: bob.fingerprint, payload });
  expect(await recipient.take('signal')).toEqual({ type: 'signal', from: ann.fingerprint, payload });
});

test('the sender of a signal is never told whether the recipient is here, or exists', async () => {
  const { origin } = await startServer();
  const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
  const sender = await Client.enter(origin, ann);
  await Client.enter(origin, bob);
  sender.send({ type: 'signal', to: bob.fingerprint, payload: random32() });
  sender.send({ type: 'signal', to: random32(), payload: random32() });
  await sender.settle();
  expect(sender.inbox).toEqual([]);
});
