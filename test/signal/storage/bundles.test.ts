import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import {
  CLOCK_TOLERANCE,
  MAX_BUNDLE_LIFETIME,
  MAX_ONE_TIME_KEYS,
  ONE_TIME_KEYS_PER_INTERVAL,
  PREKEYS_PER_INTERVAL,
} from '../../../signal/wire/limits.ts';
import { randomBytes } from '../../parts/randomness.ts';
import { Client, DAY, person, random32, startServer, temporaryFolder, type Identity } from '../client.ts';
import { invite, listSenders, makeBundle, stage } from './stage.ts';

async function prekeys(client: Client, owner: Identity, ticket?: Bytes) {
  const shown = ticket ? { ticket } : {};
  const answer = await client.ask({ type: 'prekeys', fingerprint: owner.fingerprint, ...shown });
  if (answer.type === 'refused') return answer.code;
  if (answer.type !== 'prekeys') throw new Error(`The answer to prekeys is ${answer.type}.`);
  return { bundle: answer.bundle, oneTime: answer.oneTime };
}

async function stock(client: Client) {
  const answer = await client.ask({ type: 'stock' });
  if (answer.type !== 'stock') throw new Error(`The answer to stock is ${answer.type}.`);
  return [answer.sequence, answer.left];
}

/** Bob may leave parcels for Ann; Eve may not. */
async function annBobEve(env: Record<string, string> = {}) {
  const staged = await stage(['ann', 'bob', 'eve'], env);
  const [ann, bob, eve] = staged.people as [Identity, Identity, Identity];
  const [anns, bobs, eves] = staged.clients as [Client, Client, Client];
  await listSenders(anns, bob);
  return { ...staged, ann, bob, eve, anns, bobs, eves };
}

describe('prekeys', () => {
  test('are handed to whoever may leave parcels: the bundle, and each one-time key once', async () => {
    const { ann, anns, bobs } = await annBobEve();
    const { bundle, keys } = await makeBundle(ann, { sequence: 5 });
    expect(await stock(anns)).toEqual([0, 0]);
    expect(await prekeys(bobs, ann)).toEqual({ bundle: null, oneTime: null });
    expect(await anns.request({ type: 'publish', bundle, keys })).toBe('done');
    expect(await stock(anns)).toEqual([5, 3]);
    for (const [index, key] of keys.entries()) {
      expect(await prekeys(bobs, ann)).toEqual({ bundle, oneTime: { index, key } });
    }
    expect(await stock(anns)).toEqual([5, 0]);
    expect(await prekeys(bobs, ann)).toEqual({ bundle, oneTime: null });
  });

  test('are handed to nobody else, who does not learn whether there are any', async () => {
    const { ann, eve, anns, eves } = await annBobEve();
    const { bundle, keys } = await makeBundle(ann);
    const before = await prekeys(eves, ann);
    await anns.request({ type: 'publish', bundle, keys });
    expect([before, await prekeys(eves, ann), await prekeys(eves, eve)]).toEqual(Array(3).fill('not-allowed'));
    expect(await eves.request({ type: 'prekeys', fingerprint: random32() })).toBe('not-allowed');
    expect(await stock(anns)).toEqual([1, 3]);
  });

  test('are handed out once, also by a server that was started again in between', async () => {
    const env = { DATA_DIR: temporaryFolder() };
    const { server, ann, bob, anns, bobs } = await annBobEve(env);
    const { bundle, keys } = await makeBundle(ann);
    await anns.request({ type: 'publish', bundle, keys });
    await prekeys(bobs, ann);
    await server.close();
    const { origin } = await startServer({ ...env, PORT: String(server.port) });
    expect(await prekeys(await Client.enter(origin, bob), ann)).toEqual({
      bundle,
      oneTime: { index: 1, key: keys[1] },
    });
  });

  test(`come with ${ONE_TIME_KEYS_PER_INTERVAL} one-time keys for one who asks, then without; others get theirs`, async () => {
    const { ann, eve, anns, bobs, eves } = await annBobEve();
    await listSenders(anns, eve);
    const { bundle, keys } = await makeBundle(ann, {}, MAX_ONE_TIME_KEYS);
    await anns.request({ type: 'publish', bundle, keys });
    for (let i = 0; i < ONE_TIME_KEYS_PER_INTERVAL; i++)
      expect(await prekeys(bobs, ann)).toMatchObject({ bundle, oneTime: { index: i } });
    expect(await prekeys(bobs, ann)).toEqual({ bundle, oneTime: null });
    expect(await stock(anns)).toEqual([1, MAX_ONE_TIME_KEYS - ONE_TIME_KEYS_PER_INTERVAL]);
    expect(await prekeys(eves, ann)).toMatchObject({ oneTime: { index: ONE_TIME_KEYS_PER_INTERVAL } });
  });

  test('come with so many one-time keys for all who hold one invite, whatever they call themselves', async () => {
    const { ann, anns, bobs, eves, clock } = await annBobEve();
    await anns.request({ type: 'senders', add: [], remove: [(await person('bob')).fingerprint] });
    const { ticket } = await invite(anns, clock.now + DAY);
    const { bundle, keys } = await makeBundle(ann, {}, MAX_ONE_TIME_KEYS);
    await anns.request({ type: 'publish', bundle, keys });
    for (let i = 0; i < ONE_TIME_KEYS_PER_INTERVAL; i++) await prekeys(i % 2 ? bobs : eves, ann, ticket);
    for (const client of [bobs, eves]) expect(await prekeys(client, ann, ticket)).toEqual({ bundle, oneTime: null });
    expect(await stock(anns)).toEqual([1, MAX_ONE_TIME_KEYS - ONE_TIME_KEYS_PER_INTERVAL]);
  });

  test(`come without a one-time key beyond ${PREKEYS_PER_INTERVAL} requests of one address`, async () => {
    const { ann, eve, anns, bobs, eves } = await annBobEve();
    await listSenders(anns, eve);
    for (let i = 0; i < PREKEYS_PER_INTERVAL; i++) await prekeys(bobs, ann);
    const { bundle, keys } = await makeBundle(ann);
    await anns.request({ type: 'publish', bundle, keys });
    expect(await prekeys(eves, ann)).toEqual({ bundle, oneTime: null });
  });

  test('of a bundle that has expired are not handed out', async () => {
    const { ann, anns, bobs, clock } = await annBobEve();
    const { bundle, keys } = await makeBundle(ann, { expiry: clock.now + DAY });
    await anns.request({ type: 'publish', bundle, keys });
    clock.now += DAY - 1;
    expect(await prekeys(bobs, ann)).toMatchObject({ bundle });
    clock.now += 1;
    expect(await prekeys(bobs, ann)).toEqual({ bundle: null, oneTime: null });
    expect(await stock(anns)).toEqual([0, 0]);
  });
});

