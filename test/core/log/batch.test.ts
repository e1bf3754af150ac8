import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, lp, u8, utf8 } from '../../../signal/wire/bytes.ts';
import { MAX_TEXT_BYTES } from '../../../app/core/envelope/content.ts';
import { MAX_BODY_BYTES } from '../../../app/core/envelope/padding.ts';
import { MAX_ACKNOWLEDGEMENTS_BYTES } from '../../../app/core/log/acknowledgement.ts';
import type { Conversation } from '../../../app/core/log/append.ts';
import {
  decodeBatch,
  encodeBatch,
  firstBatch,
  MAX_BATCH_BYTES,
  MAX_BATCH_MESSAGES,
  sizeOf,
  type Batch,
  type Message,
} from '../../../app/core/log/batch.ts';
import { encodeEntry } from '../../../app/core/log/entry.ts';
import { anyBytes, damaged } from '../../parts/arbitrary.ts';
import { ANN, BOB, fresh, rewritten, talkOf, wrote } from '../../parts/conversations.ts';

let talk: Conversation;
let messages: Message[];
let acknowledgements: Batch['acknowledgements'];

beforeAll(async () => {
  talk = await talkOf(ANN, BOB);
  ({ messages } = await wrote(fresh(), talk, 'one', 'two', 'three'));
  const chain = { seq: 4, head: new Uint8Array(32).fill(2), read: 3 };
  acknowledgements = [1, 2].map((byte) => ({ ...chain, author: BOB, chain: new Uint8Array(16).fill(byte) }));
});

describe('a batch', () => {
  it('comes back as it was: messages, their ids, acknowledgements', async () => {
    for (const batch of [
      { messages, acknowledgements },
      { messages, acknowledgements: [] },
      { messages: [], acknowledgements },
      { messages: [], acknowledgements: [] },
    ]) {
      expect(await decodeBatch(encodeBatch(batch))).toEqual(batch);
    }
  });

  it('is refused if a text is not the one its entry commits to', async () => {
    const [one, two] = messages as [Message, Message];
    for (const other of [
      { ...one, body: utf8('0ne') },
      { ...one, salt: two.salt },
      { ...one, body: two.body },
    ]) {
      expect(await decodeBatch(encodeBatch({ messages: [other], acknowledgements: [] }))).toBeUndefined();
    }
  });

  it('is refused if texts and entries are in another order, or of another number', async () => {
    const { entries, rest } = encodeBatch({ messages, acknowledgements: [] });
    const fewer = encodeBatch({ messages: messages.slice(1), acknowledgements: [] });
    const turned = encodeBatch({ messages: [...messages].reverse(), acknowledgements: [] });
    expect(await decodeBatch({ entries, rest: fewer.rest })).toBeUndefined();
    expect(await decodeBatch({ entries: fewer.entries, rest })).toBeUndefined();
    expect(await decodeBatch({ entries, rest: turned.rest })).toBeUndefined();
  });

  it('is refused with anything left over', async () => {
    const { entries, rest } = encodeBatch({ messages, acknowledgements });
    expect(await decodeBatch({ entries: concat(entries, u8(0)), rest })).toBeUndefined();
    expect(await decodeBatch({ entries, rest: concat(rest, u8(0)) })).toBeUndefined();
    expect(await decodeBatch({ entries, rest: rest.slice(0, -1) })).toBeUndefined();
    const none = encodeBatch({ messages: [], acknowledgements: [] });
    expect(await decodeBatch({ ...none, rest: lp(u8(1)) })).toBeUndefined();
    expect(await decodeBatch({ ...none, rest: lp(concat(u8(0), u8(0))) })).toBeUndefined();
    expect(await decodeBatch({ ...none, rest: lp(new Uint8Array(0)) })).toBeUndefined();
    expect(await decodeBatch({ ...none, rest: new Uint8Array(0) })).toBeUndefined();
  });

  it('is refused for a message of an unknown kind, without text, or not well-formed (fault 18)', async () => {
    const [one] = messages as [Message];
    const empty = await rewritten(one, {}, '');
    const unknown = await rewritten(one, { kind: 9 });
    for (const message of [empty, unknown]) {
      expect(await decodeBatch(encodeBatch({ messages: [message], acknowledgements: [] }))).toBeUndefined();
    }
  });

  it('is read with 256 messages, and refused with one more', async () => {
    const { messages: many } = await wrote(fresh(), talk, ...Array.from({ length: MAX_BATCH_MESSAGES + 1 }, () => 'x'));
    const decode = (count: number) =>
      decodeBatch(encodeBatch({ messages: many.slice(0, count), acknowledgements: [] }));
    expect((await decode(MAX_BATCH_MESSAGES - 1))?.messages.length).toBe(MAX_BATCH_MESSAGES - 1);
    expect((await decode(MAX_BATCH_MESSAGES))?.messages.length).toBe(MAX_BATCH_MESSAGES);
    expect(await decode(MAX_BATCH_MESSAGES + 1)).toBeUndefined();
  });

  it('never makes its reader throw, whatever its parts', async () => {
    const { entries, rest } = encodeBatch({ messages, acknowledgements });
    const body = fc.oneof(
      fc.record({ entries: anyBytes(400), rest: anyBytes(400) }),
      damaged(entries).map((other) => ({ entries: other, rest })),
      damaged(rest).map((other) => ({ entries, rest: other })),
    );
    await fc.assert(
      fc.asyncProperty(body, async (any) => {
        const batch = await decodeBatch(any);
        if (!batch) return;
        const again = encodeBatch(batch);
        expect(Buffer.from(again.entries).equals(any.entries)).toBe(true);
        expect(Buffer.from(again.rest).equals(any.rest)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('how much goes into one batch', () => {
  const sized = (...sizes: number[]) => firstBatch(sizes, (size) => size);

  it('is 256 messages', () => {
    for (const [count, taken] of [
      [0, 0],
      [255, 255],
      [256, 256],
      [257, 256],
    ] as const) {
      expect(sized(...Array<number>(count).fill(1)).length).toBe(taken);
    }
  });

  it('is 48 KiB: one byte below, at, and not one above', () => {
    expect(MAX_BATCH_BYTES).toBe(48 * 1024);
    expect(sized(1000, MAX_BATCH_BYTES - 1001)).toHaveLength(2);
    expect(sized(1000, MAX_BATCH_BYTES - 1000)).toHaveLength(2);
    expect(sized(1000, MAX_BATCH_BYTES - 999)).toHaveLength(1);
  });

  it('is at least one message, and never skips one', () => {
    expect(sized(MAX_BATCH_BYTES + 1, 1)).toEqual([MAX_BATCH_BYTES + 1]);
    expect(sized(1, MAX_BATCH_BYTES, 2)).toEqual([1]);
  });

  it('counts what a message takes, and always fits an envelope', async () => {
    const [one] = messages as [Message];
    const { entries, rest } = encodeBatch({ messages: [one], acknowledgements: [] });
    expect(sizeOf(one)).toBe(entries.length + rest.length - 5);
    const entry = encodeEntry({ ...one.entry, head: acknowledgements[0] });
    expect(4 + entry.length + 4 + 32 + MAX_TEXT_BYTES).toBeLessThan(MAX_BATCH_BYTES);
    expect(MAX_BATCH_BYTES + 4 + MAX_ACKNOWLEDGEMENTS_BYTES + 8).toBeLessThanOrEqual(MAX_BODY_BYTES);
  });
});
