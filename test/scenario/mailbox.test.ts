/** What is left at the server for somebody who is away, and collected once they come: with the real core and server. */
import { describe, expect, it } from 'vitest';
import type { Store } from '../../app/core/base/store.ts';
import { StorageError } from '../../app/core/base/errors.ts';
import type { Chat } from '../../app/core/chat/chat.ts';
import { startServer } from '../signal/client.ts';
import { acquainted, come as comeBy } from '../parts/acquainted.ts';
import { MailboxLiar, PATIENCE } from '../parts/mailboxes.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import {
  connected,
  conversation,
  delivered,
  type Device,
  meet,
  messages,
  newDevice,
  onPage,
  openChat,
  type Place,
  until,
} from '../parts/people.ts';

const DAY = 24 * 60 * 60 * 1000;

const taps = new WeakMap<Chat, MailboxLiar>();

/** Comes back. @param tap - between the chat and the server */
async function come(device: Device, place: Place, tap = new MailboxLiar()): Promise<Chat> {
  const chat = await comeBy(device, place, tap);
  taps.set(chat, tap);
  return chat;
}

/** Waits until a chat has collected all that was there for it. */
function collected(chat: Chat): Promise<void> {
  return taps.get(chat)!.hasGivenAll();
}

/** Writes to somebody who is away, and leaves it at the server. */
async function leave(chat: Chat, id: string, ...texts: string[]): Promise<void> {
  await until(chat, () => conversation(chat, id)?.connection === 'away');
  await chat.mailbox.setLeaving(id, true);
  for (const text of texts) await chat.send(id, text);
  await messages(chat, id, (all) =>
    all.filter(({ mine }) => mine).every(({ state }) => state === 'On the server' || state === 'Delivered'),
  );
}

const textsAt = async (chat: Chat, id: string, count: number) =>
  (await messages(chat, id, (all) => all.length >= count)).map(({ text }) => text);

describe('what is left for somebody who is away', () => {
  it('waits for the person to say so, and is offered once', async () => {
    const { anns, bobId, place } = await acquainted();
    const ann = await come(anns, place);
    await until(ann, () => conversation(ann, bobId)?.connection === 'away');
    expect(conversation(ann, bobId)?.leaving).toBe('off');
    await ann.send(bobId, 'hello');
    await until(ann, () => conversation(ann, bobId)?.leaving === 'offered');
    await ann.mailbox.setLeaving(bobId, false);
    expect(conversation(ann, bobId)?.leaving).toBe('off');
    await ann.send(bobId, 'hello again');
    expect(conversation(ann, bobId)?.leaving).toBe('off');
    expect((await messages(ann, bobId, () => true)).map(({ state }) => state)).toEqual(['Waiting', 'Waiting']);
  });

  it('is there when they come, though its writer has gone: two who are never here together talk', async () => {
    const { anns, bobs, annId, bobId, oracle, place } = await acquainted();
    const said: [string[], string[]] = [[], []];
    for (let round = 1; round <= 3; round++) {
      const ann = await come(anns, place);
      if (round > 1) await textsAt(ann, bobId, said[0].length + said[1].length);
      await leave(ann, bobId, `Ann ${round}a`, `Ann ${round}b`);
      said[0].push(`Ann ${round}a`, `Ann ${round}b`);
      await ann.close();
      const bob = await come(bobs, place);
      await textsAt(bob, annId, said[0].length + said[1].length);
      await leave(bob, annId, `Bob ${round}`);
      said[1].push(`Bob ${round}`);
      await bob.close();
    }
    const ann = await come(anns, place);
    await delivered(ann, bobId);
    await textsAt(ann, bobId, 9);
    // What she says of his last comes to him as a parcel of its own.
    await taps.get(ann)!.hasAnswered('deposit');
    await ann.close();
    const bob = await come(bobs, place);
    await delivered(bob, annId);
    await oracle.judge(said);
  });

  it('comes again on the next link, and is there once', async () => {
    const { anns, bobs, annId, bobId, oracle, place } = await acquainted();
    const ann = await come(anns, place);
    await leave(ann, bobId, 'one', 'two');
    const bob = await come(bobs, place);
    await Promise.all([connected(ann, bobId), connected(bob, annId)]);
    await ann.send(bobId, 'three');
    await delivered(ann, bobId);
    await oracle.judge([['one', 'two', 'three'], []]);
  });

  it('is left once, however often its writer comes, and again after a day without an acknowledgement', async () => {
    const { anns, bobId, place } = await acquainted();
    let ahead = 0;
    const liar = new MailboxLiar();
    const annsPlace = { ...place, now: () => Date.now() + ahead };
    const first = await come(anns, annsPlace, liar);
    await leave(first, bobId, 'hello');
    await first.close();
    const second = await come(anns, annsPlace, liar);
    await liar.hasAnswered('collect', 2);
    await until(second, () => conversation(second, bobId)?.connection === 'away');
    await second.close();
    expect(liar.count('prekeys')).toBe(1);
    ahead = DAY + 60_000;
    const third = await come(anns, annsPlace, liar);
    await expect.poll(() => liar.count('deposit'), PATIENCE).toBe(2);
    await third.close();
  });

  it('stays here with a sentence where the server takes no more of it, and goes on the next link', async () => {
    const { anns, bobs, bobId, oracle, place } = await acquainted();
    const liar = new MailboxLiar();
    const ann = await come(anns, place, liar);
    for (const [code, sentence] of [
      ['full', 'no more room'],
      ['too-many', 'as much on the server as it takes'],
      ['not-allowed', 'takes nothing from you'],
      ['failed', 'could not keep'],
    ] as const) {
      liar.say = (message) => [
        message.type === 'done' && liar.heard.some((one) => one.type === 'deposit' && one.ref === message.ref)
          ? { type: 'refused', ref: message.ref, code }
          : message,
      ];
      // At each welcome it is tried anew.
      ann.connect();
      await until(ann, () => conversation(ann, bobId)?.connection === 'away');
      if (code === 'full') await ann.mailbox.setLeaving(bobId, true);
      await ann.send(bobId, code);
      await expect.poll(() => conversation(ann, bobId)?.trouble ?? '', PATIENCE).toContain(sentence);
      expect(conversation(ann, bobId)?.trouble).toContain('kept here');
    }
    expect((await messages(ann, bobId, () => true)).map(({ state }) => state)).toEqual(Array(4).fill('Waiting'));
    await come(bobs, place);
    await delivered(ann, bobId);
    await until(ann, () => conversation(ann, bobId)?.trouble === undefined);
    await oracle.judge([['full', 'too-many', 'not-allowed', 'failed'], []]);
  });

  it('is dropped where its writer is blocked, and they are not told', async () => {
    const { anns, bobs, annId, bobId, place } = await acquainted();
    const blocking = await come(bobs, place);
    await blocking.block(annId);
    await blocking.close();
    const ann = await come(anns, place);
    await leave(ann, bobId, 'do you hear me?');
    await ann.close();
    const bob = await come(bobs, place);
    await collected(bob);
    expect(conversation(bob, annId)?.unread).toBe(0);
    expect(bob.notices).toEqual([]);
  });

  it('is not taken from somebody whose conversation was deleted, even while the server could not be told', async () => {
    const { anns, bobs, annId, bobId, place } = await acquainted();
    const forgetting = await openChat(bobs, place);
    await forgetting.deleteConversation(annId);
    await forgetting.close();
    const bob = await come(bobs, place);
    await collected(bob);
    await bob.close();
    const ann = await come(anns, place);
    await until(ann, () => conversation(ann, bobId)?.connection === 'away');
    await ann.mailbox.setLeaving(bobId, true);
    await ann.send(bobId, 'hello?');
    await expect.poll(() => conversation(ann, bobId)?.trouble ?? '', PATIENCE).toContain('takes nothing from you');
  });
});

