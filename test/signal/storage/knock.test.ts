/** Leaving something for somebody one knows only by an invite. */
import { describe, expect, test } from 'vitest';
import { toBase64Url, type Bytes } from '../../../signal/wire/bytes.ts';
import { MAX_KNOCKS, MAX_KNOCKS_OF_SENDER } from '../../../signal/wire/limits.ts';
import type { StorageRequest } from '../../../signal/wire/messages.ts';
import { cheapIdentities } from '../cheap-identities.ts';
import {
  Client,
  DAY,
  makeTicket,
  person,
  signAcceptance,
  startServer,
  type Identity,
  type Unnumbered,
} from '../client.ts';
import { randomBytes } from '../../parts/randomness.ts';
import { collect, deposit, invite, makeBundle, stage } from './stage.ts';

const ACCESS_TOKEN = 'the-token-of-the-owner';

async function annAndBob(env: Record<string, string> = {}) {
  const staged = await stage(['ann', 'bob'], env);
  const [ann, bob] = staged.people as [Identity, Identity];
  const [anns, bobs] = staged.clients as [Client, Client];
  return { ...staged, ann, bob, anns, bobs };
}

async function opened(origin: string, ticket: Bytes): Promise<unknown> {
  const authorization = `Invite ${toBase64Url(ticket)}`;
  return (await fetch(`${origin}/invites`, { headers: { authorization } })).json();
}

describe('the holder of an invite', () => {
  test('leaves parcels for its maker, and gets prekeys, if it lets people knock', async () => {
    const { ann, bob, anns, bobs, clock } = await annAndBob();
    const { ticket } = await invite(anns, clock.now + DAY);
    const parcel = randomBytes(2000);
    await anns.request({ type: 'publish', ...(await makeBundle(ann)) });
    expect(await bobs.ask({ type: 'prekeys', fingerprint: ann.fingerprint, ticket })).toMatchObject({
      oneTime: { index: 0 },
    });
    expect(await deposit(bobs, ann, parcel, ticket)).toBe('done');
    expect((await collect(anns)).parcels).toEqual([{ number: 1, from: bob.fingerprint, parcel }]);
  });

  test('leaves nothing if it does not, and is told so beforehand', async () => {
    const { origin, ann, anns, bobs, clock } = await annAndBob();
    const [closed, open] = [await invite(anns, clock.now + DAY, false), await invite(anns, clock.now + DAY)];
    expect(await opened(origin, closed.ticket)).toMatchObject({ knock: false });
    expect(await opened(origin, open.ticket)).toMatchObject({ knock: true });
    expect(await deposit(bobs, ann, randomBytes(100), closed.ticket)).toBe('not-allowed');
    expect(await bobs.request({ type: 'prekeys', fingerprint: ann.fingerprint, ticket: closed.ticket })).toBe(
      'not-allowed',
    );
  });

  test('may do so from when its maker says so, and until they say otherwise', async () => {
    const { origin, ann, anns, bobs, clock } = await annAndBob();
    const { ticket, id } = await makeTicket();
    const expiry = clock.now + DAY;
    const send = (knock?: boolean) =>
      anns.request({ type: 'invite', id, expiry, note: new Uint8Array(0), ...(knock === undefined ? {} : { knock }) });
    for (const [knock, answer] of [
      [undefined, 'not-allowed'],
      [true, 'done'],
      [true, 'done'],
      [false, 'not-allowed'],
    ] as const) {
      expect(await send(knock)).toBe('done');
      expect(await opened(origin, ticket)).toMatchObject({ knock: knock === true });
      expect(await deposit(bobs, ann, randomBytes(100), ticket)).toBe(answer);
    }
  });

  test('leaves nothing for anybody else, nor by an invite that is cancelled, hidden, expired or used by another', async () => {
    const { ann, bob, anns, bobs, clock } = await annAndBob();
    const refused = (to: Identity, ticket: Bytes) =>
      expect(deposit(bobs, to, randomBytes(100), ticket)).resolves.toBe('not-allowed');
    const cancelled = await invite(anns, clock.now + DAY);
    await refused(bob, cancelled.ticket);
    await anns.request({ type: 'cancel', id: cancelled.id });
    await refused(ann, cancelled.ticket);
    const hidden = await invite(anns, clock.now + DAY);
    await anns.request({ type: 'hide', id: hidden.id });
    await refused(ann, hidden.ticket);
    const used = await invite(anns, clock.now + DAY);
    const guest = (await person('cat')).fingerprint;
    const signature = await signAcceptance(ann, used.id, guest);
    expect(await anns.request({ type: 'accept', id: used.id, guest, signature })).toBe('done');
    await refused(ann, used.ticket);
    const expired = await invite(anns, clock.now + 1000);
    clock.now += 1000;
    await refused(ann, expired.ticket);
    expect((await collect(anns)).parcels).toEqual([]);
  });

  test(`leaves at most ${MAX_KNOCKS_OF_SENDER} parcels, and all holders together ${MAX_KNOCKS}`, async () => {
    const { origin, ann, anns, bobs, clock } = await annAndBob();
    const [one, other] = [await invite(anns, clock.now + DAY), await invite(anns, clock.now + DAY)];
    const parcel = randomBytes(100);
    for (let i = 1; i < MAX_KNOCKS_OF_SENDER; i++) await deposit(bobs, ann, randomBytes(100), one.ticket);
    for (const answer of ['done', 'done']) expect(await deposit(bobs, ann, parcel, one.ticket)).toBe(answer);
    expect(await deposit(bobs, ann, randomBytes(100), one.ticket)).toBe('too-many');
    const others = await cheapIdentities(MAX_KNOCKS / MAX_KNOCKS_OF_SENDER);
    const answers = [];
    for (const identity of others) {
      const client = await Client.enter(origin, identity);
      for (let i = 0; i < MAX_KNOCKS_OF_SENDER; i++)
        answers.push(await deposit(client, ann, randomBytes(100), one.ticket));
    }
    const room = MAX_KNOCKS - MAX_KNOCKS_OF_SENDER;
    expect(answers).toEqual(answers.map((_, index) => (index < room ? 'done' : 'too-many')));
    // Another invite is another matter.
    expect(await deposit(bobs, ann, randomBytes(100), other.ticket)).toBe('done');
  });
});

