import { describe, expect, test } from 'vitest';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import { MAX_WATCH_BATCH, MAX_WATCHED } from '../../signal/wire/limits.ts';
import { Client, DAY, makeTicket, person, random32, startServer, type Identity } from './client.ts';

async function watch(client: Client, ...peers: Identity[]): Promise<void> {
  client.send({ type: 'watch', peers: peers.map(({ fingerprint }) => ({ fingerprint })) });
  await client.settle();
}

/** What someone is told of another once everything before has been handled. */
async function told(client: Client): Promise<[string, boolean][]> {
  await client.settle();
  return client.takePresence();
}

describe('presence', () => {
  test('is told to those who watch each other, as they come and go', async () => {
    const { origin } = await startServer();
    const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
    const annHere = await Client.enter(origin, ann);
    await watch(annHere, bob);
    expect(annHere.takePresence()).toEqual([[bob.hex, false]]);

    const bobHere = await Client.enter(origin, bob);
    await watch(bobHere, ann);
    expect(bobHere.takePresence()).toEqual([[ann.hex, true]]);
    expect(await told(annHere)).toEqual([[bob.hex, true]]);

    bobHere.socket.close();
    await annHere.take('presence').then(({ present }) => expect(present).toBe(false));
  });

  test('is hidden from whoever is not watched back: they hear "absent", as of anyone away', async () => {
    const { origin } = await startServer();
    const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
    const bobHere = await Client.enter(origin, bob);
    const annHere = await Client.enter(origin, ann);
    await watch(annHere, bob);
    expect(annHere.takePresence()).toEqual([[bob.hex, false]]);

    await watch(bobHere, await person('cat'));
    bobHere.socket.close();
    await bobHere.closed;
    const bobAgain = await Client.enter(origin, bob);
    await bobAgain.settle();
    expect(await told(annHere)).toEqual([]);
  });

  test('is told to no stranger', async () => {
    const { origin } = await startServer();
    const [ann, bob, cat] = await Promise.all([person('ann'), person('bob'), person('cat')]);
    const stranger = await Client.enter(origin, cat);
    const annHere = await Client.enter(origin, ann);
    const bobHere = await Client.enter(origin, bob);
    await watch(annHere, bob, cat);
    await watch(bobHere, ann);
    expect(await told(stranger)).toEqual([]);
  });

  test('ends when one of the two stops watching', async () => {
    const { origin } = await startServer();
    const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
    const annHere = await Client.enter(origin, ann);
    const bobHere = await Client.enter(origin, bob);
    await watch(annHere, bob);
    await watch(bobHere, ann);
    await told(annHere);
    bobHere.takePresence();

    bobHere.send({ type: 'unwatch', peers: [ann.fingerprint] });
    expect(await told(bobHere)).toEqual([]);
    expect(await told(annHere)).toEqual([[bob.hex, false]]);
    await watch(bobHere, ann);
    expect(await told(annHere)).toEqual([[bob.hex, true]]);
  });

  test('does not flicker when a newer login replaces an older one', async () => {
    const { origin } = await startServer();
    const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
    const annHere = await Client.enter(origin, ann);
    const older = await Client.enter(origin, bob);
    await watch(annHere, bob);
    await watch(older, ann);
    await told(annHere);

    const newer = await Client.enter(origin, bob);
    expect(await older.closed).toBe(CloseCode.replaced);
    await watch(newer, ann);
    expect(newer.takePresence()).toEqual([[ann.hex, true]]);
    expect(await told(annHere)).toEqual([]);

    newer.socket.close();
    await newer.closed;
    await annHere.take('presence').then(({ present }) => expect(present).toBe(false));
  });
});

