import { describe, expect, test } from 'vitest';
import { lookOf } from '../../signal/handles.ts';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import { signClaim } from '../../signal/wire/handle.ts';
import {
  CARD_RETENTION,
  CLAIMS_PER_INTERVAL,
  CLOCK_TOLERANCE,
  FINDS_PER_INTERVAL,
  MAX_HANDLE_LENGTH,
} from '../../signal/wire/limits.ts';
import type { ServerMessageOf } from '../../signal/wire/messages.ts';
import { nextBeat } from './beat.ts';
import { cheapIdentities } from './cheap-identities.ts';
import {
  Client,
  DAY,
  makeTicket,
  person,
  signAcceptance,
  startServer,
  temporaryFolder,
  type Identity,
} from './client.ts';

const SECRET = 'secret-for-the-owners';

interface Wish {
  readonly origin?: string;
  readonly handle?: string;
  readonly fingerprint?: Identity;
  readonly time?: number;
  readonly signer?: Identity;
}

/** Claims a handle. @param signed - what the signature is over, and by whom, where that differs from the claim */
async function claim(client: Client, owner: Identity, handle: string, signed: Wish = {}, time = Date.now()) {
  const signature = await signClaim(
    {
      origin: signed.origin ?? client.origin,
      handle: signed.handle ?? handle,
      fingerprint: (signed.fingerprint ?? owner).fingerprint,
      time: signed.time ?? time,
    },
    (signed.signer ?? owner).privateKey,
  );
  return client.request({ type: 'claim', handle, time, signature });
}

/** Whose card a look-up brings. */
async function find(client: Client, handle: string): Promise<ServerMessageOf<'handle'>['claim']> {
  client.send({ type: 'find', ref: 7, handle });
  return (await client.take('handle')).claim;
}

async function stage(...names: string[]) {
  const { origin } = await startServer();
  const people = await Promise.all(names.map(person));
  const clients = await Promise.all(people.map((one) => Client.enter(origin, one)));
  return { origin, people, clients };
}

describe('a handle', () => {
  test('is found with the card of whoever claimed it, and the claim as they signed it', async () => {
    const { people, clients } = await stage('ann', 'bob');
    const time = Date.now();
    expect(await claim(clients[0]!, people[0]!, 'ann', {}, time)).toBe('done');
    const found = await find(clients[1]!, 'ann');
    expect(found).toMatchObject({ card: people[0]!.card, time });
    expect(found?.signature).toHaveLength(384);
  });

  test('that nobody has claimed is found with nobody', async () => {
    const { people, clients } = await stage('ann');
    await claim(clients[0]!, people[0]!, 'ann-b');
    expect(await find(clients[0]!, 'ann')).toBeNull();
    expect(await find(clients[0]!, 'annb')).toBeNull();
  });

  test('goes to the first who claims it, however many do at once', async () => {
    const { origin } = await startServer();
    const rivals = await cheapIdentities(12);
    const clients = await Promise.all(rivals.map((rival) => Client.enter(origin, rival)));
    const answers = await Promise.all(clients.map((client, i) => claim(client, rivals[i]!, 'ann')));
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'taken')).toHaveLength(11);
    const winner = rivals[answers.indexOf('done')]!;
    expect((await find(clients[0]!, 'ann'))?.card).toEqual(winner.card);
  });

  test('claimed again by its owner stays theirs', async () => {
    const { people, clients } = await stage('ann');
    expect(await claim(clients[0]!, people[0]!, 'ann')).toBe('done');
    expect(await claim(clients[0]!, people[0]!, 'ann')).toBe('done');
    expect((await find(clients[0]!, 'ann'))?.card).toEqual(people[0]!.card);
  });

  test('is one for each: a second one frees the first, but one that is taken does not', async () => {
    const { people, clients } = await stage('ann', 'bob');
    await claim(clients[0]!, people[0]!, 'ann');
    await claim(clients[1]!, people[1]!, 'bob');
    expect(await claim(clients[0]!, people[0]!, 'bob')).toBe('taken');
    expect((await find(clients[1]!, 'ann'))?.card).toEqual(people[0]!.card);
    expect(await claim(clients[0]!, people[0]!, 'anna')).toBe('done');
    expect(await find(clients[1]!, 'ann')).toBeNull();
    expect(await claim(clients[1]!, people[1]!, 'ann')).toBe('done');
  });

  test('is given up by its owner, and by nobody else', async () => {
    const { people, clients } = await stage('ann', 'bob');
    await claim(clients[0]!, people[0]!, 'ann');
    expect(await clients[1]!.request({ type: 'release', handle: 'ann' })).toBe('not-found');
    expect(await clients[0]!.request({ type: 'release', handle: 'anna' })).toBe('not-found');
    expect(await find(clients[1]!, 'ann')).not.toBeNull();
    expect(await clients[0]!.request({ type: 'release', handle: 'ann' })).toBe('done');
    expect(await find(clients[1]!, 'ann')).toBeNull();
    expect(await claim(clients[1]!, people[1]!, 'ann')).toBe('done');
  });

  test('survives a restart of the server', async () => {
    const folder = { DATA_DIR: temporaryFolder() };
    const ann = await person('ann');
    const first = await startServer(folder);
    await claim(await Client.enter(first.origin, ann), ann, 'ann');
    await first.close();
    const second = await startServer({ ...folder, PORT: String(first.port) });
    expect((await find(await Client.enter(second.origin, ann), 'ann'))?.card).toEqual(ann.card);
  });

  test.each([
    ['ann0', 'anno'],
    ['bill', 'bi11'],
    ['warm', 'vvarrn'],
    ['ann-a', 'anna'],
    ['vvv', 'vw'],
  ])('that looks like another is taken with it: %s and %s', async (one, other) => {
    const { people, clients } = await stage('ann', 'bob');
    expect(await claim(clients[0]!, people[0]!, one)).toBe('done');
    expect(await claim(clients[1]!, people[1]!, other)).toBe('taken');
    expect(lookOf(one)).toBe(lookOf(other));
    // It is found as it was claimed only, and its owner may change how it is written.
    expect(await find(clients[1]!, other)).toBeNull();
    expect(await claim(clients[0]!, people[0]!, other)).toBe('done');
    expect(await find(clients[1]!, one)).toBeNull();
  });

  test.each(['you', 'sotto', 's0tto', 'admin', 'adrnin', 'support', 'he1p', 'me'])('is not “%s”', async (handle) => {
    const { people, clients } = await stage('ann');
    expect(await claim(clients[0]!, people[0]!, handle)).toBe('taken');
    expect(await find(clients[0]!, handle)).toBeNull();
  });

  test.each(['a', 'Ann', '1ann', 'ann-', 'an--n', 'änn', 'a'.repeat(MAX_HANDLE_LENGTH + 1)])(
    'is none, and closes the connection: %s',
    async (handle) => {
      const { clients } = await stage('ann');
      clients[0]!.send({ type: 'find', ref: 1, handle });
      expect(await clients[0]!.closed).toBe(CloseCode.badMessage);
    },
  );
});