describe('a bundle', () => {
  test('takes the place of an older one, with its one-time keys', async () => {
    const { ann, anns, bobs } = await annBobEve();
    const [older, newer] = [await makeBundle(ann), await makeBundle(ann, { sequence: 2 }, 1)];
    for (const made of [older, newer]) expect(await anns.request({ type: 'publish', ...made })).toBe('done');
    expect(await stock(anns)).toEqual([2, 1]);
    expect(await prekeys(bobs, ann)).toEqual({ bundle: newer.bundle, oneTime: { index: 0, key: newer.keys[0] } });
    for (const late of [older, await makeBundle(ann, { sequence: 2 })]) {
      expect(await anns.request({ type: 'publish', ...late })).toBe('bad-bundle');
    }
    expect(await prekeys(bobs, ann)).toEqual({ bundle: newer.bundle, oneTime: null });
  });

  test('published again brings no one-time key back', async () => {
    const { ann, anns, bobs } = await annBobEve();
    const made = await makeBundle(ann);
    await anns.request({ type: 'publish', ...made });
    await prekeys(bobs, ann);
    expect(await anns.request({ type: 'publish', ...made })).toBe('done');
    expect(await stock(anns)).toEqual([1, 2]);
    expect(await prekeys(bobs, ann)).toMatchObject({ oneTime: { index: 1 } });
  });

  test('is refused unless its own identity signed it', async () => {
    const { ann, eve, eves } = await annBobEve();
    const stolen = await makeBundle(ann);
    const forged = await makeBundle(eve, { fingerprint: ann.fingerprint });
    const claimed = await makeBundle(ann, { fingerprint: eve.fingerprint });
    for (const made of [stolen, forged, claimed]) {
      expect(await eves.request({ type: 'publish', ...made })).toBe('bad-bundle');
    }
    expect(await eves.request({ type: 'publish', bundle: randomBytes(2000), keys: [] })).toBe('bad-bundle');
  });

  test('is refused with one-time keys that are not those it signs, each in its place', async () => {
    const { ann, anns } = await annBobEve();
    const { bundle, keys } = await makeBundle(ann);
    const [first, second, third] = keys as [Bytes, Bytes, Bytes];
    for (const wrong of [
      [],
      [first, second],
      [second, first, third],
      [...keys, first],
      [first, second, randomBytes(1216)],
    ]) {
      expect(await anns.request({ type: 'publish', bundle, keys: wrong })).toBe('bad-bundle');
    }
    expect(await anns.request({ type: 'publish', bundle, keys })).toBe('done');
  });

  test('is good for at most MAX_BUNDLE_LIFETIME, by a clock that may be a day off', async () => {
    const { ann, anns, clock } = await annBobEve();
    const most = clock.now + MAX_BUNDLE_LIFETIME + CLOCK_TOLERANCE;
    let sequence = 0;
    const publish = async (expiry: number) =>
      anns.request({ type: 'publish', ...(await makeBundle(ann, { sequence: ++sequence, expiry }, 0)) });
    expect(await publish(most + 1)).toBe('bad-bundle');
    expect(await publish(most)).toBe('done');
    expect(await publish(clock.now)).toBe('bad-bundle');
    expect(await publish(clock.now + 1)).toBe('done');
  });

  test('with all the one-time keys it may have fits one message', async () => {
    const { ann, anns } = await annBobEve();
    expect(await anns.request({ type: 'publish', ...(await makeBundle(ann, {}, MAX_ONE_TIME_KEYS)) })).toBe('done');
    expect(await stock(anns)).toEqual([1, MAX_ONE_TIME_KEYS]);
  });
});
