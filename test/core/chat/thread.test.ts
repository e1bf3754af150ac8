/** A window on a conversation: what is in it, and what is kept beside it. */
import { expect, test } from 'vitest';
import { LogThread } from '../../../app/core/chat/thread.ts';
import type { MessageView } from '../../../app/core/chat/views.ts';
import { upTo } from '../../parts/conversations.ts';
import { say, setUp } from '../../parts/held-peer.ts';

const texts = (messages: readonly MessageView[]) => messages.map(({ text }) => text);

test('what is dropped of it can be loaded again, and only what is ours and not delivered is kept beside it', async () => {
  const { peer, bobs } = await setUp();
  const thread = await LogThread.open(peer);
  const [theirs] = await bobs('theirs');
  const delivered = await peer.send(say('delivered'));
  await peer.takeLeft({ messages: [theirs!], acknowledgements: [upTo(delivered)] }, new Map());
  const waiting = await peer.send(say('waiting'));
  await peer.send(say('newest'));
  expect([texts(thread.messages), thread.dropped]).toEqual([['delivered', 'theirs', 'waiting', 'newest'], []]);

  thread.trim(1);
  expect([texts(thread.messages), texts(thread.dropped)]).toEqual([['newest'], ['waiting']]);
  expect(thread.dropped[0]?.state).toBe('Waiting');
  await peer.takeLeft({ messages: [], acknowledgements: [upTo(waiting)] }, new Map());
  expect(thread.dropped[0]?.state).toBe('Delivered');

  await thread.loadOlder();
  expect([texts(thread.messages), thread.dropped]).toEqual([['delivered', 'theirs', 'waiting', 'newest'], []]);
  // Delivered by now.
  thread.trim(1);
  expect([texts(thread.messages), thread.dropped]).toEqual([['newest'], []]);
  thread.close();
});

test('what is kept beside it is forgotten at the next trim once it is delivered', async () => {
  const { peer } = await setUp();
  const thread = await LogThread.open(peer);
  const first = await peer.send(say('first'));
  await peer.send(say('second'));
  thread.trim(1);
  await peer.takeLeft({ messages: [], acknowledgements: [upTo(first)] }, new Map());
  await peer.send(say('third'));
  thread.trim(1);
  expect(texts(thread.dropped)).toEqual(['second']);
  thread.close();
});
