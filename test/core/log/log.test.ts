import { beforeAll, describe, expect, it } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { DamagedRecord } from '../../../app/core/base/errors.ts';
import type { Store } from '../../../app/core/base/store.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import { theirHead, type Conversation } from '../../../app/core/log/append.ts';
import type { Message } from '../../../app/core/log/batch.ts';
import { Log } from '../../../app/core/log/log.ts';
import { decodeLogState, encodeLogState, restoredState } from '../../../app/core/log/log-state.ts';
import { ANN, BOB, contents, fresh, headOf, rewritten, talkOf, upTo, wrote } from '../../parts/conversations.ts';
import { memoryStore } from '../../parts/memory-store.ts';

let talk: Conversation;
let theirTalk: Conversation;

beforeAll(async () => {
  [talk, theirTalk] = await Promise.all([talkOf(ANN, BOB), talkOf(BOB, ANN)]);
});

const open = (store: Store) => Log.open(store, 'name', talk);
const texts = (messages: readonly Message[]) => messages.map(({ content }) => content.text);
const batch = (messages: readonly Message[]) => ({ messages, acknowledgements: [] });

/** All texts of a log, oldest first, read back page by page. */
async function allOf(log: Log, pageSize = 3): Promise<string[]> {
  const found: string[] = [];
  let before: number | undefined;
  for (;;) {
    const page = await log.page(pageSize, before);
    if (page.length === 0) return found;
    for (const { position, messages } of page) {
      found.unshift(...texts(messages));
      before = position;
    }
  }
}

/** A store whose writes wait to be let through, one by one, or fail. */
function heldStore(records: Map<string, Bytes>) {
  const store = memoryStore(records);
  const waiting: { pass: () => void; fail: () => void }[] = [];
  const write: Store['write'] = async (changes) => {
    await new Promise<void>((pass, reject) => waiting.push({ pass, fail: () => reject(new Error('disk')) }));
    await store.write(changes);
  };
  return { store: { ...store, write }, waiting };
}

