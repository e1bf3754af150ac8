/**
 * Somebody who may leave parcels for us and means us ill, or who holds an invite of ours: what they leave makes no work
 * without end, keeps no place at the server for ever, and loses nothing of what is honest.
 */
import { describe, expect, it } from 'vitest';
import { CLOCK_TOLERANCE, MAX_PARCELS } from '../../signal/wire/limits.ts';
import { HOUR } from '../../signal/wire/time.ts';
import { toHex } from '../../signal/wire/bytes.ts';
import type { ServerMessageOf } from '../../signal/wire/messages.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { randomBytes } from '../../app/core/crypto/random.ts';
import type { Body } from '../../app/core/envelope/envelope.ts';
import { openIdentity } from '../../app/core/identity/identity.ts';
import { encodeBatch } from '../../app/core/log/batch.ts';
import { sealParcel, verifyPrekeys } from '../../app/core/session/seal-parcel.ts';
import { INVITE_LIFETIME } from '../../app/core/identity/invite.ts';
import { startServer } from '../signal/client.ts';
import { acquainted, come, twoDevices } from '../parts/acquainted.ts';
import { MailboxLiar, PATIENCE } from '../parts/mailboxes.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { judgeDevices } from '../parts/oracle.ts';
import {
  connected,
  conversation,
  delivered,
  invite,
  meet,
  messages,
  newDevice,
  storeOf,
  until,
  type Device,
  type Place,
} from '../parts/people.ts';

type Left = ServerMessageOf<'parcels'>['parcels'][number];

/** Parcels of one sender that stay at the server ahead of a gap. */
const MAX_AHEAD = 16;

/** Where the private one-time prekeys of a device are. */
const oneTimeKeysOf = ({ records }: Device) => [...records.keys()].filter((at) => at.startsWith('prekey/one-time/'));

const texts = async (chat: Chat, id: string) => (await messages(chat, id, () => true)).map(({ text }) => text);

describe('whoever leaves parcels in reverse order', () => {
  it('has few of them opened again, and what was dropped is sent again', async () => {
    const { anns, bobs, annId, bobId, place } = await acquainted();
    const all = Array.from({ length: MAX_AHEAD + 8 }, (_, index) => `text ${index}`);
    const ann = await come(anns, place);
    await until(ann, () => conversation(ann, bobId)?.connection === 'away');
    await ann.mailbox.setLeaving(bobId, true);
    for (const text of all) {
      await ann.send(bobId, text);
      await messages(ann, bobId, (written) => written.at(-1)?.state === 'On the server');
    }
    await ann.close();

    // They lie there as a hostile client would have left them.
    const liar = new MailboxLiar();
    const turn = (number: number) => 1000 - number;
    let given = 0;
    liar.lie('parcels', (message) => {
      given += message.parcels.length;
      const reversed = message.parcels.toReversed().map((left) => ({ ...left, number: turn(left.number) }));
      return [{ ...message, parcels: reversed }];
    });
    liar.hear = (message) => (message.type === 'taken' ? { ...message, numbers: message.numbers.map(turn) } : message);
    const bob = await come(bobs, place, liar);
    await expect.poll(() => bob.notices.length, PATIENCE).toBe(1);
    expect(bob.notices[0]?.text).toMatch(/^7 things that were left for you/);
    // Once all, and once more what stayed, as one was taken.
    expect(given).toBe(all.length + MAX_AHEAD);
    expect(await texts(bob, annId)).toEqual(all.slice(0, 1));

    const again = await come(anns, place);
    await Promise.all([connected(again, bobId), connected(bob, annId)]);
    await delivered(again, bobId);
    expect(await texts(bob, annId)).toEqual(all);
    // What stayed is known by now, and is gone from the server.
    await expect
      .poll(() => liar.heard.flatMap((one) => (one.type === 'taken' ? one.numbers : [])).length, PATIENCE)
      .toBe(all.length);
    await judgeDevices(anns, bobs, [all, []]);
  });
});

