/** Who reaches whom with a signal, and what it costs. */
import { on } from 'node:events';
import { describe, expect, test } from 'vitest';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import {
  ADDRESS_POINTS_PER_INTERVAL,
  BYTES_PER_POINT,
  MAX_BUFFERED_BYTES,
  MAX_SIGNAL_BYTES,
  MAX_WATCH_BATCH,
  MAX_WATCHED,
  POINTS_PER_INTERVAL,
} from '../../signal/wire/limits.ts';
import { Client, DAY, makeTicket, person, random32, signAcceptance, startServer } from './client.ts';

async function stage() {
  const clock = { now: Date.now() };
  const { origin } = await startServer({}, { now: () => clock.now });
  const [ann, bob, cat] = await Promise.all([person('ann'), person('bob'), person('cat')]);
  const sender = await Client.enter(origin, ann);
  const recipient = await Client.enter(origin, bob);
  /** Whether a signal of Ann's reaches Bob. */
  const reaches = async (): Promise<boolean> => {
    const payload = random32();
    sender.signal(bob.fingerprint, payload);
    await sender.settle();
    await recipient.settle();
    const signals = recipient.inbox.filter(({ type }) => type === 'signal');
    for (const signal of signals) expect(signal).toEqual({ type: 'signal', from: ann.fingerprint, payload });
    recipient.inbox.length = 0;
    return signals.length > 0;
  };
  const { ticket, id } = await makeTicket();
  const invite = async (inviter: Client) =>
    inviter.request({ type: 'invite', id, expiry: clock.now + DAY, note: new Uint8Array(0) });
  return { clock, origin, ann, bob, cat, sender, recipient, reaches, ticket, id, invite };
}

describe('a signal', () => {
  test('reaches whoever watches its sender, as it was sent, and until they do not', async () => {
    const { ann, recipient, reaches } = await stage();
    await recipient.watch([ann]);
    expect(await reaches()).toBe(true);
    recipient.send({ type: 'unwatch', peers: [ann.fingerprint] });
    await recipient.settle();
    expect(await reaches()).toBe(false);
  });

  test('of a stranger reaches nobody, and the stranger hears of nobody', async () => {
    const { bob, cat, sender, recipient, reaches } = await stage();
    await recipient.watch([cat]);
    expect(await reaches()).toBe(false);
    await sender.watch([bob]);
    expect(await reaches()).toBe(false);
    expect(sender.takePresence()).toEqual([[bob.hex, false]]);
    sender.signal(random32(), random32());
    await sender.settle();
    expect(sender.inbox).toEqual([]);
  });

  test('reaches the maker of an invite whose ticket was shown, used or not, while it holds', async () => {
    const { clock, ann, bob, cat, sender, recipient, reaches, ticket, id, invite } = await stage();
    expect(await invite(recipient)).toBe('done');
    await sender.watch([bob], ticket);
    expect(await reaches()).toBe(true);
    const signature = await signAcceptance(bob, id, cat.fingerprint);
    expect(await recipient.request({ type: 'accept', id, guest: cat.fingerprint, signature })).toBe('done');
    expect(await reaches()).toBe(true);
    // The answer: whoever signals is watched by its recipient already.
    recipient.signal(ann.fingerprint, random32());
    await sender.take('signal');
    clock.now += DAY;
    expect(await reaches()).toBe(false);
  });

  test('does not reach by a ticket that is wrong, cancelled, or of another', async () => {
    const { origin, bob, cat, sender, recipient, reaches, ticket, id, invite } = await stage();
    await sender.watch([bob], random32());
    expect(await reaches()).toBe(false);
    const other = await Client.enter(origin, cat);
    expect(await invite(other)).toBe('done');
    await sender.watch([bob], ticket);
    expect(await reaches()).toBe(false);
    await other.request({ type: 'cancel', id });
    expect(await invite(recipient)).toBe('done');
    expect(await reaches()).toBe(true);
    await recipient.request({ type: 'cancel', id });
    expect(await reaches()).toBe(false);
  });
});

