/**
 * A server that does with parcels and prekeys what it likes: it withholds them, gives them again, in another order, to
 * another, under other numbers, without end. Nothing of that shows anybody a word twice, out of order or from somebody
 * else, keeps the page busy for ever, or has anything sealed for a key that is not the recipient's.
 */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../signal/wire/bytes.ts';
import type { ServerMessageOf } from '../../signal/wire/messages.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { acquainted, come } from '../parts/acquainted.ts';
import { MailboxLiar, PATIENCE } from '../parts/mailboxes.ts';
import { connected, conversation, delivered, messages, onPage, until } from '../parts/people.ts';

type Parcels = ServerMessageOf<'parcels'>;
type Left = Parcels['parcels'][number];

const TEXTS = ['one', 'two', 'three', 'four'];

/** The bundle of Ann's that the server has. */
function bundleOf({ annId, tap }: Awaited<ReturnType<typeof acquainted>>) {
  const bundles = tap.heard.flatMap((one) => (one.type === 'publish' ? [one.bundle] : []));
  return bundles.find((bundle) => toHex(bundle).includes(annId))!;
}

/** Ann has left a parcel for Bob with each of TEXTS, and has gone. */
async function withParcels() {
  const met = await acquainted();
  const ann = await come(met.anns, met.place);
  await until(ann, () => conversation(ann, met.bobId)?.connection === 'away');
  await ann.mailbox.setLeaving(met.bobId, true);
  for (const text of TEXTS) {
    await ann.send(met.bobId, text);
    await messages(ann, met.bobId, (all) => all.at(-1)?.state === 'On the server');
  }
  await ann.close();
  return met;
}

const texts = async (chat: Chat, id: string) => (await messages(chat, id, () => true)).map(({ text }) => text);