describe('a claim', () => {
  test.each([
    ['for another handle', { handle: 'anna' }],
    ['for another server', { origin: 'https://elsewhere.example' }],
    ['of another time', { time: 5 }],
  ])('signed %s is refused', async (_, signed) => {
    const { people, clients } = await stage('ann');
    expect(await claim(clients[0]!, people[0]!, 'ann', signed)).toBe('bad-signature');
    expect(await find(clients[0]!, 'ann')).toBeNull();
  });

  test('signed by, or for, somebody else is refused', async () => {
    const { people, clients } = await stage('ann', 'eve');
    const [ann, eve] = people as [Identity, Identity];
    const wrong = [{ signer: ann }, { fingerprint: ann }, { signer: ann, fingerprint: ann }];
    for (const signed of wrong) expect(await claim(clients[1]!, eve, 'ann', signed)).toBe('bad-signature');
    expect(await find(clients[1]!, 'ann')).toBeNull();
  });

  test('heard by one server is worth nothing at another', async () => {
    const [one, other] = await Promise.all([startServer(), startServer()]);
    const ann = await person('ann');
    const client = await Client.enter(other.origin, ann);
    expect(await claim(client, ann, 'ann', { origin: one.origin })).toBe('bad-signature');
  });

  test('is taken on the day it is signed, by a clock that may be a day off, and not later', async () => {
    const clock = { now: Date.now() };
    const { origin } = await startServer({}, { now: () => clock.now });
    const ann = await person('ann');
    const client = await Client.enter(origin, ann);
    const { now } = clock;
    for (const off of [CLOCK_TOLERANCE - 1, CLOCK_TOLERANCE, -CLOCK_TOLERANCE]) {
      expect(await claim(client, ann, 'ann', {}, now + off)).toBe('done');
    }
    for (const off of [CLOCK_TOLERANCE + 1, -CLOCK_TOLERANCE - 1]) {
      expect(await claim(client, ann, 'ann', {}, now + off)).toBe('expired');
    }
  });

  test('is shown to those who dialled the origin it was signed for', async () => {
    const { origin } = await startServer();
    const ann = await person('ann');
    const client = await Client.enter(origin, ann);
    await claim(client, ann, 'ann');
    const elsewhere = origin.replace('localhost', '127.0.0.1');
    const bob = await person('bob');
    expect(await find(await Client.enter(elsewhere, bob), 'ann')).toBeNull();
    expect(await find(await Client.enter(origin, bob), 'ann')).not.toBeNull();
  });
});

