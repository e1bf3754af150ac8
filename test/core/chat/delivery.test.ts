/** How far messages come, both ways: read, left on the server, and after a restore. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Store } from '../../../app/core/base/store.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import type { Message } from '../../../app/core/log/batch.ts';
import { decodeLogState, encodeLogState, restoredState } from '../../../app/core/log/log-state.ts';
import { headOf, upTo } from '../../parts/conversations.ts';
import { reached, say, setUp, state, texts, turns } from '../../parts/held-peer.ts';
import { memoryStore } from '../../parts/memory-store.ts';

describe('what was read', () => {
  const SECOND = 1_000;

  /** Ann's device after Bob's first two messages, on a clock in the hand of the test. */
  async function listening(tellsRead = () => true) {
    const all = await setUp(memoryStore(), tellsRead);
    const { held, adopt } = await all.link();
    adopt();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const messages = await all.bobs('one', 'two', 'three');
    await held.says({ messages: messages.slice(0, 2), acknowledgements: [] });
    await reached(() => held.written.length === 1);
    const told = async () => (await held.opens()).flatMap(({ acknowledgements }) => acknowledgements);
    expect(await told()).toMatchObject([{ seq: 2, read: 0 }]);
    return { ...all, held, messages, told };
  }

  it('is told once it is marked, and not before', async () => {
    const { peer, held, told } = await listening();
    vi.advanceTimersByTime(10 * SECOND);
    await turns();
    expect(held.written).toEqual([]);
    await peer.markRead();
    await reached(() => held.written.length === 1);
    expect(await told()).toMatchObject([{ seq: 2, read: 2 }]);
    vi.advanceTimersByTime(10 * SECOND);
    await turns();
    expect(held.written).toEqual([]);
  });

  it('is told no more often than what came is acknowledged', async () => {
    const { peer, held, messages, told } = await listening();
    await peer.markRead();
    await held.says({ messages: messages.slice(2), acknowledgements: [] });
    await reached(() => peer.log.state.unread === 1);
    await peer.markRead();
    vi.advanceTimersByTime(49);
    await turns();
    expect(held.written).toEqual([]);
    vi.advanceTimersByTime(1);
    await reached(() => held.written.length === 1);
    expect(await told()).toMatchObject([{ seq: 3, read: 3 }]);
  });

  it('rides along with a message', async () => {
    const { peer, held } = await listening();
    await peer.markRead();
    await peer.send(say('hello'));
    await reached(() => held.written.length === 1);
    expect((await held.opens())[0]).toMatchObject({ messages: [{}], acknowledgements: [{ seq: 2, read: 2 }] });
  });

  it('is told to nobody while the person does not want it, on this link or the next', async () => {
    const { peer, held, link } = await listening(() => false);
    await peer.markRead();
    vi.advanceTimersByTime(10 * SECOND);
    await turns();
    expect(held.written).toEqual([]);
    const next = await link();
    next.adopt();
    await reached(() => next.held.written.length === 1);
    expect((await next.held.opens())[0]?.acknowledgements).toMatchObject([{ seq: 2, read: 0 }]);
  });

  it('is not told any more where that was turned off after it was marked', async () => {
    let tells = true;
    const { peer, link } = await listening(() => tells);
    await peer.markRead();
    tells = false;
    const next = await link();
    next.adopt();
    await reached(() => next.held.written.length === 1);
    expect((await next.held.opens())[0]?.acknowledgements).toMatchObject([{ seq: 2, read: 0 }]);
  });

  it('of ours is Read by their word only, and stays so', async () => {
    const { peer, held } = await listening();
    await Promise.all(['a', 'b'].map((text) => peer.send(say(text))));
    const written: Message[] = [];
    await reached(() => peer.log.state.ours.seq === 2);
    vi.advanceTimersByTime(SECOND);
    await reached(() => held.written.length > 0);
    for (; written.length < 2; await turns()) written.push(...(await held.opens()).flatMap(({ messages }) => messages));
    await held.says({ messages: [], acknowledgements: [upTo(written[1]!, 1)] });
    await reached(() => state(peer, 1) === 'Read');
    expect(state(peer, 2)).toBe('Delivered');
    await held.says({ messages: [], acknowledgements: [upTo(written[1]!)] });
    await turns();
    expect(state(peer, 1)).toBe('Read');
  });
});

