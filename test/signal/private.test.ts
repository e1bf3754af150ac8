import { describe, expect, test } from 'vitest';
import type { Bytes } from '../../signal/wire/bytes.ts';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import { MAX_TICKETS } from '../../signal/wire/limits.ts';
import {
  Client,
  DAY,
  makeTicket,
  person,
  random32,
  signAcceptance,
  startServer,
  temporaryFolder,
  type Identity,
  type Login,
} from './client.ts';

const ACCESS_TOKEN = 'the-token-of-the-owner';

/** How someone's login ends: with a role, or with a close code. */
async function tryEnter(origin: string, identity: Identity, changes: Partial<Login> = {}): Promise<string | number> {
  const client = await Client.connect(origin);
  await client.login(identity, changes);
  return Promise.race([
    client.take('welcome').then(
      ({ role }) => role,
      () => client.closed,
    ),
    client.closed,
  ]);
}

/** Ann, the owner, has made an invite; Bob holds its ticket; Cat is a stranger. */
async function stage(env: Record<string, string> = {}) {
  const dataDir = temporaryFolder();
  const clock = { now: Date.now() };
  const start = () => startServer({ ACCESS_TOKEN, DATA_DIR: dataDir, ...env }, { now: () => clock.now });
  const server = await start();
  const { origin } = server;
  const [ann, bob, cat] = await Promise.all([person('ann'), person('bob'), person('cat')]);
  const owner = await Client.enter(origin, ann, { token: ACCESS_TOKEN });
  const { ticket, id } = await makeTicket();
  const note = new Uint8Array(0);
  expect(await owner.request({ type: 'invite', id, expiry: clock.now + 7 * DAY, note })).toBe('done');
  const accept = async (guest: Bytes) =>
    owner.request({ type: 'accept', id, guest, signature: await signAcceptance(ann, id, guest) });
  return { clock, start, server, origin, ann, bob, cat, owner, ticket, id, accept };
}

describe('a private server', () => {
  test("lets in the token's bearer as an owner, and nobody without a reason", async () => {
    const { origin, bob, cat } = await stage();
    expect(await tryEnter(origin, cat)).toBe(CloseCode.accessDenied);
    expect(await tryEnter(origin, cat, { token: `${ACCESS_TOKEN}!` })).toBe(CloseCode.accessDenied);
    expect(await tryEnter(origin, cat, { token: ACCESS_TOKEN.slice(0, -1) })).toBe(CloseCode.accessDenied);
    expect(await tryEnter(origin, cat, { token: '' })).toBe(CloseCode.accessDenied);
    expect(await tryEnter(origin, cat, { tickets: [random32()] })).toBe(CloseCode.accessDenied);
    expect(await tryEnter(origin, bob, { token: ACCESS_TOKEN })).toBe('owner');
  });

  test("does not learn a stranger's card", async () => {
    const { origin, cat, owner } = await stage();
    await tryEnter(origin, cat);
    expect(await owner.request({ type: 'lookup', fingerprint: cat.fingerprint })).toBeNull();
  });

  test('lets in the holder of a live ticket as a visitor, among MAX_TICKETS and no more', async () => {
    const { origin, bob, ticket } = await stage();
    const others = (count: number) => Array.from({ length: count }, random32);
    expect(await tryEnter(origin, bob, { tickets: [...others(MAX_TICKETS - 2), ticket] })).toBe('visitor');
    expect(await tryEnter(origin, bob, { tickets: [...others(MAX_TICKETS - 1), ticket] })).toBe('visitor');
    expect(await tryEnter(origin, bob, { tickets: [...others(MAX_TICKETS), ticket] })).toBe(CloseCode.badMessage);
  });

  test('lets nobody in by an invite that is cancelled or expired', async () => {
    const cancelled = await stage();
    await cancelled.owner.request({ type: 'cancel', id: cancelled.id });
    const byTicket = { tickets: [cancelled.ticket] };
    expect(await tryEnter(cancelled.origin, cancelled.bob, byTicket)).toBe(CloseCode.accessDenied);

    const expired = await stage();
    expired.clock.now += 7 * DAY;
    expect(await tryEnter(expired.origin, expired.bob, { tickets: [expired.ticket] })).toBe(CloseCode.accessDenied);
  });

  test("lets the holder of another's invite reach its maker, who alone can refuse them and be warned", async () => {
    const { origin, ann, bob, cat, ticket, accept, owner } = await stage();
    await accept(bob.fingerprint);
    const visitor = await Client.enter(origin, cat, { tickets: [ticket] });
    const payload = random32();
    await visitor.watch([ann], ticket);
    visitor.takePresence();
    visitor.signal(ann.fingerprint, payload);
    expect(await owner.take('signal')).toEqual({ type: 'signal', from: cat.fingerprint, payload });
    expect(await visitor.request({ type: 'lookup', fingerprint: bob.fingerprint })).toBe('not-allowed');
  });
});