describe('a log', () => {
  it('gives back what was written and received, in the order it became durable, after it was closed', async () => {
    const records = new Map<string, Bytes>();
    const log = await open(memoryStore(records));
    const theirs = await wrote(fresh(), theirTalk, 'b1', 'b2');
    await log.write(contents('a1', 'a2'), 5);
    expect(await log.receive(batch(theirs.messages), 10_000)).toBe('taken');
    await log.write(contents('a3'), 6);
    const again = await open(memoryStore(records));
    expect(await allOf(again)).toEqual(['a1', 'a2', 'b1', 'b2', 'a3']);
    expect(again.state).toEqual(log.state);
    expect(again.state).toMatchObject({ unread: 2, preview: 'a3', time: 6, ours: { delivered: 0 } });
  });

  it('keeps more than a record holds in one write, and gives it back in order', async () => {
    const records = new Map<string, Bytes>();
    const { store, waiting } = heldStore(records);
    const log = await open(store);
    const expected = Array.from({ length: 300 }, (_, index) => `m${index}`);
    const positions: number[] = [];
    log.appended.add((_, position) => positions.push(position));
    const writing = log.write(contents(...expected), 1);
    await expect.poll(() => waiting.length).toBe(1);
    expect(records.size).toBe(0);
    waiting[0]!.pass();
    await writing;
    expect(positions).toEqual([0, 1]);
    const again = await open(memoryStore(records));
    expect(await allOf(again)).toEqual(expected);
    expect(texts(await again.undelivered())).toEqual(expected);
    expect(again.state).toEqual(log.state);
  });

  it('is read from its newest page backwards, wherever the pages fall', async () => {
    const log = await open(memoryStore());
    const expected = Array.from({ length: 20 }, (_, index) => `m${index}`);
    for (const text of expected) await log.write(contents(text), 1);
    expect((await log.page(2)).map(({ messages }) => texts(messages))).toEqual([['m19'], ['m18']]);
    for (const size of [1, 3, 7, 20, 50]) expect(await allOf(log, size)).toEqual(expected);
    expect(await log.page(5, 0)).toEqual([]);
  });

  it('keeps its order past the places where numbers grow a digit', async () => {
    const log = await open(memoryStore());
    const expected = Array.from({ length: 300 }, (_, index) => `m${index}`);
    for (const text of expected) await log.write(contents(text), 1);
    expect(await allOf(log, 16)).toEqual(expected);
  });

  it('knows what was not delivered, oldest first, also after it was closed', async () => {
    const records = new Map<string, Bytes>();
    const log = await open(memoryStore(records));
    const written = await log.write(contents('a1', 'a2', 'a3'), 1);
    const theirs = await wrote(fresh(), theirTalk, 'b1');
    await log.receive(batch(theirs.messages), 10_000);
    await log.write(contents('a4'), 1);
    expect(texts(await log.undelivered())).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(await log.receive({ messages: [], acknowledgements: [upTo(written[1]!)] }, 10_000)).toBe('taken');
    const again = await open(memoryStore(records));
    expect(texts(await again.undelivered())).toEqual(['a3', 'a4']);
    const whole = { ...headOf(again.state, ANN), read: 0 };
    await again.receive({ messages: [], acknowledgements: [whole] }, 10_000);
    expect(await again.undelivered()).toEqual([]);
  });

  it('counts what was not read, and forgets it when it was', async () => {
    const records = new Map<string, Bytes>();
    const log = await open(memoryStore(records));
    await log.receive(batch((await wrote(fresh(), theirTalk, 'b1', 'b2')).messages), 10_000);
    expect(log.state.unread).toBe(2);
    await log.markRead(true);
    expect((await open(memoryStore(records))).state.unread).toBe(0);
  });

  it('tells how much was read only as far as it was shown when that was marked', async () => {
    const { store, waiting } = heldStore(new Map());
    const log = await open(store);
    const { messages } = await wrote(fresh(), theirTalk, 'b1', 'b2');
    const receiving = [messages.slice(0, 1), messages.slice(1)].map((some) => log.receive(batch(some), 10_000));
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]!.pass();
    await receiving[0];
    const marking = log.markRead(true);
    for (const next of [1, 2]) {
      await expect.poll(() => waiting.length).toBe(next + 1);
      waiting[next]!.pass();
    }
    await Promise.all([...receiving, marking]);
    expect(log.state.theirs[0]).toMatchObject({ seq: 2, read: 1 });
  });

  it('knows what was left on the server, also after it was closed', async () => {
    const records = new Map<string, Bytes>();
    const log = await open(memoryStore(records));
    const written = await log.write(contents('a1', 'a2', 'a3'), 1);
    await log.markLeft(written.slice(0, 2), 500);
    expect((await open(memoryStore(records))).state.ours.left).toEqual({ seq: 2, time: 500 });
  });

  it('sends after a restore what was not acknowledged before, in its order and first', async () => {
    const records = new Map<string, Bytes>();
    const log = await open(memoryStore(records));
    const written = await log.write(contents('a1', 'a2', 'a3'), 1);
    await log.receive({ messages: [], acknowledgements: [upTo(written[0]!)] }, 10_000);
    const backup = new Map(records);
    const state = restoredState(decodeLogState(backup.get('log-state/name')!)!, randomBytes(16));
    backup.set('log-state/name', encodeLogState(state));
    const again = await open(memoryStore(backup));
    await again.write(contents('a4'), 1);
    expect(texts(await again.undelivered())).toEqual(['a2', 'a3', 'a4']);
    await again.receive({ messages: [], acknowledgements: [upTo(written[2]!)] }, 10_000);
    expect(texts(await (await open(memoryStore(backup))).undelivered())).toEqual(['a4']);
    expect(again.missing).toBe(0);
  });

  it('keeps it that the other has more than a backup had, also after it was closed', async () => {
    const records = new Map<string, Bytes>();
    const log = await open(memoryStore(records));
    await log.write(contents('a1'), 1);
    const backup = new Map(records);
    const [late] = await log.write(contents('a2'), 1);
    const state = restoredState(decodeLogState(backup.get('log-state/name')!)!, randomBytes(16));
    backup.set('log-state/name', encodeLogState(state));
    const again = await open(memoryStore(backup));
    expect(again.missing).toBe(0);
    expect(await again.receive({ messages: [], acknowledgements: [upTo(late!)] }, 10_000)).toBe('taken');
    expect((await open(memoryStore(backup))).missing).toBe(1);
  });

  it('takes up a chain of theirs further up after a restore, durable before anything of it is shown', async () => {
    const records = new Map<string, Bytes>();
    const { messages } = await wrote(fresh(), theirTalk, 'b1', 'b2', 'b3', 'b4');
    await (await open(memoryStore(records))).receive(batch(messages.slice(0, 1)), 10_000);
    const whole = await open(memoryStore(new Map(records)));
    expect(await whole.resume(messages.slice(2))).toBe(0);
    const state = restoredState(decodeLogState(records.get('log-state/name')!)!, randomBytes(16));
    records.set('log-state/name', encodeLogState(state));
    const log = await open(memoryStore(records));
    expect(await log.receive(batch(messages.slice(2)), 10_000)).toBe('ahead');
    expect(await log.resume(messages.slice(2))).toBe(1);
    expect(await log.receive(batch(messages.slice(2)), 10_000)).toBe('taken');
    const again = await open(memoryStore(records));
    expect(await allOf(again)).toEqual(['b1', 'b3', 'b4']);
  });

  it('writes what belongs to a batch together with it, though nothing of it be new, and not if it does not fit', async () => {
    const records = new Map<string, Bytes>([['prekey', Uint8Array.of(1)]]);
    const { store, waiting } = heldStore(records);
    const log = await open(store);
    const { messages } = await wrote(fresh(), theirTalk, 'b1', 'b2', 'b3');
    const spent = new Map([['prekey', undefined]]);
    expect(await log.receive(batch(messages.slice(1)), 10_000, spent)).toBe('ahead');
    expect(await log.receive(batch([await rewritten(messages[0]!, { author: ANN })]), 10_000, spent)).toBe('refused');
    expect(waiting).toEqual([]);
    const receiving = log.receive(batch(messages), 10_000, spent);
    await expect.poll(() => waiting.length).toBe(1);
    expect(records.size).toBe(1);
    waiting[0]!.pass();
    expect(await receiving).toBe('taken');
    expect([...records.keys()].sort()).toEqual(['log-state/name', 'log/name/00000000000000']);
    const again = log.receive(batch(messages), 10_000, new Map([['another', Uint8Array.of(2)]]));
    await expect.poll(() => waiting.length).toBe(2);
    waiting[1]!.pass();
    expect(await again).toBe('taken');
    expect(records.get('another')).toEqual(Uint8Array.of(2));
  });

  it('notes what a batch acknowledges whose messages are ahead of a gap', async () => {
    const log = await open(memoryStore());
    const written = await log.write(contents('a1'), 1);
    const { messages } = await wrote(fresh(), theirTalk, 'b1', 'b2');
    const early = { messages: messages.slice(1), acknowledgements: [upTo(written[0]!)] };
    expect(await log.receive(early, 10_000)).toBe('ahead');
    expect(log.state).toMatchObject({ unread: 0, theirs: [], ours: { delivered: 1 } });
  });

  it('takes nothing of a batch of which anything is wrong', async () => {
    const records = new Map<string, Bytes>();
    const log = await open(memoryStore(records));
    const { messages } = await wrote(fresh(), theirTalk, 'b1', 'b2', 'b3');
    const before = { state: log.state, records: new Map(records) };
    const gap = [messages[0]!, messages[2]!];
    const claim = { ...headOf(log.state, ANN), seq: 1, read: 0 };
    expect(await log.receive(batch(gap), 10_000)).toBe('ahead');
    expect(await log.receive({ messages, acknowledgements: [claim] }, 10_000)).toBe('refused');
    expect(await log.receive(batch([await rewritten(messages[0]!, { author: ANN })]), 10_000)).toBe('refused');
    expect(log.state).toBe(before.state);
    expect(records).toEqual(before.records);
    expect(await log.receive(batch(messages), 10_000)).toBe('taken');
  });

  it('writes nothing for what it knows already', async () => {
    const records = new Map<string, Bytes>();
    const log = await open(memoryStore(records));
    const { messages } = await wrote(fresh(), theirTalk, 'b1', 'b2');
    await log.receive(batch(messages), 10_000);
    const before = new Map(records);
    expect(await log.receive(batch(messages), 10_000)).toBe('taken');
    expect(records).toEqual(before);
  });

  it('keeps the order of what is written and received at once', async () => {
    const log = await open(memoryStore());
    const { messages } = await wrote(fresh(), theirTalk, 'b1');
    await Promise.all([
      log.write(contents('a1'), 1),
      log.receive(batch(messages), 10_000),
      log.write(contents('a2'), 1),
    ]);
    expect(await allOf(log)).toEqual(['a1', 'b1', 'a2']);
    expect(log.state.ours.seq).toBe(2);
  });

  it('keeps conversations apart', async () => {
    const store = memoryStore();
    const [one, other] = [await Log.open(store, 'a', talk), await Log.open(store, 'ab', talk)];
    await one.write(contents('one'), 1);
    await other.write(contents('other'), 1);
    expect(await allOf(one)).toEqual(['one']);
    expect(await allOf(other)).toEqual(['other']);
    expect(one.state.ours.chain).not.toEqual(other.state.ours.chain);
  });
});

