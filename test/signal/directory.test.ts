import { describe, expect, test } from 'vitest';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import { CARD_RETENTION, MAX_CARD_BYTES, NEWCOMERS_PER_INTERVAL } from '../../signal/wire/limits.ts';
import { nextBeat } from './beat.ts';
import { Client, DAY, makeTicket, person, random32, signAcceptance, startServer } from './client.ts';
import { cheapIdentities } from './cheap-identities.ts';

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

describe('the card of someone who does not come', () => {
  async function stage(env: Record<string, string> = {}) {
    const clock = { now: Date.now() };
    const { origin } = await startServer(env, { now: () => clock.now, timing: { pingInterval: 50 } });
    const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
    const token = env.ACCESS_TOKEN ? { token: env.ACCESS_TOKEN } : {};
    const away = await Client.enter(origin, ann, token);
    const late = async (identity = bob) =>
      Client.enter(origin, identity, { card: await identity.newCard({ sequence: clock.now, until: clock.now + DAY }) });
    return { clock, origin, ann, bob, token, away, late };
  }

  test('is forgotten after CARD_RETENTION, and not before', async () => {
    const { clock, ann, late } = await stage();
    clock.now += CARD_RETENTION - 1;
    const client = await late();
    await nextBeat(client);
    expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(ann.card);
    clock.now += 1;
    await nextBeat(client);
    expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toBeNull();
  });

  test('counts from their last login', async () => {
    const { clock, origin, ann, late } = await stage();
    clock.now += 2 * DAY;
    await Client.enter(origin, ann);
    clock.now += CARD_RETENTION - 1;
    const client = await late();
    await nextBeat(client);
    expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(ann.card);
  });

  test('is kept while a live invite names them', async () => {
    const { clock, ann, bob, away, late } = await stage();
    const { id } = await makeTicket();
    clock.now += CARD_RETENTION - DAY;
    const invite = { type: 'invite', id, expiry: clock.now + 7 * DAY, note: new Uint8Array(0) } as const;
    expect(await away.request(invite)).toBe('done');
    clock.now += DAY;
    const client = await late(bob);
    await nextBeat(client);
    expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(ann.card);
    clock.now += 7 * DAY;
    await nextBeat(client);
    expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toBeNull();
  });

  test('is kept while they are a member', async () => {
    const ACCESS_TOKEN = 'the-token-of-the-owner';
    const { clock, ann, bob, away, late } = await stage({ ACCESS_TOKEN });
    const { id } = await makeTicket();
    const invite = { type: 'invite', id, expiry: clock.now + 7 * DAY, note: new Uint8Array(0) } as const;
    expect(await away.request(invite)).toBe('done');
    const signature = await signAcceptance(ann, id, bob.fingerprint);
    expect(await away.request({ type: 'accept', id, guest: bob.fingerprint, signature })).toBe('done');
    clock.now += CARD_RETENTION;
    const client = await late(bob);
    await nextBeat(client);
    expect(await client.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(ann.card);
  });
});

test('so many newcomers come from one address, and those who are known come all the same', async () => {
  const { origin } = await startServer();
  const newcomers = await cheapIdentities(NEWCOMERS_PER_INTERVAL + 1);
  for (const newcomer of newcomers.slice(0, -1)) (await Client.enter(origin, newcomer)).socket.close();
  const refused = await Client.connect(origin);
  await refused.login(newcomers.at(-1)!);
  expect(await refused.closed).toBe(CloseCode.tooMany);
  await Client.enter(origin, newcomers[0]!);
});
