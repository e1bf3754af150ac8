/** One person, over links whose every move the test makes. */
import { describe, expect, it, vi } from 'vitest';
import { toHex } from '../../../signal/wire/bytes.ts';
import type { Changes } from '../../../app/core/base/store.ts';
import { encodeFrame } from '../../../app/core/transport/frames.ts';
import { headOf, upTo } from '../../parts/conversations.ts';
import { reached, say, setUp, state, texts, turns } from '../../parts/held-peer.ts';
import { memoryStore } from '../../parts/memory-store.ts';

describe('what was written', () => {
  it('goes out on a new link though the old one was stuck in the middle of sending it', async () => {
    const { peer, link } = await setUp();
    const [first, second] = [await link(), await link()];
    first.adopt();
    first.held.full = true;
    await peer.send(say('hello'));
    await expect.poll(() => first.held.waiting).toBe(1);
    second.adopt();
    await expect.poll(() => second.held.written.length).toBe(1);
    expect(texts(await second.held.opens())).toEqual(['hello']);
    expect(state(peer, 1)).toBe('Sent');
  });

  it('is Waiting without a link, Sent on one, Waiting again when it is lost, and Delivered only by their word', async () => {
    const { peer, link, heard } = await setUp();
    await peer.send(say('hello'));
    expect(state(peer, 1)).toBe('Waiting');
    const [first, second] = [await link(), await link()];
    first.adopt();
    await expect.poll(() => first.held.written.length).toBe(1);
    expect(state(peer, 1)).toBe('Sent');
    first.held.close();
    await expect.poll(() => heard).toEqual(['lost']);
    expect(state(peer, 1)).toBe('Waiting');
    second.adopt();
    await expect.poll(() => second.held.written.length).toBe(1);
    const [batch] = await second.held.opens();
    await second.held.says({ messages: [], acknowledgements: [upTo(batch!.messages[0]!)] });
    await expect.poll(() => state(peer, 1)).toBe('Delivered');
    expect(heard).toEqual(['lost', 'proven']);
  });

  it('is kept though it comes the moment after something else was', async () => {
    const { peer } = await setUp();
    for (const text of ['one', 'two', 'three']) await peer.send(say(text));
    expect(peer.log.state).toMatchObject({ ours: { seq: 3 }, preview: 'three' });
  });

  it('is told to each who wrote it by its own id, also where several became durable together', async () => {
    const { peer } = await setUp();
    const written = ['one', 'two', 'three'];
    const messages = await Promise.all(written.map((text) => peer.send(say(text))));
    expect(messages.map(({ content }) => content.text)).toEqual(written);
    expect(messages.map(({ entry }) => entry.seq)).toEqual([1, 2, 3]);
  });

  it('waits while one envelope is made, and then shares the next', async () => {
    const { peer, link } = await setUp();
    const { held, adopt } = await link();
    adopt();
    await Promise.all(Array.from({ length: 100 }, (_, index) => peer.send(say(`${index}`))));
    const all: string[] = [];
    let envelopes = 0;
    await expect
      .poll(async () => {
        const batches = await held.opens();
        envelopes += batches.length;
        all.push(...texts(batches));
        return all.length;
      })
      .toBe(100);
    expect(all).toEqual(Array.from({ length: 100 }, (_, index) => `${index}`));
    expect(envelopes).toBeLessThan(20);
  });

  it.each([
    ['nothing', ''],
    ['more than a message holds', 'x'.repeat(32 * 1024 + 1)],
  ])('is refused if it is %s', async (_, text) => {
    const { peer } = await setUp();
    await expect(peer.send(say(text))).rejects.toThrow(/Send it in parts/);
    expect(peer.log.state.next).toBe(0);
  });
});