describe('a client that does not read', () => {
  /** Someone who reads nothing of what seven friends of theirs send, which is more than the network can hold for them. */
  async function deafAmongFriends() {
    const { origin } = await startServer();
    const deafOne = await person('deaf');
    const deaf = await Client.enter(origin, deafOne);
    const friends = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((number) => person(`friend ${number}`)));
    await deaf.watch(friends);
    deaf.socket.pause();
    const payload = new Uint8Array(MAX_SIGNAL_BYTES);
    const cost = 1 + Math.ceil((MAX_SIGNAL_BYTES * 4) / 3 / BYTES_PER_POINT);
    const each = Math.floor((POINTS_PER_INTERVAL - 20) / cost);
    expect(each * friends.length * MAX_SIGNAL_BYTES).toBeGreaterThan(8 * MAX_BUFFERED_BYTES);
    const clients: Client[] = [];
    for (const friend of friends) {
      const client = await Client.enter(origin, friend);
      clients.push(client);
      for (let i = 0; i < each; i++) client.signal(deafOne.fingerprint, payload);
      await client.settle();
    }
    return { deaf, deafOne, friend: clients[0]!, sent: each * friends.length };
  }

  test('is not closed by what others send: it misses signals, and no more', async () => {
    const { deaf, sent } = await deafAmongFriends();
    deaf.socket.resume();
    await deaf.settle();
    const heard = deaf.inbox.filter(({ type }) => type === 'signal').length;
    expect(heard).toBeGreaterThan(0);
    expect(heard).toBeLessThan(sent);
  });

  test('is cut off when MAX_BUFFERED_BYTES of what it asked for wait for it, and others go on', async () => {
    const { deaf, deafOne, friend } = await deafAmongFriends();
    await friend.watch([deafOne]);
    expect(friend.takePresence()).toEqual([[deafOne.hex, true]]);
    const peers = Array.from({ length: MAX_WATCH_BATCH }, () => ({ fingerprint: random32() }));
    for (let i = 0; i < 100; i++) deaf.send({ type: 'watch', peers });
    expect((await friend.take('presence')).present).toBe(false);
    await friend.settle();
  });
});

describe('what a client may say at once', () => {
  test('is enough to watch everyone it may, with tickets, and for twenty dials', async () => {
    const { origin, ann, bob } = await stage();
    const recipient = await Client.enter(origin, bob);
    await recipient.watch([ann]);
    const sender = await Client.enter(origin, ann);
    for (let i = 0; i < MAX_WATCHED / MAX_WATCH_BATCH; i++) {
      const peers = Array.from({ length: MAX_WATCH_BATCH }, () => ({ fingerprint: random32(), ticket: random32() }));
      sender.send({ type: 'watch', peers });
    }
    for (let i = 0; i < 20 * 6; i++) sender.signal(bob.fingerprint, new Uint8Array(8 * 1024));
    await sender.settle();
    for (let i = 0; i < 20 * 6; i++) await recipient.take('signal');
  });

  test('is POINTS_PER_INTERVAL, the login included, and no more', async () => {
    const { origin } = await startServer();
    const client = await Client.connect(origin);
    await client.login(await person('ann'), { token: '' });
    await client.take('welcome');
    // The login is of more than BYTES_PER_POINT, and of less than twice as much.
    for (let i = 3; i < POINTS_PER_INTERVAL; i++) client.send({ type: 'unwatch', peers: [] });
    await client.settle();
    client.send({ type: 'unwatch', peers: [] });
    expect(await client.closed).toBe(CloseCode.tooMany);
  });

  test('is the less, the larger its messages are', async () => {
    const { origin } = await startServer();
    const client = await Client.enter(origin, await person('ann'));
    const text = '{"type":"unwatch","peers":[]}'.padEnd(9 * BYTES_PER_POINT);
    for (let i = 0; i < POINTS_PER_INTERVAL / 10 - 1; i++) client.socket.send(text);
    await client.settle();
    client.socket.send(text);
    expect(await client.closed).toBe(CloseCode.tooMany);
  });

  test.each(['ping', 'pong'] as const)('includes every %s, before the login, too', async (kind) => {
    const { origin } = await startServer();
    const client = await Client.connect(origin);
    // Fifty are answered before more come: ws itself ends a connection on which many pings wait for their answers.
    for (let i = 1; i <= POINTS_PER_INTERVAL; i++) {
      if (i % 50 > 0 && i < POINTS_PER_INTERVAL) {
        client.socket[kind]();
        continue;
      }
      client.socket.ping(`${i}`);
      for await (const [data] of on(client.socket, 'pong') as AsyncIterable<[Buffer]>)
        if (data.toString() === `${i}`) break;
    }
    client.socket[kind]();
    expect(await client.closed).toBe(CloseCode.tooMany);
  });

  test('is shared by all connections of an address', async () => {
    const { origin } = await startServer();
    const clients = [];
    for (let i = 0; i < 9; i++) clients.push(await Client.connect(origin));
    for (const client of clients) for (let i = 0; i < POINTS_PER_INTERVAL - 1; i++) client.socket.pong();
    const codes = await Promise.race(clients.map(({ closed }) => closed));
    expect(codes).toBe(CloseCode.tooMany);
    expect(ADDRESS_POINTS_PER_INTERVAL).toBeLessThan(9 * (POINTS_PER_INTERVAL - 1));
  });

  test('is handled in turn with what others say', async () => {
    const { origin } = await startServer();
    const [busy, other] = [
      await Client.enter(origin, await person('ann')),
      await Client.enter(origin, await person('bob')),
    ];
    let answered = 0;
    busy.socket.on('message', () => answered++);
    const batch = Array.from({ length: MAX_WATCH_BATCH }, () => ({ fingerprint: random32() }));
    for (let i = 0; i < 30; i++) busy.send({ type: 'watch', peers: batch });
    await other.settle();
    expect(answered).toBeLessThan(20 * MAX_WATCH_BATCH);
  });
});
