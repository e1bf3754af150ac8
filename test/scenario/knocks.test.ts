/** Joining by an invite while its maker is away, where they allow it: a knock, left at the server with what was written. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../signal/wire/bytes.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { INVITE_LIFETIME } from '../../app/core/identity/invite.ts';
import { come, twoDevices } from '../parts/acquainted.ts';
import { MailboxLiar, PATIENCE } from '../parts/mailboxes.ts';
import {
  connected,
  conversation,
  delivered,
  invite,
  messages,
  newDevice,
  onPage,
  openChat,
  signIn,
  until,
} from '../parts/people.ts';

/** A place, and an invite of Ann’s that lets people knock, or not; she is away. */
async function setUp({ knock = true, env = {} }: { knock?: boolean; env?: Record<string, string> } = {}) {
  const { anns, bobs, oracle, place } = await twoDevices(env);
  const tap = new MailboxLiar();
  const ann = await openChat(anns, { ...place, onsocket: tap.onsocket });
  ann.connect(env.ACCESS_TOKEN);
  await until(ann, () => ann.server === 'connected');
  await tap.hasAnswered('publish');
  const { id, link } = await ann.createInvite();
  if (knock) expect((await ann.setKnock(id, true))?.knock).toBe(true);
  await ann.close();
  return { anns, bobs, annId: ann.fingerprint, id, link, oracle, place };
}

/** Joins, and waits until word of it is at the server. */
async function knock(chat: Chat, link: string, ...texts: string[]): Promise<string> {
  const id = await chat.join(invite(link), 'Ann');
  for (const text of texts) await chat.send(id, text);
  await until(chat, () => conversation(chat, id)?.knock === 'left');
  if (texts.length > 0) {
    await messages(chat, id, (all) => all.length > 0 && all.every(({ state }) => state === 'On the server'));
  }
  return id;
}

/** Whether a chat has told the server that somebody may leave things for it. */
function mayLeave(tap: MailboxLiar, id: string): boolean {
  const told = tap.heard.findLastIndex((one) => one.type === 'senders' && one.add.some((who) => toHex(who) === id));
  return told >= 0 && tap.answered.filter(({ asked }) => asked === 'senders').length >= tap.count('senders');
}

const texts = async (chat: Chat, id: string) => (await messages(chat, id, () => true)).map(({ text }) => text);

