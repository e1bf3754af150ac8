/** What is left of a conversation that was deleted: no text of anybody's, and how far the other's chain was. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bytes } from '../../../signal/wire/bytes.ts';
import { ChatError, DamagedRecord, StorageError } from '../../../app/core/base/errors.ts';
import type { Changes, Store } from '../../../app/core/base/store.ts';
import type { Conversation } from '../../../app/core/log/append.ts';
import type { Message } from '../../../app/core/log/batch.ts';
import { erase, finishErasing } from '../../../app/core/log/erase.ts';
import { Log } from '../../../app/core/log/log.ts';
import { ANN, BOB, contents, fresh, talkOf, theirHead, wrote } from '../../parts/conversations.ts';
import { memoryStore } from '../../parts/memory-store.ts';

let talk: Conversation;
let theirTalk: Conversation;

beforeAll(async () => {
  [talk, theirTalk] = await Promise.all([talkOf(ANN, BOB), talkOf(BOB, ANN)]);
});

const open = (store: Store) => Log.open(store, 'name', talk);
const batch = (messages: readonly Message[]) => ({ messages, acknowledgements: [] });
const NOTHING: Changes = new Map();

/** A log with three messages of theirs and as many records of ours as it says. */
async function written(records: Map<string, Bytes>, ours: number) {
  const store = memoryStore(records);
  const log = await open(store);
  const theirs = await wrote(fresh(), theirTalk, 'b1', 'b2', 'b3');
  await log.receive(batch(theirs.messages), 10_000);
  for (let count = 1; count <= ours; count++) await log.write(contents(`a${count}`), count);
  return { store, log, theirs };
}

describe('a log that is forgotten', () => {
  it('leaves no message, and goes with what belongs to it', async () => {
    const records = new Map<string, Bytes>([['contact/bob', Uint8Array.of(1)]]);
    const { store, log } = await written(records, 600);
    const left = await log.forget(new Map([['contact/bob', undefined]]));
    expect(records.has('contact/bob')).toBe(false);
    const writes: number[] = [];
    const write: Store['write'] = (changes) => (writes.push(changes.size), store.write(changes));
    await erase({ ...store, write }, left);
    expect([...records.keys()]).toEqual(['log-state/name']);
    // Never more at once than is quickly done.
    expect(writes).toEqual([257, 257, 90]);
  });

  it('takes and writes nothing more', async () => {
    const { log, theirs } = await written(new Map<string, Bytes>(), 1);
    await log.forget(NOTHING);
    await expect(log.write(contents('late'), 5)).rejects.toThrow(ChatError);
    const more = await wrote(theirs.state, theirTalk, 'b4');
    await expect(log.receive(batch(more.messages), 10_000)).rejects.toThrow(ChatError);
  });

  it('is as it was if that cannot be written', async () => {
    const records = new Map<string, Bytes>();
    const { store } = await written(records, 2);
    const before = new Map(records);
    const log = await open({ ...store, write: () => Promise.reject(new StorageError('full')) });
    await expect(log.forget(NOTHING)).rejects.toThrow(StorageError);
    expect(records).toEqual(before);
    expect(log.state).toEqual((await open(store)).state);
  });

  it('knows later what it held, takes what comes next, and begins a chain of its own', async () => {
    const records = new Map<string, Bytes>();
    const { store, log, theirs } = await written(records, 2);
    const { chain } = log.state.ours;
    await erase(store, await log.forget(NOTHING));
    const again = await open(store);
    expect(again.state).toMatchObject({ ours: { delivered: 0 }, unread: 0, preview: '', time: 0, next: 0 });
    expect(again.state.ours.seq).toBe(0);
    expect(again.state.ours.chain).not.toEqual(chain);
    // They send again what was not acknowledged, and go on.
    const more = await wrote(theirs.state, theirTalk, 'b4');
    expect(await again.receive(batch([...theirs.messages, ...more.messages]), 10_000)).toBe('taken');
    const shown = (await again.page(10)).flatMap(({ messages }) => messages.map(({ content }) => content.text));
    expect(shown).toEqual(['b4']);
    expect(theirHead(again.state, BOB)?.seq).toBe(4);
    // An acknowledgement of what is forgotten changes nothing, and is no offence.
    const old = { author: ANN, chain, seq: 2, head: new Uint8Array(32), read: 0 };
    expect(await again.receive({ messages: [], acknowledgements: [old] }, 10_000)).toBe('taken');
    expect(await again.undelivered()).toEqual([]);
  });

  it('of somebody who never wrote leaves nothing at all', async () => {
    const records = new Map<string, Bytes>();
    const store = memoryStore(records);
    const log = await open(store);
    await log.write(contents('a1', 'a2'), 1);
    await erase(store, await log.forget(NOTHING));
    expect(records.size).toBe(0);
    expect((await open(store)).state.next).toBe(0);
  });
});

describe('erasing that was interrupted', () => {
  it('is finished when the store is opened again, wherever it ended', async () => {
    for (let writes = 0; writes < 3; writes++) {
      const records = new Map<string, Bytes>();
      const { store, log } = await written(records, 600);
      const left = await log.forget(NOTHING);
      let more = writes;
      const write: Store['write'] = (changes) =>
        more-- > 0 ? store.write(changes) : Promise.reject(new StorageError('failed'));
      await expect(erase({ ...store, write }, left)).rejects.toThrow(StorageError);
      expect(records.size).toBe(2 + 601 - 256 * writes);
      await finishErasing(store);
      expect([...records.keys()]).toEqual(['log-state/name']);
      await finishErasing(store);
    }
  });

  it('stops at a note that cannot be read', async () => {
    for (const note of [[], [1], [2, 0, 0, 0, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0, 0, 1, 0]]) {
      const records = new Map<string, Bytes>([['erasing/name', Uint8Array.from(note)]]);
      await expect(finishErasing(memoryStore(records))).rejects.toThrow(DamagedRecord);
    }
  });
});