describe('a visitor', () => {
  test('looks up, signals and watches the inviter', async () => {
    const { origin, ann, bob, owner, ticket } = await stage();
    const visitor = await Client.enter(origin, bob, { tickets: [ticket] });
    expect(await visitor.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(ann.card);
    const payload = random32();
    await visitor.watch([ann], ticket);
    visitor.takePresence();
    visitor.signal(ann.fingerprint, payload);
    expect(await owner.take('signal')).toEqual({ type: 'signal', from: bob.fingerprint, payload });
    owner.signal(bob.fingerprint, payload);
    expect(await visitor.take('signal')).toEqual({ type: 'signal', from: ann.fingerprint, payload });
    visitor.send({ type: 'watch', peers: [{ fingerprint: ann.fingerprint, ticket }] });
    await visitor.settle();
    expect(visitor.takePresence()).toEqual([[ann.hex, true]]);
  });

  test('reaches no other member, and is reached by none', async () => {
    const { origin, bob, cat, ticket } = await stage();
    const member = await Client.enter(origin, cat, { token: ACCESS_TOKEN });
    const visitor = await Client.enter(origin, bob, { tickets: [ticket] });
    expect(await visitor.request({ type: 'lookup', fingerprint: cat.fingerprint })).toBe('not-allowed');
    member.send({ type: 'watch', peers: [{ fingerprint: bob.fingerprint }] });
    member.signal(bob.fingerprint, random32());
    await member.settle();
    // What each of them wishes for is not enough.
    visitor.send({ type: 'watch', peers: [{ fingerprint: cat.fingerprint, ticket }] });
    visitor.signal(cat.fingerprint, random32());
    await visitor.settle();
    expect(visitor.inbox.filter(({ type }) => type === 'signal')).toEqual([]);
    expect(visitor.takePresence()).toEqual([[cat.hex, false]]);
    await member.settle();
    expect(member.inbox.filter(({ type }) => type === 'signal')).toEqual([]);
    expect(member.takePresence()).toEqual([[bob.hex, false]]);
  });

  test('neither registers, invites, accepts nor cancels', async () => {
    const { origin, bob, cat, ticket, id } = await stage();
    const visitor = await Client.enter(origin, bob, { tickets: [ticket] });
    const card = await bob.newCard({ sequence: Date.now() + DAY });
    expect(await visitor.request({ type: 'register', card })).toBe('not-allowed');
    const note = new Uint8Array(0);
    const invite = { type: 'invite', id: random32(), expiry: Date.now() + DAY, note } as const;
    expect(await visitor.request(invite)).toBe('not-allowed');
    const signature = await signAcceptance(bob, id, cat.fingerprint);
    expect(await visitor.request({ type: 'accept', id, guest: cat.fingerprint, signature })).toBe('not-allowed');
    expect(await visitor.request({ type: 'cancel', id })).toBe('not-found');
  });

  test('reaches nobody once the invite is cancelled', async () => {
    const { origin, ann, bob, owner, ticket, id } = await stage();
    const visitor = await Client.enter(origin, bob, { tickets: [ticket] });
    await visitor.watch([ann], ticket);
    await owner.request({ type: 'cancel', id });
    expect(await visitor.request({ type: 'lookup', fingerprint: ann.fingerprint })).toBe('not-allowed');
    visitor.signal(ann.fingerprint, random32());
    await visitor.settle();
    await owner.settle();
    expect(owner.inbox).toEqual([]);
  });

  test('becomes a guest when accepted, is told so, and may then do as members do', async () => {
    const { origin, bob, cat, ticket, accept } = await stage();
    const member = await Client.enter(origin, cat, { token: ACCESS_TOKEN });
    const visitor = await Client.enter(origin, bob, { tickets: [ticket] });
    expect(await accept(bob.fingerprint)).toBe('done');
    expect(await visitor.take('admitted')).toEqual({ type: 'admitted', role: 'guest', mayInvite: false });
    expect(await visitor.request({ type: 'lookup', fingerprint: cat.fingerprint })).toEqual(cat.card);
    await member.watch([bob]);
    visitor.signal(cat.fingerprint, random32());
    await member.take('signal');
  });
});

describe('members', () => {
  test('come back by signature alone, after a restart, too', async () => {
    const { start, server, ann, bob, cat, ticket, accept } = await stage();
    await Client.enter(server.origin, bob, { tickets: [ticket] });
    await accept(bob.fingerprint);
    await server.close();
    const { origin } = await start();
    expect(await tryEnter(origin, ann)).toBe('owner');
    expect(await tryEnter(origin, bob)).toBe('guest');
    expect(await tryEnter(origin, cat)).toBe(CloseCode.accessDenied);
  });

  test('include a guest accepted while away', async () => {
    const { origin, bob, accept } = await stage();
    await accept(bob.fingerprint);
    expect(await tryEnter(origin, bob)).toBe('guest');
  });

  test("of a guest's kind invite only where the operator allows it", async () => {
    for (const [setting, answer] of [
      ['off', 'not-allowed'],
      ['on', 'done'],
    ] as const) {
      const { origin, bob, accept } = await stage({ GUEST_INVITES: setting });
      await accept(bob.fingerprint);
      const guest = await Client.connect(origin);
      await guest.login(bob);
      expect(await guest.take('welcome')).toMatchObject({ role: 'guest', mayInvite: setting === 'on' });
      const note = new Uint8Array(0);
      expect(await guest.request({ type: 'invite', id: random32(), expiry: Date.now() + DAY, note })).toBe(answer);
    }
  });

  test('become owners with the token, and stay owners when accepted as a guest', async () => {
    const { origin, bob, accept } = await stage();
    await accept(bob.fingerprint);
    expect(await tryEnter(origin, bob, { token: ACCESS_TOKEN })).toBe('owner');
    await accept(bob.fingerprint);
    expect(await tryEnter(origin, bob)).toBe('owner');
  });
});