describe('whoever uses up what is remembered of parcels without one-time key', () => {
  it('has the next one counted as unopened, and a fresh bundle made', async () => {
    const { anns, bobs, annId, bobId, place } = await acquainted();
    const store = await storeOf(bobs);
    const bundle = [...bobs.records.keys()].find((at) => at.startsWith('prekey/bundle/'))!;
    const seen = bundle.replace('/bundle/', '/seen/');
    await store.write(new Map(Array.from({ length: MAX_PARCELS }, (_, i) => [`${seen}/${i}`, Uint8Array.of(1)])));
    const noOneTimeKey = new MailboxLiar();
    noOneTimeKey.lie('prekeys', (message) => [{ ...message, oneTime: null }]);
    const ann = await come(anns, place, noOneTimeKey);
    await until(ann, () => conversation(ann, bobId)?.connection === 'away');
    await ann.mailbox.setLeaving(bobId, true);
    await ann.send(bobId, 'hello');
    await messages(ann, bobId, (all) => all.at(-1)?.state === 'On the server');
    await ann.close();

    const tap = new MailboxLiar();
    // No second bundle is made within an hour of the first.
    const bob = await come(bobs, { ...place, now: () => Date.now() + 2 * HOUR }, tap);
    // He looks through all that is remembered first.
    await expect.poll(() => bob.notices.length, { timeout: 30_000 }).toBe(1);
    expect(bob.notices[0]?.text).toMatch(/^Something that was left for you/);
    await expect.poll(() => tap.count('publish'), PATIENCE).toBe(1);
    await tap.hasAnswered('publish');
    const again = await come(anns, place);
    await Promise.all([connected(again, bobId), connected(bob, annId)]);
    await delivered(again, bobId);
    await judgeDevices(anns, bobs, [['hello'], []]);
  }, 60_000);
});

describe('whoever leaves what opens, and is not to be kept', () => {
  it('has its prekeys used up all the same: bytes that are no batch, and a batch that is refused', async () => {
    const { origin } = await startServer();
    const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
    const place: Place = { origin, network: new MemoryNetwork() };
    const tap = new MailboxLiar();
    const { bob } = await meet({ ...place, onsocket: tap.onsocket }, anns, bobs);
    await tap.hasAnswered('publish', 2);
    await bob.close();
    const hers = await openIdentity(anns.identity);
    const his = (await openIdentity(bobs.identity)).card;
    const { bundle, keys } = tap.heard
      .flatMap((one) => (one.type === 'publish' ? [one] : []))
      .find((one) => toHex(one.bundle).includes(bob.fingerprint))!;
    const sealed = async (index: number, body: Body) => {
      const prekeys = await verifyPrekeys(his, { bundle, oneTime: { index, key: keys[index]! } }, Date.now());
      return (await sealParcel(hers, prekeys!, { mode: 'pinned' }, body))!;
    };
    const nobodys = { author: randomBytes(32), chain: randomBytes(16), seq: 1, head: randomBytes(32), read: 0 };
    const parcels = [
      await sealed(3, { entries: randomBytes(9), rest: randomBytes(9) }),
      await sealed(4, encodeBatch({ messages: [], acknowledgements: [nobodys] })),
    ];
    const from = hers.card.fingerprint;
    const liar = new MailboxLiar();
    liar.lie('parcels', (message) => [
      { ...message, parcels: parcels.map((parcel, index) => ({ number: index + 1, from, parcel })) },
    ]);
    expect(oneTimeKeysOf(bobs)).toHaveLength(50);
    const back = await come(bobs, place, liar);
    await liar.hasAnswered('taken');
    await expect.poll(() => back.notices.length, PATIENCE).toBe(1);
    // Only the one that is no batch is counted: the other was read, and is of no use.
    expect(back.notices[0]?.text).toMatch(/^Something that was left for you/);
    const left = oneTimeKeysOf(bobs);
    expect(left).toHaveLength(48);
    expect(left.filter((at) => /\/0[34]$/.test(at))).toEqual([]);
  });
});