describe('whoever collects', () => {
  it('has it once, where the page was closed before the server heard that it was taken', async () => {
    const { anns, bobs, annId, bobId, oracle, place } = await acquainted();
    const ann = await come(anns, place);
    await leave(ann, bobId, 'one', 'two');
    await ann.close();
    const liar = new MailboxLiar();
    liar.swallow('taken', () => true);
    const closed = await come(bobs, place, liar);
    await textsAt(closed, annId, 2);
    await expect.poll(() => liar.count('taken'), PATIENCE).toBe(1);
    await closed.close();
    const bob = await come(bobs, place);
    await collected(bob);
    expect((await messages(bob, annId, () => true)).map(({ text }) => text)).toEqual(['one', 'two']);
    // Nothing is wrong, so nothing is said.
    expect(bob.notices).toEqual([]);
    await oracle.judge();
  });

  it('is told when their disk is full; it stays at the server, and comes the next time', async () => {
    const { anns, bobs, annId, bobId, oracle, place } = await acquainted();
    const ann = await come(anns, place);
    await leave(ann, bobId, 'hello');
    await ann.close();
    let full = true;
    // Only the log's records find no room.
    const disk = (store: Store): Store => ({
      ...store,
      write: (changes) =>
        full && [...changes.keys()].some((key) => key.startsWith('log/'))
          ? Promise.reject(new StorageError('full'))
          : store.write(changes),
    });
    const liar = new MailboxLiar();
    const bob = await come(bobs, { ...place, disk: (store) => disk(oracle.disk(store)) }, liar);
    await until(bob, () => bob.notices.some(({ text }) => onPage(text).includes('no room left')));
    expect(await messages(bob, annId, () => true)).toEqual([]);
    expect(liar.count('taken')).toBe(0);
    full = false;
    bob.connect();
    expect(await textsAt(bob, annId, 1)).toEqual(['hello']);
    await oracle.judge();
  });
});

describe('a server without a mailbox', () => {
  it('is offered nothing and asked for nothing', async () => {
    const { origin } = await startServer({ MAILBOX: 'off' });
    const liar = new MailboxLiar();
    const place = { origin, network: new MemoryNetwork(), onsocket: liar.onsocket };
    const { ann, bob } = await meet(place, await newDevice('Ann'), await newDevice('Bob'));
    const bobId = bob.fingerprint;
    await bob.close();
    await until(ann, () => conversation(ann, bobId)?.connection === 'away');
    await ann.send(bobId, 'hello');
    expect(ann.mailbox.exists).toBe(false);
    expect(conversation(ann, bobId)?.leaving).toBeUndefined();
    const asked = liar.heard.map(({ type }) => type);
    for (const type of ['publish', 'stock', 'prekeys', 'deposit', 'collect', 'senders'])
      expect(asked).not.toContain(type);
  });
});
