/** What is told of a conversation, and how much of it is held for that. */
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { ProfileEvent } from '../../app/cli/events.ts';
import { KEPT, SLACK, Watch } from '../../app/cli/watch.ts';
import { DamagedRecord } from '../../app/core/base/errors.ts';
import { LogThread } from '../../app/core/chat/thread.ts';
import type { ConversationView } from '../../app/core/chat/views.ts';
import type { Message } from '../../app/core/log/batch.ts';
import { toHex } from '../../signal/wire/bytes.ts';
import { upTo } from '../parts/conversations.ts';
import { say, setUp, turns } from '../parts/held-peer.ts';

const BOB = 'bob';
const EVE = 'eve';
let held: Awaited<ReturnType<typeof setUp>>;
let watch: Watch;
let events: ProfileEvent[];

beforeEach(async () => {
  held = await setUp();
  events = [];
  const chat = {
    conversations: [person(BOB, 'Bob'), person(EVE, 'Eve')],
    notices: [],
    subscribe: () => () => undefined,
    thread: async (id: string) => {
      if (id === EVE) throw new DamagedRecord();
      return LogThread.open(held.peer);
    },
  };
  watch = await Watch.begin(chat);
  onTestFinished(() => watch.close());
  // Whoever listens is there a while later.
  await turns();
  watch.onevent = (event) => events.push(event);
});

function person(id: string, name: string): ConversationView {
  return { id, name, connection: 'away' } as ConversationView;
}

/** Lets Bob write these messages, one after the other. @returns the most that were held. */
async function hear(messages: readonly Message[]): Promise<number> {
  let most = 0;
  for (const message of messages) {
    await held.peer.log.receive({ messages: [message], acknowledgements: [] }, Date.now());
    await turns();
    most = Math.max(most, watch.messages(BOB).length + watch.underWay(BOB).length);
  }
  return most;
}

/** So many messages of Bob's. */
const many = (count: number) => held.bobs(...Array.from({ length: count }, (_, index) => `${index}`));
const told = () => events.filter(({ event }) => event === 'message').length;
const states = (id: string) => events.flatMap((one) => (one.event === 'state' && one.id === id ? [one.state] : []));

test('as many messages as are kept are held, and a few more; each is told once', async () => {
  const messages = await many(KEPT + SLACK + 1);
  await hear(messages.slice(0, KEPT + SLACK));
  expect(watch.messages(BOB)).toHaveLength(KEPT + SLACK);
  await hear(messages.slice(KEPT + SLACK));
  expect(watch.messages(BOB).map(({ text }) => text)).toEqual(messages.slice(-KEPT).map(({ content }) => content.text));
  expect(told()).toBe(KEPT + SLACK + 1);
});

test('whoever floods us and acknowledges nothing makes us hold no more, but for what is ours (fault 17)', async () => {
  const first = await held.peer.send(say('Is anybody there?'));
  const second = await held.peer.send(say('Well?'));
  for (const { id } of [first, second]) watch.wrote(toHex(id));
  const messages = await many(5 * (KEPT + SLACK));
  // Ours count twice while they are in the window.
  expect(await hear(messages)).toBeLessThanOrEqual(KEPT + SLACK + 4);
  expect(told()).toBe(messages.length);
  expect(watch.underWay(BOB).map(({ text }) => text)).toEqual(['Is anybody there?', 'Well?']);

  // What becomes of ours is told all the same, and then no more is held of it.
  await held.peer.takeLeft({ messages: [], acknowledgements: [upTo(first)] }, new Map());
  await turns();
  expect(states(toHex(first.id))).toEqual(['Waiting', 'Delivered']);
  expect(states(toHex(second.id))).toEqual(['Waiting']);
  expect(watch.underWay(BOB).map(({ text }) => text)).toEqual(['Well?']);
});

test('a conversation that cannot be read is told of once, takes nothing, and keeps no other from being followed', async () => {
  await hear(await many(2));
  await expect(watch.following(EVE)).rejects.toBeInstanceOf(DamagedRecord);
  await watch.following(BOB);
  expect(told()).toBe(2);
  const errors = events.flatMap((one) => (one.event === 'error' ? [one.text] : []));
  expect(errors).toEqual([expect.stringMatching(/^What you and Eve wrote cannot be shown\. /)]);
});