describe('a log whose disk is slow, fails or dies', () => {
  it('shows nothing and resolves nothing before it is durable', async () => {
    const { store, waiting } = heldStore(new Map());
    const log = await open(store);
    const told: string[] = [];
    log.appended.add((messages) => told.push(...texts(messages)));
    log.changed.add(() => told.push('changed'));
    const writing = log.write(contents('a1'), 1).then(() => told.push('resolved'));
    await expect.poll(() => waiting.length).toBe(1);
    expect(told).toEqual([]);
    expect(log.state).toMatchObject({ next: 0, preview: '' });
    expect(theirHead(log.state, BOB)).toBeUndefined();
    waiting[0]!.pass();
    await writing;
    expect(told).toEqual(['a1', 'changed', 'resolved']);
    expect(log.state).toMatchObject({ next: 1, preview: 'a1' });
  });

  it('acknowledges nothing before it is durable', async () => {
    const { store, waiting } = heldStore(new Map());
    const log = await open(store);
    const receiving = log.receive(batch((await wrote(fresh(), theirTalk, 'b1')).messages), 10_000);
    await expect.poll(() => waiting.length).toBe(1);
    expect(theirHead(log.state, BOB)).toBeUndefined();
    waiting[0]!.pass();
    expect(await receiving).toBe('taken');
    expect(theirHead(log.state, BOB)?.seq).toBe(1);
  });

  it('says when a write failed, is as it was before, and goes on with the next', async () => {
    const records = new Map<string, Bytes>();
    const { store, waiting } = heldStore(records);
    const log = await open(store);
    const failing = log.write(contents('lost'), 1);
    const following = log.write(contents('kept'), 2);
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]!.fail();
    await expect(failing).rejects.toThrow('disk');
    await expect.poll(() => waiting.length).toBe(2);
    waiting[1]!.pass();
    expect((await following)[0]!.entry.seq).toBe(1);
    expect(await allOf(await open(memoryStore(records)))).toEqual(['kept']);
  });

  it('opens again after it died in the middle of any write, with all that was resolved', async () => {
    for (let died = 0; died < 8; died++) {
      const records = new Map<string, Bytes>();
      const { store, waiting } = heldStore(records);
      const log = await open(store);
      const { messages } = await wrote(fresh(), theirTalk, 'b1', 'b2', 'b3', 'b4');
      const resolved: string[] = [];
      for (const [index, message] of messages.entries()) {
        const text = `a${index + 1}`;
        void log.write(contents(text), 1).then(
          () => resolved.push(text),
          () => undefined,
        );
        void log.receive(batch([message]), 10_000).then(
          () => resolved.push(message.content.text),
          () => undefined,
        );
      }
      for (let write = 0; write < died; write++) {
        await expect.poll(() => waiting.length).toBe(write + 1);
        waiting[write]!.pass();
      }
      await expect.poll(() => resolved.length).toBe(died);
      const again = await open(memoryStore(new Map(records)));
      expect(await allOf(again)).toEqual(resolved);
      expect(texts(await again.undelivered())).toEqual(resolved.filter((text) => text.startsWith('a')));
      expect(await again.receive(batch(messages), 10_000)).toBe('taken');
      const [next] = await again.write(contents('after'), 1);
      expect(next!.entry.seq).toBe(resolved.filter((text) => text.startsWith('a')).length + 1);
    }
  });

  it('does not begin anew over messages whose state is gone', async () => {
    const records = new Map<string, Bytes>();
    await (await open(memoryStore(records))).write(contents('a1'), 1);
    records.delete('log-state/name');
    await expect(open(memoryStore(records))).rejects.toThrow(DamagedRecord);
  });

  it('tells a damaged record, and does not write over it', async () => {
    const records = new Map<string, Bytes>();
    const log = await open(memoryStore(records));
    await log.write(contents('a1'), 1);
    const [place] = [...records.keys()].filter((key) => key.startsWith('log/'));
    records.set(place!, records.get(place!)!.slice(0, -1));
    await expect(log.page(1)).rejects.toThrow(DamagedRecord);
    await expect(log.undelivered()).rejects.toThrow(DamagedRecord);
    records.delete(place!);
    await expect(log.undelivered()).rejects.toThrow(DamagedRecord);
    records.set('log-state/name', new Uint8Array(3));
    await expect(open(memoryStore(records))).rejects.toThrow(DamagedRecord);
    expect(records.get('log-state/name')).toEqual(new Uint8Array(3));
  });
});