describe('a server that (fault 23)', () => {
  it('gives parcels in another order: each waits for what precedes it, and all come', async () => {
    const { bobs, annId, oracle, place } = await withParcels();
    const liar = new MailboxLiar();
    let turned = 0;
    const turn = (number: number) => 1000 - number;
    liar.lie('parcels', (message) => {
      turned += Number(message.parcels.length > 1);
      const reversed = message.parcels.toReversed().map((left) => ({ ...left, number: turn(left.number) }));
      return [{ ...message, parcels: reversed }];
    });
    liar.hear = (message) => (message.type === 'taken' ? { ...message, numbers: message.numbers.map(turn) } : message);
    const bob = await come(bobs, place, liar);
    await until(bob, () => conversation(bob, annId)?.unread === 4);
    expect(turned).toBeGreaterThan(0);
    expect(await texts(bob, annId)).toEqual(TEXTS);
    expect(bob.notices).toEqual([]);
    await oracle.judge();
  });

  it('withholds one: what follows it is not shown, stays there, and comes after it', async () => {
    const { bobs, annId, oracle, place } = await withParcels();
    const liar = new MailboxLiar();
    let withheld: Left | undefined;
    liar.lie('parcels', (message) => {
      withheld ??= message.parcels[1];
      return [{ ...message, parcels: message.parcels.filter((left) => left.number !== withheld?.number) }];
    });
    const bob = await come(bobs, place, liar);
    await liar.hasAnswered('taken');
    await liar.hasAnswered('collect');
    expect(await texts(bob, annId)).toEqual(['one']);
    const taken = liar.heard.flatMap((one) => (one.type === 'taken' ? one.numbers : []));
    expect(taken).toHaveLength(1);
    liar.say = (message) => [message];
    bob.connect();
    await until(bob, () => conversation(bob, annId)?.unread === 4);
    expect(await texts(bob, annId)).toEqual(TEXTS);
    await oracle.judge();
  });

  it('gives them again and again under new numbers, and says that there are always more: each is shown once', async () => {
    const { bobs, annId, oracle, place } = await withParcels();
    const liar = new MailboxLiar();
    const all: Left[] = [];
    let [next, answers] = [0, 0];
    liar.lie('parcels', (message) => {
      all.push(...message.parcels);
      answers++;
      const again = all.slice(0, 4).map((left) => ({ ...left, number: ++next }));
      // In the end the same numbers again, which would lead round for ever.
      return [{ ...message, parcels: answers < 5 ? again : [{ ...all[0]!, number: 1 }], more: true }];
    });
    const bob = await come(bobs, place, liar);
    await until(bob, () => conversation(bob, annId)?.unread === 4);
    await expect.poll(() => answers, PATIENCE).toBe(5);
    // It has stopped asking: the next thing said on the line is not another `collect`.
    bob.hurry();
    await liar.hasAnswered('lookup');
    expect(answers).toBe(5);
    expect(await texts(bob, annId)).toEqual(TEXTS);
    await oracle.judge();
  });

  it('says that they are from somebody else, changes a bit of them, or gives what is none: nothing is shown', async () => {
    const { bobs, annId, place } = await withParcels();
    const liar = new MailboxLiar();
    liar.lie('parcels', (message) => [
      {
        ...message,
        parcels: message.parcels.map((left, index) => {
          if (index === 0) return { ...left, from: new Uint8Array(32).fill(7) };
          if (index === 1) return { ...left, parcel: left.parcel.map((byte, at) => (at === 1500 ? byte ^ 1 : byte)) };
          if (index === 2) return { ...left, parcel: left.parcel.slice(0, -1) };
          return { ...left, parcel: new Uint8Array(100) };
        }),
      },
    ]);
    const bob = await come(bobs, place, liar);
    await until(bob, () => bob.notices.some(({ text }) => onPage(text).startsWith('4 things that were left for you')));
    expect(await texts(bob, annId)).toEqual([]);
    expect(conversation(bob, annId)?.trouble).toBeUndefined();
  });

  it('gives what was left for another: it opens for nobody else', async () => {
    const { anns, place, bobs, bobId, annId } = await withParcels();
    const tap = new MailboxLiar();
    let swapped: readonly Left[] = [];
    tap.lie('parcels', (message) => {
      swapped = message.parcels;
      return [{ ...message, parcels: [] }];
    });
    const bob = await come(bobs, place, tap);
    await expect.poll(() => swapped.length, PATIENCE).toBe(4);
    await bob.close();
    const liar = new MailboxLiar();
    liar.lie('parcels', (message) => [{ ...message, parcels: [...swapped], more: false }]);
    const ann = await come(anns, place, liar);
    await liar.hasAnswered('taken');
    expect(await texts(ann, bobId)).toEqual(TEXTS);
    expect(conversation(ann, bobId)?.unread).toBe(0);
    expect(annId).toBe(ann.fingerprint);
  });

  it('gives out prekeys of its own, or those of somebody else, in the place of theirs: nothing is sealed for them', async () => {
    const met = await acquainted();
    const { anns, bobs, bobId, annId, oracle, place } = met;
    const annsBundle = bundleOf(met);
    const ours = new MailboxLiar();
    const ann = await come(anns, place, ours);
    await until(ann, () => conversation(ann, bobId)?.connection === 'away');
    let lies = 0;
    // One of his with a bit changed is nobody's.
    ours.lie('prekeys', (message) => {
      lies++;
      const bundle = message.bundle!.map((byte, at) => (at === 100 ? byte ^ 1 : byte));
      return [{ ...message, bundle }];
    });
    await ann.mailbox.setLeaving(bobId, true);
    await ann.send(bobId, 'for Bob alone');
    await until(ann, () => onPage(conversation(ann, bobId)?.trouble).includes('do not verify'));
    expect([lies, ours.count('deposit')]).toEqual([1, 0]);
    // Her own is good, but not his.
    ours.lie('prekeys', (message) => {
      lies++;
      return [{ ...message, bundle: annsBundle, oneTime: null }];
    });
    ann.connect();
    await expect.poll(() => lies, PATIENCE).toBe(2);
    await until(ann, () => onPage(conversation(ann, bobId)?.trouble).includes('do not verify'));
    ours.lie('prekeys', (message) => {
      lies++;
      const key = new Uint8Array(1216).fill(9);
      return [{ ...message, oneTime: message.oneTime && { ...message.oneTime, key } }];
    });
    ann.connect();
    await expect.poll(() => lies, PATIENCE).toBe(3);
    await until(ann, () => onPage(conversation(ann, bobId)?.trouble).includes('do not verify'));
    expect(ours.count('deposit')).toBe(0);
    expect((await messages(ann, bobId, () => true)).map(({ state }) => state)).toEqual(['Waiting']);
    ours.say = (message) => [message];
    const bob = await come(bobs, place);
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    await delivered(ann, bobId);
    await oracle.judge([['for Bob alone'], []]);
  });

  it('has no one-time key left, or keeps them back: it is sealed all the same, opens once, and not when given again', async () => {
    const { anns, bobs, bobId, annId, oracle, place } = await acquainted();
    const liar = new MailboxLiar();
    liar.lie('prekeys', (message) => [{ ...message, oneTime: null }]);
    const ann = await come(anns, place, liar);
    await until(ann, () => conversation(ann, bobId)?.connection === 'away');
    await ann.mailbox.setLeaving(bobId, true);
    await ann.send(bobId, 'hello');
    await messages(ann, bobId, (all) => all.at(-1)?.state === 'On the server');
    await ann.close();
    const tap = new MailboxLiar();
    let first: readonly Left[] = [];
    tap.lie('parcels', (message) => {
      if (first.length === 0) first = message.parcels;
      return [message];
    });
    const bob = await come(bobs, place, tap);
    await until(bob, () => conversation(bob, annId)?.unread === 1);
    await tap.hasGivenAll();
    tap.lie('parcels', (message) => [{ ...message, parcels: [...first] }]);
    const before = tap.count('taken');
    bob.connect();
    await expect.poll(() => tap.count('taken'), PATIENCE).toBe(before + 1);
    expect(await texts(bob, annId)).toEqual(['hello']);
    expect(bob.notices).toEqual([]);
    await oracle.judge();
  });

  it('says that it keeps what it throws away: nothing is called Delivered, and the next link brings it', async () => {
    const { anns, bobs, bobId, annId, oracle, place } = await withParcels();
    const liar = new MailboxLiar();
    liar.lie('parcels', (message) => [{ ...message, parcels: [], more: false }]);
    const bob = await come(bobs, place, liar);
    await liar.hasAnswered('collect');
    expect(await texts(bob, annId)).toEqual([]);
    const ann = await come(anns, place);
    expect((await messages(ann, bobId, () => true)).map(({ state }) => state)).not.toContain('Delivered');
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    await delivered(ann, bobId);
    await oracle.judge([TEXTS, []]);
  });
});
