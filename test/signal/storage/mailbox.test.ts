import { describe, expect, test } from 'vitest';
import { CloseCode } from '../../../signal/wire/close-codes.ts';
import {
  MAX_PARCEL_BYTES,
  MAX_PARCELS_BYTES,
  MAX_SENDERS,
  MAX_TAKEN,
  MAX_WATCH_BATCH,
} from '../../../signal/wire/limits.ts';
import { nextBeat } from '../beat.ts';
import { randomBytes } from '../../parts/randomness.ts';
import { Client, DAY, person, random32, startServer, temporaryFolder, type Identity } from '../client.ts';
import { collect, collectAll, deposit, listSenders, stage, type Stage } from './stage.ts';

/** Bob may leave parcels for Ann; Eve may not. */
async function annBobEve(env: Record<string, string> = {}, parts: Parameters<typeof stage>[2] = {}) {
  const staged = await stage(['ann', 'bob', 'eve'], env, parts);
  const [ann, bob, eve] = staged.people as [Identity, Identity, Identity];
  const [anns, bobs, eves] = staged.clients as [Client, Client, Client];
  await listSenders(anns, bob);
  return { ...staged, ann, bob, eve, anns, bobs, eves };
}

/** Ann again, at a server whose clock has been put forward. */
async function annAt({ origin, clock }: Stage): Promise<Client> {
  const ann = await person('ann');
  return Client.enter(origin, ann, { card: await ann.newCard({ sequence: clock.now, until: clock.now + DAY }) });
}