describe('an invite that lets people knock', () => {
  it('lets somebody in while its maker is away, who finds them and what they wrote; an answer goes back the same way', async () => {
    const { anns, bobs, annId, link, oracle, place } = await setUp();
    const tap = new MailboxLiar();
    const bob = await come(bobs, place, tap);
    await knock(bob, link, 'I am here', 'and waiting');
    const bobId = bob.fingerprint;
    // So that he can be answered: his keys are there, and she may leave something for him.
    await tap.hasAnswered('publish');
    await expect.poll(() => mayLeave(tap, annId), PATIENCE).toBe(true);
    await bob.close();

    const ann = await openChat(anns, place);
    const joined: string[] = [];
    ann.joined.add((id) => joined.push(id));
    await signIn(ann);
    await until(ann, () => conversation(ann, bobId)?.unread === 2);
    expect(await texts(ann, bobId)).toEqual(['I am here', 'and waiting']);
    expect(joined).toEqual([bobId]);
    expect(ann.invites).toEqual([]);
    expect(conversation(ann, bobId)).toMatchObject({ name: 'Bob', verified: false, invited: false });
    await ann.mailbox.setLeaving(bobId, true);
    await ann.send(bobId, 'welcome');
    await messages(ann, bobId, (all) => all.at(-1)?.state === 'On the server');
    await ann.close();

    // He hears of it without ever having met her here: her parcel says who she is.
    const back = await come(bobs, place);
    await until(back, () => conversation(back, annId)?.unread === 1);
    await until(back, () => conversation(back, annId)?.invited === false);
    expect(conversation(back, annId)?.knock).toBe('no');
    await delivered(back, annId);
    await back.close();

    const [annAgain, bobAgain] = [await come(anns, place), await come(bobs, place)];
    await Promise.all([connected(annAgain, bobId), connected(bobAgain, annId)]);
    await delivered(annAgain, bobId);
    await oracle.judge([['welcome'], ['I am here', 'and waiting']]);
  });

  it('lets somebody in who has not written a word, and then what they write later', async () => {
    const { anns, bobs, annId, link, oracle, place } = await setUp();
    const bob = await come(bobs, place);
    await knock(bob, link);
    await bob.send(annId, 'later');
    await messages(bob, annId, (all) => all.at(-1)?.state === 'On the server');
    await bob.close();
    const ann = await come(anns, place);
    await until(ann, () => conversation(ann, bob.fingerprint)?.unread === 1);
    expect(await texts(ann, bob.fingerprint)).toEqual(['later']);
    await oracle.judge();
  });

  it('is taken up once, and its second taker is turned away as on a link', async () => {
    const { anns, bobs, link, place } = await setUp();
    const [bob, cat] = [await come(bobs, place), await come(await newDevice('Cat'), place)];
    await knock(bob, link, 'first');
    await knock(cat, link, 'second');
    await Promise.all([bob.close(), cat.close()]);
    const ann = await come(anns, place);
    await until(ann, () => ann.notices.length > 0);
    expect(ann.notices[0]?.text).toContain('had been used already');
    // Both were opened, so that neither opens again.
    expect([...anns.records.keys()].filter((at) => at.startsWith('prekey/one-time/'))).toHaveLength(48);
    expect(ann.conversations.map(({ id }) => id)).toEqual([bob.fingerprint]);
    expect(await texts(ann, bob.fingerprint)).toEqual(['first']);
  });

  it('lets nobody in any more once it is cancelled, or has expired by its maker’s clock', async () => {
    for (const end of ['cancelled', 'expired'] as const) {
      const { anns, bobs, id, link, place } = await setUp();
      const bob = await come(bobs, place);
      await knock(bob, link, 'too late');
      await bob.close();
      const tap = new MailboxLiar();
      const ahead = end === 'expired' ? INVITE_LIFETIME + 1000 : 0;
      const ann = await openChat(anns, { ...place, now: () => Date.now() + ahead, onsocket: tap.onsocket });
      if (end === 'cancelled') await ann.cancelInvite(id);
      await signIn(ann);
      await tap.hasGivenAll();
      expect(ann.conversations).toEqual([]);
      await until(ann, () => ann.notices.some(({ text }) => onPage(text).includes(end)));
      await ann.close();
    }
  });

  it('is spent once, where its maker’s page was closed before the server heard that the knock was taken', async () => {
    const { anns, bobs, link, oracle, place } = await setUp();
    const bob = await come(bobs, place);
    await knock(bob, link, 'hello');
    await bob.close();
    const tap = new MailboxLiar();
    tap.swallow('taken', () => true);
    const closed = await come(anns, place, tap);
    await until(closed, () => conversation(closed, bob.fingerprint)?.unread === 1);
    await expect.poll(() => tap.count('taken'), PATIENCE).toBe(1);
    await closed.close();
    const second = new MailboxLiar();
    const ann = await come(anns, place, second);
    await second.hasGivenAll();
    expect(await texts(ann, bob.fingerprint)).toEqual(['hello']);
    expect(ann.notices).toEqual([]);
    await oracle.judge();
  });

  it('still leads to a link, if both are here before the knock was found', async () => {
    const { anns, bobs, annId, link, oracle, place } = await setUp();
    const bob = await come(bobs, place);
    await knock(bob, link, 'hello');
    const ann = await come(anns, place);
    await Promise.all([connected(ann, bob.fingerprint), connected(bob, annId)]);
    await delivered(bob, annId);
    await oracle.judge([[], ['hello']]);
  });

  it('lets a stranger into a private server, too, once its maker has found them', async () => {
    const { anns, bobs, annId, link, place } = await setUp({ env: { ACCESS_TOKEN: 'open-sesame-please' } });
    const bob = await openChat(bobs, place);
    bob.connect();
    await until(bob, () => bob.server === 'denied');
    await knock(bob, link, 'knock, knock');
    await bob.close();
    const overheard = new MailboxLiar();
    const ann = await come(anns, place, overheard);
    await until(ann, () => conversation(ann, bob.fingerprint)?.unread === 1);
    await ann.mailbox.setLeaving(bob.fingerprint, true);
    await ann.send(bob.fingerprint, 'come in');
    // The server keeps nothing for somebody who has not come as a guest yet, which he may once it has heard of him.
    await until(ann, () => onPage(conversation(ann, bob.fingerprint)?.trouble).includes('takes nothing from you'));
    await overheard.hasAnswered('accept');
    await ann.close();
    const tap = new MailboxLiar();
    const back = await come(bobs, place, tap);
    await tap.hasAnswered('publish');
    await expect.poll(() => mayLeave(tap, annId), PATIENCE).toBe(true);
    await back.close();
    const again = await come(anns, place);
    await messages(again, bob.fingerprint, (all) => all.at(-1)?.state === 'On the server');
    await again.close();
    const guest = await come(bobs, place);
    await until(guest, () => conversation(guest, annId)?.unread === 1);
    expect(await texts(guest, annId)).toContain('come in');
  });
});