describe('whoever made an invite that we hold', () => {
  it('has few parcels kept for want of their card: the rest goes', async () => {
    const { anns, bobs, place } = await twoDevices();
    const ann = await come(anns, place);
    const { link } = await ann.createInvite();
    await ann.close();
    const tap = new MailboxLiar();
    const bob = await come(bobs, place, tap);
    await tap.hasAnswered('publish');
    await bob.join(invite(link), 'Ann');
    await bob.close();
    const [hers, his] = await Promise.all([openIdentity(anns.identity), openIdentity(bobs.identity)]);
    const published = tap.heard.find((one) => one.type === 'publish')!;
    const prekeys = await verifyPrekeys(his.card, { bundle: published.bundle, oneTime: null }, Date.now());
    const body = encodeBatch({ messages: [], acknowledgements: [] });
    const parcel = (await sealParcel(hers, prekeys!, { mode: 'pinned' }, body))!;
    const from = hers.card.fingerprint;

    // A card that has expired meanwhile is none.
    const liar = new MailboxLiar();
    let left: readonly Left[] = Array.from({ length: MAX_AHEAD + 8 }, (_, index) => ({
      number: index + 1,
      from,
      parcel,
    }));
    liar.say = (message) => {
      if (message.type === 'card') return [{ ...message, card: null }];
      return message.type === 'parcels' ? [{ ...message, parcels: [...left] }] : [message];
    };
    liar.hear = (message) => {
      if (message.type === 'taken') left = left.filter(({ number }) => !message.numbers.includes(number));
      return message;
    };
    const back = await come(bobs, place, liar);
    await expect.poll(() => back.notices.length, PATIENCE).toBe(1);
    expect(back.notices[0]?.text).toMatch(/^8 things that were left for you/);
    expect(left).toHaveLength(MAX_AHEAD);
  });
});

describe('a stranger who knocks', () => {
  it('keeps nothing at the server that is ahead of a gap, and comes in by what is whole', async () => {
    const { anns, bobs, oracle, place } = await twoDevices();
    const maker = new MailboxLiar();
    const ann = await come(anns, place, maker);
    await maker.hasAnswered('publish');
    const { id, link } = await ann.createInvite();
    await ann.setKnock(id, true);
    await ann.close();
    const bob = await come(bobs, place);
    const annId = await bob.join(invite(link), 'Ann');
    for (const text of ['one', 'two']) {
      await bob.send(annId, text);
      await messages(bob, annId, (all) => all.at(-1)?.state === 'On the server');
    }
    await bob.close();

    const liar = new MailboxLiar();
    let first: Left | undefined;
    liar.lie('parcels', (message) => {
      first ??= message.parcels[0];
      return [{ ...message, parcels: message.parcels.filter((left) => left.number !== first?.number) }];
    });
    const back = await come(anns, place, liar);
    await expect.poll(() => back.notices.length, PATIENCE).toBe(1);
    expect(back.notices[0]?.text).toMatch(/^Something that was left for you/);
    expect(liar.heard.flatMap((one) => (one.type === 'taken' ? one.numbers : []))).toHaveLength(1);
    expect(oneTimeKeysOf(anns)).toHaveLength(49);
    expect(back.conversations).toEqual([]);
    expect(back.invites.map((one) => one.id)).toEqual([id]);

    liar.say = (message) => [message];
    back.connect();
    await until(back, () => conversation(back, bob.fingerprint)?.unread === 1);
    const again = await come(bobs, place);
    await Promise.all([connected(again, annId), connected(back, bob.fingerprint)]);
    await delivered(again, annId);
    expect(await texts(back, bob.fingerprint)).toEqual(['one', 'two']);
    await oracle.judge([[], ['one', 'two']]);
  });
});

describe('a contact whose invite we took up', () => {
  it('does not have us knock without end once it has expired: only what was written is left', async () => {
    const { anns, bobs, annId, bobId, oracle, place } = await acquainted();
    // He is here, and answers no call.
    const silent = new MailboxLiar();
    silent.swallow('signal', () => true);
    const bob = await come(bobs, place, silent);
    const { id, link } = await bob.createInvite();
    await bob.setKnock(id, true);
    let ahead = 0;
    const tap = new MailboxLiar();
    const ann = await come(anns, { ...place, now: () => Date.now() + ahead }, tap);
    await until(ann, () => conversation(ann, bobId)?.connection === 'connecting');
    await ann.join(invite(link), 'Bob');
    await ann.mailbox.setLeaving(bobId, true);
    await until(ann, () => conversation(ann, bobId)?.knock === 'may');
    ahead = INVITE_LIFETIME + CLOCK_TOLERANCE + 1000;
    await bob.close();
    await until(ann, () => conversation(ann, bobId)?.connection === 'away');
    await ann.send(bobId, 'hello');
    await messages(ann, bobId, (all) => all.at(-1)?.state === 'On the server');
    const back = await come(bobs, place);
    await until(back, () => conversation(back, annId)?.unread === 1);
    await delivered(ann, bobId);
    expect(tap.count('deposit')).toBe(1);
    await oracle.judge();
  });
});