describe('on a private server', () => {
  test('members claim, look up and give up handles; visitors do not', async () => {
    const { origin } = await startServer({ ACCESS_TOKEN: SECRET });
    const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
    const owner = await Client.enter(origin, ann, { token: SECRET });
    const { ticket, id } = await makeTicket();
    await owner.request({ type: 'invite', id, expiry: Date.now() + DAY, note: new Uint8Array(0) });
    const visitor = await Client.enter(origin, bob, { tickets: [ticket] });
    expect(await claim(visitor, bob, 'bob')).toBe('not-allowed');
    expect(await visitor.request({ type: 'find', handle: 'ann' })).toBe('not-allowed');
    expect(await claim(owner, ann, 'ann')).toBe('done');

    const signature = await signAcceptance(ann, id, bob.fingerprint);
    expect(await owner.request({ type: 'accept', id, guest: bob.fingerprint, signature })).toBe('done');
    await visitor.take('admitted');
    expect(await claim(visitor, bob, 'bob')).toBe('done');
    expect((await find(visitor, 'ann'))?.card).toEqual(ann.card);
    expect(await visitor.request({ type: 'release', handle: 'bob' })).toBe('done');
  });
});

describe('of one address', () => {
  test(`${CLAIMS_PER_INTERVAL} claims are heard in an interval, and no more, right or wrong`, async () => {
    const { people, clients } = await stage('ann', 'bob');
    const [ann, bob] = people as [Identity, Identity];
    for (let i = 1; i < CLAIMS_PER_INTERVAL; i++) await claim(clients[0]!, ann, 'ann', { time: 1 });
    expect(await claim(clients[1]!, bob, 'bob')).toBe('done');
    expect(await claim(clients[0]!, ann, 'ann')).toBe('too-many');
    expect(await claim(clients[1]!, bob, 'bob')).toBe('too-many');
    expect(await clients[1]!.request({ type: 'release', handle: 'bob' })).toBe('done');
  });

  test(`${FINDS_PER_INTERVAL} look-ups are answered in an interval, and no more`, async () => {
    const { people, clients } = await stage('ann', 'bob');
    await claim(clients[0]!, people[0]!, 'ann');
    for (let i = 1; i < FINDS_PER_INTERVAL; i++) expect(await find(clients[0]!, 'nobody-here')).toBeNull();
    expect(await find(clients[1]!, 'ann')).not.toBeNull();
    for (const client of clients) expect(await client.request({ type: 'find', handle: 'ann' })).toBe('too-many');
  });
});

describe('whoever has not been seen for CARD_RETENTION', () => {
  /** Ann has a handle and then stays away; the server's clock can be put forward. */
  async function leave(env: Record<string, string> = {}, token: { token?: string } = {}) {
    const clock = { now: Date.now() };
    const { origin } = await startServer(env, { now: () => clock.now, timing: { pingInterval: 250 } });
    const ann = await person('ann');
    const anns = await Client.enter(origin, ann, token);
    await claim(anns, ann, 'ann');
    const began = clock.now;
    anns.socket.terminate();
    // Seen on the last day, so that his own card stays.
    clock.now = began + CARD_RETENTION - 1;
    const bob = await person('bob');
    const card = await bob.newCard({ from: began, until: clock.now + DAY });
    const bobs = await Client.enter(origin, bob, { card, ...token });
    return { clock, began, bobs, ann };
  }

  test('loses their handle, and not a moment before', async () => {
    const { clock, began, bobs } = await leave();
    await nextBeat(bobs);
    expect(await find(bobs, 'ann')).not.toBeNull();
    clock.now = began + CARD_RETENTION;
    await nextBeat(bobs);
    expect(await find(bobs, 'ann')).toBeNull();
  });

  test('loses it as a member, too, whose card is kept', async () => {
    const { clock, began, bobs, ann } = await leave({ ACCESS_TOKEN: SECRET }, { token: SECRET });
    clock.now = began + CARD_RETENTION;
    await nextBeat(bobs);
    expect(await find(bobs, 'ann')).toBeNull();
    expect(await bobs.request({ type: 'lookup', fingerprint: ann.fingerprint })).toEqual(ann.card);
  });
});