describe('a visitor of a private server', () => {
  /** Ann has made an invite, and Bob has entered by it; Cat is a member. */
  async function visit() {
    const { origin } = await startServer({ ACCESS_TOKEN });
    const [ann, bob, cat] = await Promise.all([person('ann'), person('bob'), person('cat')]);
    const anns = await Client.enter(origin, ann, { token: ACCESS_TOKEN });
    const cats = await Client.enter(origin, cat, { token: ACCESS_TOKEN });
    const { ticket, id } = await invite(anns, Date.now() + DAY);
    const bobs = await Client.enter(origin, bob, { tickets: [ticket] });
    return { origin, ann, bob, cat, anns, bobs, cats, ticket, id };
  }

  test('knocks at the maker of their invite, and reaches nobody else', async () => {
    const { ann, bob, cat, anns, bobs, cats, ticket } = await visit();
    const parcel = randomBytes(100);
    expect(await deposit(bobs, ann, parcel)).toBe('not-allowed');
    expect(await deposit(bobs, ann, parcel, ticket)).toBe('done');
    expect((await collect(anns)).parcels).toMatchObject([{ from: bob.fingerprint, parcel }]);
    // Not even someone who would have them, or whose invite they hold besides.
    await cats.request({ type: 'senders', add: [bob.fingerprint], remove: [] });
    const second = await invite(cats, Date.now() + DAY);
    for (const shown of [undefined, ticket, second.ticket]) {
      expect(await deposit(bobs, cat, parcel, shown)).toBe('not-allowed');
      const ask = { type: 'prekeys', fingerprint: cat.fingerprint, ...(shown && { ticket: shown }) } as const;
      expect(await bobs.request(ask)).toBe('not-allowed');
    }
  });

  test('has nothing of their own there until they are let in, also by a maker who was away', async () => {
    const { origin, ann, bob, anns, bobs, id, ticket } = await visit();
    const made = await makeBundle(bob);
    const requests: Unnumbered<StorageRequest>[] = [
      { type: 'publish', ...made },
      { type: 'stock' },
      { type: 'collect', after: 0 },
      { type: 'taken', numbers: [] },
      { type: 'senders', add: [ann.fingerprint], remove: [] },
      { type: 'backup', id: ann.fingerprint },
    ];
    for (const request of requests) expect(await bobs.request(request)).toBe('not-allowed');
    await deposit(bobs, ann, randomBytes(100), ticket);
    bobs.socket.close();
    await bobs.closed;
    const signature = await signAcceptance(ann, id, bob.fingerprint);
    expect(await anns.request({ type: 'accept', id, guest: bob.fingerprint, signature })).toBe('done');
    const again = await Client.enter(origin, bob);
    for (const request of requests) expect(await again.request(request)).toBe('done');
    expect(await deposit(anns, bob, randomBytes(100))).toBe('done');
    expect((await collect(again)).parcels).toHaveLength(1);
  });
});