describe('what was left on the server', () => {
  it('is On the server, without a link and with one, until it is Delivered', async () => {
    const { peer, link } = await setUp();
    await Promise.all(['one', 'two'].map((text) => peer.send(say(text))));
    const [first] = peer.nextToLeave();
    await peer.markLeft([first!]);
    expect([state(peer, 1), state(peer, 2)]).toEqual(['On the server', 'Waiting']);
    expect(peer.nextToLeave().map(({ entry }) => entry.seq)).toEqual([2]);
    const { held, adopt } = await link();
    adopt();
    // A link sends all of it again: nobody knows when the mailbox is looked into.
    await expect.poll(() => held.written.length).toBe(1);
    expect(texts(await held.opens())).toEqual(['one', 'two']);
    expect([state(peer, 1), state(peer, 2)]).toEqual(['On the server', 'Sent']);
    await held.says({ messages: [], acknowledgements: [upTo(first!)] });
    await expect.poll(() => state(peer, 1)).toBe('Delivered');
    expect(peer.nextToLeave().map(({ entry }) => entry.seq)).toEqual([2]);
  });

  it('by the other is taken without a link, acknowledged in a parcel and on the next link', async () => {
    const { peer, link, bobs } = await setUp();
    const [one, two] = await bobs('one', 'two');
    expect(await peer.takeLeft({ messages: [two!], acknowledgements: [] }, new Map())).toBe('ahead');
    expect(await peer.takeLeft({ messages: [one!], acknowledgements: [] }, new Map())).toBe('taken');
    expect(peer.acknowledgements()).toEqual([upTo(one!)]);
    const { held, adopt } = await link();
    adopt();
    await expect.poll(() => held.written.length).toBe(1);
    expect((await held.opens())[0]?.acknowledgements).toEqual([upTo(one!)]);
  });
});

describe('a log that was restored', () => {
  /** A device of Ann's with this log state made of a backup. */
  async function restored(store: Store) {
    const state = decodeLogState((await store.get('log-state/bob'))!)!;
    await store.write(new Map([['log-state/bob', encodeLogState(restoredState(state, randomBytes(16)))]]));
    return setUp(store);
  }

  it('sends what its backup had and was not acknowledged, then what is written now', async () => {
    const store = memoryStore();
    const before = await setUp(store);
    for (const text of ['one', 'two']) await before.peer.send(say(text));
    const { peer, link } = await restored(store);
    await peer.send(say('three'));
    const { held, adopt } = await link();
    adopt();
    const sent: string[] = [];
    await expect.poll(async () => sent.push(...texts(await held.opens())) && sent).toEqual(['one', 'two', 'three']);
    expect(state(peer, 1)).toBe('Sent');
  });

  it('goes on where the other does, and says once that messages are missing', async () => {
    const store = memoryStore();
    const before = await setUp(store);
    const messages = await before.bobs('one', 'two', 'three', 'four');
    const first = await before.link();
    first.adopt();
    await first.held.says({ messages: messages.slice(0, 1), acknowledgements: [] });
    await expect.poll(() => before.peer.log.state.unread).toBe(1);
    const { peer, link, heard } = await restored(store);
    // A parcel that is ahead may yet be caught up with.
    expect(await peer.takeLeft({ messages: messages.slice(2, 3), acknowledgements: [] }, new Map())).toBe('ahead');
    const { held, adopt } = await link();
    adopt();
    await held.says({ messages: messages.slice(2, 3), acknowledgements: [] });
    await held.says({ messages: messages.slice(3), acknowledgements: [] });
    await expect.poll(() => peer.log.state.unread).toBe(3);
    expect(heard.filter((what) => what === 'missing')).toEqual(['missing']);
    expect(peer.trouble).toBeUndefined();
  });

  it('says once that the other has messages of ours that are not here', async () => {
    const store = memoryStore();
    const before = await setUp(store);
    await before.peer.send(say('one'));
    const backup = (await store.get('log-state/bob'))!;
    await before.peer.send(say('two'));
    const claim = { ...headOf(before.peer.log.state, before.peer.log.conversation.us), read: 0 };
    await store.write(new Map([['log-state/bob', backup]]));
    const { peer, link, heard } = await restored(store);
    const { held, adopt } = await link();
    adopt();
    for (let times = 0; times < 2; times++) await held.says({ messages: [], acknowledgements: [claim] });
    await expect.poll(() => heard.filter((what) => what === 'proven')).toHaveLength(2);
    expect(heard.filter((what) => what === 'missing')).toEqual(['missing']);
    expect(peer.log.missing).toBe(1);
  });
});