describe('presence by an invite', () => {
  async function invited() {
    const clock = { now: Date.now() };
    const { origin } = await startServer({}, { now: () => clock.now });
    const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
    const inviter = await Client.enter(origin, ann);
    const { ticket, id } = await makeTicket();
    const added = { type: 'invite', id, expiry: clock.now + DAY, note: new Uint8Array(0) } as const;
    expect(await inviter.request(added)).toBe('done');
    const guest = await Client.enter(origin, bob);
    const watchBy = async (shown: Uint8Array<ArrayBuffer>) => {
      guest.send({ type: 'watch', peers: [{ fingerprint: ann.fingerprint, ticket: shown }] });
      await guest.settle();
      return guest.takePresence();
    };
    return { origin, clock, ann, bob, inviter, guest, ticket, id, watchBy };
  }

  test('tells its holder of its maker, who need not know them', async () => {
    const { origin, ann, inviter, guest, ticket, watchBy } = await invited();
    expect(await watchBy(ticket)).toEqual([[ann.hex, true]]);
    expect(await told(inviter)).toEqual([]);
    inviter.socket.close();
    await inviter.closed;
    await guest.take('presence').then(({ present }) => expect(present).toBe(false));
    await (await Client.enter(origin, ann)).settle();
    expect(await told(guest)).toEqual([[ann.hex, true]]);
  });

  test('tells nothing to the holder of a wrong ticket', async () => {
    const { ann, watchBy } = await invited();
    expect(await watchBy(random32())).toEqual([[ann.hex, false]]);
  });

  test('tells nothing of anyone but its maker', async () => {
    const { origin, ticket, guest } = await invited();
    const cat = await person('cat');
    await Client.enter(origin, cat);
    guest.send({ type: 'watch', peers: [{ fingerprint: cat.fingerprint, ticket }] });
    expect(await told(guest)).toEqual([[cat.hex, false]]);
  });

  test('ends when the invite is cancelled', async () => {
    const { ann, inviter, guest, ticket, id, watchBy } = await invited();
    await watchBy(ticket);
    expect(await inviter.request({ type: 'cancel', id })).toBe('done');
    expect(await told(guest)).toEqual([[ann.hex, false]]);
  });

  test('ends when the invite is hidden, and does not come back with its maker', async () => {
    const { origin, ann, bob, inviter, guest, ticket, id, watchBy } = await invited();
    await watchBy(ticket);
    expect(await (await Client.enter(origin, await person('cat'))).request({ type: 'hide', id })).toBe('not-found');
    expect(await told(guest)).toEqual([]);
    expect(await inviter.request({ type: 'hide', id })).toBe('done');
    expect(await inviter.request({ type: 'hide', id })).toBe('done');
    expect(await told(guest)).toEqual([[ann.hex, false]]);

    inviter.socket.close();
    await inviter.closed;
    const again = await Client.enter(origin, ann);
    await again.settle();
    expect(await told(guest)).toEqual([]);
    expect(await watchBy(ticket)).toEqual([[ann.hex, false]]);
    // Those who are watched hear and are heard without it.
    await watch(again, bob);
    expect(await told(guest)).toEqual([[ann.hex, true]]);
  });

  test('is not given once the invite has expired', async () => {
    const { clock, ann, ticket, watchBy } = await invited();
    clock.now += DAY - 1;
    expect(await watchBy(ticket)).toEqual([[ann.hex, true]]);
    clock.now += 1;
    expect(await watchBy(ticket)).toEqual([[ann.hex, false]]);
  });
});

describe('a watch list', () => {
  test('may have MAX_WATCH_BATCH in a message, MAX_WATCHED in all, and no more', async () => {
    const { origin } = await startServer();
    const client = await Client.enter(origin, await person('ann'));
    const strangers = (count: number) => Array.from({ length: count }, () => ({ fingerprint: random32() }));
    client.send({ type: 'watch', peers: strangers(MAX_WATCH_BATCH - 1) });
    for (let i = 1; i < MAX_WATCHED / MAX_WATCH_BATCH; i++) {
      client.send({ type: 'watch', peers: strangers(MAX_WATCH_BATCH) });
    }
    const last = strangers(1);
    client.send({ type: 'watch', peers: last });
    client.send({ type: 'watch', peers: last });
    expect(await told(client)).toHaveLength(MAX_WATCHED + 1);
    client.send({ type: 'watch', peers: strangers(1) });
    expect(await client.closed).toBe(CloseCode.tooMany);

    const other = await Client.enter(origin, await person('bob'));
    other.send({ type: 'watch', peers: strangers(MAX_WATCH_BATCH + 1) });
    expect(await other.closed).toBe(CloseCode.badMessage);
  });
});