describe('an invite that lets nobody knock', () => {
  it('keeps what is written here until both are, and leaves nothing at the server', async () => {
    const { bobs, link, place } = await setUp({ knock: false });
    const tap = new MailboxLiar();
    const bob = await come(bobs, place, tap);
    const annId = await bob.join(invite(link), 'Ann');
    await bob.send(annId, 'hello');
    await until(bob, () => conversation(bob, annId)?.connection === 'away');
    await bob.close();
    expect([tap.count('deposit'), tap.count('prekeys')]).toEqual([0, 0]);
  });

  it('is one again whose maker takes the permission back', async () => {
    const { anns, bobs, id, link, place } = await setUp();
    const ann = await come(anns, place);
    expect(ann.invites.map(({ knock }) => knock)).toEqual([true]);
    await ann.setKnock(id, false);
    expect(ann.invites.map(({ knock }) => knock)).toEqual([false]);
    await ann.close();
    const tap = new MailboxLiar();
    const bob = await come(bobs, place, tap);
    const annId = await bob.join(invite(link), 'Ann');
    await until(bob, () => conversation(bob, annId)?.connection === 'away');
    await bob.close();
    expect(tap.count('deposit')).toBe(0);
  });
});

describe('whether people can knock when we go', () => {
  it('is so once the server has our prekeys, and not where it did not take them, or keeps nothing', async () => {
    const { anns, place } = await twoDevices();
    const refusing = new MailboxLiar();
    refusing.say = (message) => {
      const isPublished = 'ref' in message && refusing.count('publish') > 0 && message.type === 'done';
      return [isPublished ? { type: 'refused', ref: message.ref, code: 'too-many' } : message];
    };
    const refused = await openChat(anns, { ...place, onsocket: refusing.onsocket });
    expect(await refused.mailbox.ready()).toBe(false);
    refused.connect();
    await until(refused, () => refused.server === 'connected');
    expect(await refused.mailbox.ready()).toBe(false);
    expect(refusing.count('publish')).toBe(1);
    await refused.close();

    const ann = await openChat(anns, place);
    ann.connect();
    await until(ann, () => ann.server === 'connected');
    expect(await ann.mailbox.ready()).toBe(true);
    await ann.close();

    const { anns: others, place: keepsNothing } = await twoDevices({ MAILBOX: 'off' });
    const other = await openChat(others, keepsNothing);
    other.connect();
    await until(other, () => other.server === 'connected');
    expect(await other.mailbox.ready()).toBe(false);
    await other.close();
  });
});