describe('a parcel', () => {
  test('waits for its recipient, and says from whom it is', async () => {
    const { ann, bob, anns, bobs } = await annBobEve();
    const parcels = [randomBytes(2000), randomBytes(1), randomBytes(MAX_PARCEL_BYTES)];
    for (const parcel of parcels) expect(await deposit(bobs, ann, parcel)).toBe('done');
    const all = await collectAll(anns);
    expect(all.map(({ parcel }) => parcel)).toEqual(parcels);
    expect(all.map(({ from }) => from)).toEqual(parcels.map(() => bob.fingerprint));
    expect(all.map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  test('survives a restart of the server', async () => {
    const env = { DATA_DIR: temporaryFolder() };
    const { server, ann, anns, bobs } = await annBobEve(env);
    const parcel = randomBytes(2000);
    await deposit(bobs, ann, parcel);
    anns.socket.close();
    await server.close();
    const again = await startServer({ ...env, PORT: String(server.port) });
    expect((await collect(await Client.enter(again.origin, ann))).parcels).toMatchObject([{ number: 1, parcel }]);
  });

  test('left again while it waits is there once; left by another, it is another', async () => {
    const { ann, bob, eve, anns, bobs, eves } = await annBobEve();
    await listSenders(anns, eve);
    const parcel = randomBytes(2000);
    for (const client of [eves, bobs, bobs, eves]) expect(await deposit(client, ann, parcel)).toBe('done');
    expect((await collect(anns)).parcels.map(({ from }) => from)).toEqual([eve.fingerprint, bob.fingerprint]);
  });

  test('is left only by those on the list, and by them no longer once they are taken off', async () => {
    const { ann, bob, eve, anns, bobs, eves } = await annBobEve();
    expect(await deposit(eves, ann, randomBytes(100))).toBe('not-allowed');
    expect(await deposit(anns, bob, randomBytes(100))).toBe('not-allowed');
    expect(await deposit(eves, ann, randomBytes(100), random32())).toBe('not-allowed');
    expect(await anns.request({ type: 'senders', add: [eve.fingerprint], remove: [bob.fingerprint] })).toBe('done');
    expect(await deposit(bobs, ann, randomBytes(100))).toBe('not-allowed');
    expect(await deposit(eves, ann, randomBytes(100))).toBe('done');
    expect((await collect(anns)).parcels).toMatchObject([{ from: eve.fingerprint }]);
  });

  test('is refused alike whether its recipient is here, away, or not known at all', async () => {
    const { ann, anns, eves } = await annBobEve();
    const answers = [await eves.ask({ type: 'deposit', to: ann.fingerprint, parcel: randomBytes(100) })];
    anns.socket.close();
    await anns.closed;
    answers.push(await eves.ask({ type: 'deposit', to: ann.fingerprint, parcel: randomBytes(100) }));
    answers.push(await eves.ask({ type: 'deposit', to: random32(), parcel: randomBytes(100) }));
    expect(answers.map(({ ref: _, ...rest }) => rest)).toEqual(
      answers.map(() => ({ type: 'refused', code: 'not-allowed' })),
    );
  });

  test('is forgotten after MAILBOX_DAYS, and not a moment before', async () => {
    const staged = await annBobEve({ MAILBOX_DAYS: '3' }, { timing: { pingInterval: 100 } });
    const { clock, ann, bobs } = staged;
    await deposit(bobs, ann, randomBytes(100));
    clock.now += 3 * DAY - 1;
    const client = await annAt(staged);
    await nextBeat(client);
    expect((await collect(client)).parcels).toHaveLength(1);
    clock.now += 1;
    expect((await collect(client)).parcels).toEqual([]);
    await nextBeat(client);
    clock.now -= 1;
    expect((await collect(client)).parcels).toEqual([]);
  });
});

describe('collecting', () => {
  test('begins behind a number, and gives so much at a time', async () => {
    const { ann, anns, bobs } = await annBobEve();
    const half = MAX_PARCELS_BYTES / 2;
    for (const size of [half, half, half + 1, half]) await deposit(bobs, ann, randomBytes(size));
    const numbers = async (after: number) => {
      const { parcels, more } = await collect(anns, after);
      return [parcels.map(({ number }) => number), more];
    };
    expect(await numbers(0)).toEqual([[1, 2], true]);
    expect(await numbers(1)).toEqual([[2], true]);
    expect(await numbers(2)).toEqual([[3], true]);
    expect(await numbers(3)).toEqual([[4], false]);
    expect(await numbers(4)).toEqual([[], false]);
    expect(await numbers(Number.MAX_SAFE_INTEGER)).toEqual([[], false]);
  });

  test('gives no more than MAX_TAKEN, however small they are', async () => {
    const { ann, anns, bobs } = await annBobEve();
    for (let i = 0; i <= MAX_TAKEN; i++) await deposit(bobs, ann, Uint8Array.of(i));
    const first = await collect(anns);
    expect([first.parcels.length, first.more]).toEqual([MAX_TAKEN, true]);
    expect(await collect(anns, MAX_TAKEN)).toMatchObject({ parcels: [{ number: MAX_TAKEN + 1 }], more: false });
  });

  test('removes nothing; taking does, and a number is never given twice', async () => {
    const { ann, anns, bobs } = await annBobEve();
    for (let i = 0; i < 3; i++) await deposit(bobs, ann, Uint8Array.of(i));
    await collect(anns);
    expect(await anns.request({ type: 'taken', numbers: [1, 3, 3, 99] })).toBe('done');
    expect((await collect(anns)).parcels.map(({ number }) => number)).toEqual([2]);
    expect(await anns.request({ type: 'taken', numbers: [2] })).toBe('done');
    expect((await collect(anns)).parcels).toEqual([]);
    await deposit(bobs, ann, Uint8Array.of(9));
    expect((await collect(anns)).parcels.map(({ number }) => number)).toEqual([4]);
  });

  test("neither shows nor removes what is in another's inbox", async () => {
    const { ann, anns, bobs, eves } = await annBobEve();
    await deposit(bobs, ann, randomBytes(100));
    expect(await eves.request({ type: 'taken', numbers: [1] })).toBe('done');
    expect((await collect(eves)).parcels).toEqual([]);
    expect((await collect(anns)).parcels).toHaveLength(1);
  });
});

describe('mail', () => {
  test('is told to a recipient who is here, once the parcel is there to be collected', async () => {
    const { ann, anns, bobs } = await annBobEve();
    await deposit(bobs, ann, randomBytes(100));
    await anns.take('mail');
    expect((await collect(anns)).parcels).toHaveLength(1);
    await deposit(bobs, ann, randomBytes(100));
    await anns.take('mail');
    expect((await collect(anns)).parcels).toHaveLength(2);
  });

  test('is told once until it is asked for, and not of what was there', async () => {
    const { ann, anns, bobs } = await annBobEve();
    const parcel = randomBytes(100);
    for (const one of [parcel, randomBytes(100), parcel]) await deposit(bobs, ann, one);
    await anns.settle();
    expect(anns.inbox).toEqual([{ type: 'mail' }]);
    await anns.take('mail');
    await collect(anns);
    await deposit(bobs, ann, parcel);
    await anns.settle();
    expect(anns.inbox).toEqual([]);
  });

  test('is told to nobody else, and of nothing that was refused', async () => {
    const { ann, anns, bobs, eves } = await annBobEve();
    await deposit(eves, ann, randomBytes(100));
    for (const client of [anns, bobs, eves]) await client.settle();
    expect([...anns.inbox, ...bobs.inbox, ...eves.inbox]).toEqual([]);
  });
});

describe('the list of senders', () => {
  test('has room for MAX_SENDERS, and changes as a whole or not at all', async () => {
    const { ann, bob, anns, bobs } = await annBobEve();
    const add = (count: number) => Array.from({ length: count }, random32);
    for (let listed = 1; listed < MAX_SENDERS;) {
      const count = Math.min(MAX_WATCH_BATCH, MAX_SENDERS - listed);
      expect(await anns.request({ type: 'senders', add: add(count), remove: [] })).toBe('done');
      listed += count;
    }
    expect(await anns.request({ type: 'senders', add: add(2), remove: [bob.fingerprint] })).toBe('too-many');
    expect(await deposit(bobs, ann, randomBytes(100))).toBe('done');
    expect(await anns.request({ type: 'senders', add: add(1), remove: [bob.fingerprint] })).toBe('done');
    expect(await deposit(bobs, ann, randomBytes(100))).toBe('not-allowed');
  });
});

describe('a hostile client', () => {
  test('is closed for a parcel that is too large, or none at all', async () => {
    const { ann, bobs, eves } = await annBobEve();
    bobs.send({ type: 'deposit', ref: 1, to: ann.fingerprint, parcel: randomBytes(MAX_PARCEL_BYTES + 1) });
    expect(await bobs.closed).toBe(CloseCode.badMessage);
    eves.send({ type: 'deposit', ref: 1, to: ann.fingerprint, parcel: new Uint8Array(0) });
    expect(await eves.closed).toBe(CloseCode.badMessage);
  });

  test('is closed for taking more at a time than it may', async () => {
    const { anns } = await annBobEve();
    const numbers = Array.from({ length: MAX_TAKEN + 1 }, (_, i) => i);
    expect(await anns.request({ type: 'taken', numbers: numbers.slice(1) })).toBe('done');
    anns.send({ type: 'taken', ref: 1, numbers });
    expect(await anns.closed).toBe(CloseCode.badMessage);
  });
});