describe('what came', () => {
  it('is acknowledged at once if it comes alone, and what follows fast in one go', async () => {
    const { peer, link, bobs } = await setUp();
    const { held, adopt } = await link();
    adopt();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const messages = await bobs(...Array.from({ length: 20 }, (_, index) => `${index}`));
      const acknowledged = async () => (await held.opens()).map(({ acknowledgements }) => acknowledgements[0]?.seq);
      await held.says({ messages: messages.slice(0, 1), acknowledgements: [] });
      await reached(() => held.written.length === 1);
      expect(await acknowledged()).toEqual([1]);
      for (const message of messages.slice(1)) await held.says({ messages: [message], acknowledgements: [] });
      await reached(() => peer.log.state.unread === 20);
      vi.advanceTimersByTime(49);
      await turns();
      expect(held.written).toEqual([]);
      vi.advanceTimersByTime(1);
      await reached(() => held.written.length === 1);
      expect(await acknowledged()).toEqual([20]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is acknowledged without a wait once it is a quarter of a mebibyte', async () => {
    const { link, bobs } = await setUp();
    const { held, adopt } = await link();
    adopt();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const messages = await bobs(...Array.from({ length: 9 }, () => 'x'.repeat(32 * 1024)));
      for (const message of messages) await held.says({ messages: [message], acknowledgements: [] });
      await reached(() => held.written.length === 2);
      expect((await held.opens()).map(({ acknowledgements }) => acknowledgements[0]?.seq)).toEqual([1, 9]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('after something that does not fit is not taken, though it was opened before that was known', async () => {
    const store = memoryStore();
    let write = () => undefined as void;
    const disk = new Promise<void>((resolve) => (write = resolve));
    const slow = { ...store, write: async (changes: Changes) => disk.then(() => store.write(changes)) };
    const { peer, link, bobs } = await setUp(slow);
    const { held, adopt } = await link();
    adopt();
    const writing = peer.send(say('mine'));
    const [first] = await bobs('first');
    await held.says({ messages: [], acknowledgements: [upTo(first!)] });
    await held.says({ messages: [first!], acknowledgements: [] });
    await expect.poll(() => held.unread).toBe(0);
    await turns();
    write();
    await Promise.all([writing, held.closed]);
    await turns();
    expect(peer.trouble).toContain('does not fit');
    expect(peer.log.state).toMatchObject({ unread: 0, next: 1 });
  });
});

describe('a link', () => {
  it('that brings an acknowledgement of what was never written is closed, and the person is told', async () => {
    const { peer, link } = await setUp();
    const { held, adopt } = await link();
    adopt();
    const { us } = peer.log.conversation;
    const claim = { ...headOf(peer.log.state, us), seq: 1, read: 0 };
    await held.says({ messages: [], acknowledgements: [claim] });
    await held.closed;
    expect(state(peer, 1)).toBe('Waiting');
    expect(peer.trouble).toContain('does not fit');
  });

  it('that stays silent when asked is closed after three seconds; one that answers stays', async () => {
    const { peer, link } = await setUp();
    const { held, adopt } = await link();
    adopt();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      peer.probe();
      expect(held.kinds()).toEqual(['ping']);
      held.hands(encodeFrame('pong', new Uint8Array(0)));
      await turns();
      vi.advanceTimersByTime(5_000);
      await turns();
      expect(peer.route).toBe('direct');
      peer.probe();
      vi.advanceTimersByTime(2_999);
      await turns();
      expect(peer.route).toBe('direct');
      vi.advanceTimersByTime(1);
      await held.closed;
    } finally {
      vi.useRealTimers();
    }
  });

  it('that nothing comes on is asked for a sign of life by itself, and closed if there is none', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { peer, link, heard } = await setUp();
      const { held, adopt } = await link();
      adopt();
      vi.advanceTimersByTime(23_000);
      await turns();
      expect(held.kinds()).toEqual(['ping']);
      held.hands(encodeFrame('pong', new Uint8Array(0)));
      await turns();
      await peer.send(say('hello'));
      await reached(() => held.kinds().includes('envelope'));
      vi.advanceTimersByTime(3_000);
      await turns();
      expect(held.kinds()).toEqual(['ping', 'envelope', 'ping']);
      vi.advanceTimersByTime(10_000);
      await held.closed;
      await turns();
      expect(heard).toEqual(['lost']);
      expect(state(peer, 1)).toBe('Waiting');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is asked at once, and closed soon, if the network has brought nothing for a while', async () => {
    const { link } = await setUp();
    const { held, adopt } = await link();
    adopt();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      held.silent.notify();
      expect(held.kinds()).toEqual(['ping']);
      vi.advanceTimersByTime(3_000);
      await held.closed;
    } finally {
      vi.useRealTimers();
    }
  });

  it('asks once for a sign of life, however often the server changes its mind', async () => {
    const { peer, link } = await setUp();
    const { held, adopt } = await link();
    adopt();
    for (let times = 0; times < 3; times++) peer.probe();
    await expect.poll(() => held.kinds()).toContain('ping');
    await turns();
    expect(held.kinds().filter((kind) => kind === 'ping')).toHaveLength(1);
  });

  it('is closed with the profile, which then takes no more messages and loses none it took', async () => {
    const { peer, link } = await setUp();
    const { held, adopt } = await link();
    adopt();
    const taken = peer.send(say('just in time'));
    const closing = peer.close();
    await expect(peer.send(say('too late'))).rejects.toThrow(/open in another tab/);
    await Promise.all([taken, closing, held.closed]);
    expect(peer.log.state.preview).toBe('just in time');
  });

  it('answers a ping with a pong, and goes on reading', async () => {
    const { peer, link } = await setUp();
    const { held, adopt } = await link();
    adopt();
    held.hands(encodeFrame('ping', new Uint8Array(0)));
    await expect.poll(() => held.kinds()).toEqual(['pong']);
    await held.says({ messages: [], acknowledgements: [] });
    await turns();
    expect(peer.route).toBe('direct');
  });

  it.each(['ping', 'pong'] as const)('that brings more of the kind %s than anybody needs is closed', async (kind) => {
    const { peer, link } = await setUp();
    const { held, adopt } = await link();
    adopt();
    for (let times = 0; times < 2; times++) held.hands(encodeFrame(kind, new Uint8Array(0)));
    await expect.poll(() => peer.route).toBeUndefined();
  });

  it.each([
    ['an envelope that does not open', encodeFrame('envelope', new Uint8Array(1200))],
    ['a handshake that is not due', encodeFrame('m1', new Uint8Array(1332))],
    ['a frame of an unknown kind', Uint8Array.of(1, 9)],
    ['nothing', new Uint8Array(0)],
  ])('that brings %s is closed without a word', async (_, frame) => {
    const { link, heard } = await setUp();
    const { held, adopt } = await link();
    adopt();
    held.hands(frame);
    await held.closed;
    await turns();
    expect(held.written).toEqual([]);
    expect(heard).toContain('broken');
  });

  it.each(['m1', 'm2', 'm3', 'version-refused'] as const)(
    'that brings a frame of the kind %s again is closed',
    async (kind) => {
      const { link } = await setUp();
      const { held, adopt } = await link();
      adopt();
      held.hands(encodeFrame(kind, new Uint8Array(40)));
      await held.closed;
    },
  );

  it('is the only one: an older one ends when a newer one is there', async () => {
    const { peer, link, heard } = await setUp();
    const [first, second] = [await link(), await link()];
    first.adopt();
    second.adopt();
    await first.held.closed;
    expect(peer.route).toBe('direct');
    expect(heard).toEqual([]);
    expect(toHex(peer.log.state.ours.chain)).toHaveLength(32);
  });
});
