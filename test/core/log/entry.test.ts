import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, ByteReader, concat, u8 } from '../../../signal/wire/bytes.ts';
import { randomBytes } from '../../../app/core/crypto/random.ts';
import {
  commitTo,
  conversationOf,
  decodeEntry,
  encodeEntry,
  encodeHead,
  entryHash,
  readHead,
  type Entry,
  type Head,
} from '../../../app/core/log/entry.ts';
import { decodeLogState, emptyLogState, encodeLogState, previewOf } from '../../../app/core/log/log-state.ts';
import { anyBytes, damaged, flipBit } from '../../parts/arbitrary.ts';

const head: Head = { author: randomBytes(32), chain: randomBytes(16), seq: 9, head: randomBytes(32) };
const entry: Entry = {
  author: randomBytes(32),
  conversation: randomBytes(32),
  chain: randomBytes(16),
  seq: 1,
  prev: new Uint8Array(32),
  time: 8.64e15,
  kind: 1,
  commit: randomBytes(32),
  head: undefined,
};

describe('an entry', () => {
  it('comes back as it was, with and without an acknowledgement', () => {
    expect(decodeEntry(encodeEntry(entry))).toEqual(entry);
    const acknowledging = { ...entry, head };
    expect(decodeEntry(encodeEntry(acknowledging))).toEqual(acknowledging);
  });

  it('has another hash if any bit of it differs', async () => {
    const bytes = encodeEntry({ ...entry, head });
    const hash = await entryHash(bytes);
    for (let bit = 0; bit < 8 * bytes.length; bit += 13) {
      expect(await entryHash(flipBit(bytes, bit))).not.toEqual(hash);
    }
  });

  it('is refused if it is of another version, too long, too short, or acknowledges in an unknown way', () => {
    const bytes = encodeEntry(entry);
    expect(decodeEntry(concat(u8(2), bytes.slice(1)))).toBeUndefined();
    expect(decodeEntry(concat(bytes, u8(0)))).toBeUndefined();
    expect(decodeEntry(concat(bytes.slice(0, -1), u8(1)))).toBeUndefined();
    expect(decodeEntry(concat(bytes.slice(0, -1), u8(2)))).toBeUndefined();
    for (let length = 0; length < bytes.length; length++) expect(decodeEntry(bytes.slice(0, length))).toBeUndefined();
  });

  it('is dated no later than dates reach', () => {
    expect(new Date(entry.time).getTime()).toBe(entry.time);
    expect(decodeEntry(encodeEntry({ ...entry, time: 8.64e15 + 1 }))).toBeUndefined();
  });

  it('commits to its text without holding it', async () => {
    const salt = randomBytes(32);
    const text = Uint8Array.from(Buffer.from('a text'));
    expect(await commitTo(salt, text)).toEqual(await commitTo(salt, text));
    expect(await commitTo(randomBytes(32), text)).not.toEqual(await commitTo(salt, text));
  });

  it('never makes its reader throw, and has one encoding', () => {
    const sound = encodeEntry({ ...entry, head });
    fc.assert(
      fc.property(fc.oneof(anyBytes(300), damaged(sound), damaged(encodeEntry(entry))), (bytes) => {
        const decoded = decodeEntry(bytes);
        if (decoded) expect(encodeEntry(decoded)).toEqual(bytes);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('a head', () => {
  it('comes back as it was, or as none', () => {
    expect(readHead(new ByteReader(encodeHead(head)))).toEqual({ head, valid: true });
    expect(readHead(new ByteReader(encodeHead(undefined)))).toEqual({ head: undefined, valid: true });
    expect(readHead(new ByteReader(u8(7)))).toEqual({ head: undefined, valid: false });
  });
});

describe('a conversation', () => {
  it('has one id for both of its people, and another for any other pair', async () => {
    const [a, b, c] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    expect(await conversationOf(a, b)).toEqual(await conversationOf(b, a));
    expect(await conversationOf(a, c)).not.toEqual(await conversationOf(a, b));
  });

  it('orders its people as their hexadecimal is ordered', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 3, maxLength: 3 }),
        fc.uint8Array({ minLength: 3, maxLength: 3 }),
        (x, y) => {
          const [a, b] = [Uint8Array.from(x), Uint8Array.from(y)];
          expect(Math.sign(compare(a, b))).toBe(Math.sign(Buffer.compare(a, b)));
          expect(compare(a, a)).toBe(0);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the state of a log', () => {
  const chain = { chain: randomBytes(16), seq: 12, head: randomBytes(32) };
  const own = { ...chain, delivered: 11, read: 10, left: { seq: 9, time: 8 }, missing: 7 };
  const full = {
    ours: own,
    former: Array.from({ length: 16 }, () => own),
    theirs: Array.from({ length: 16 }, (_, index) => ({ ...chain, read: 6, restored: index % 2 === 0 })),
    next: Number.MAX_SAFE_INTEGER,
    unread: 2 ** 32 - 1,
    time: 99,
    preview: previewOf('😀'.repeat(200)),
  };

  it('comes back as it was', () => {
    for (const state of [full, emptyLogState(randomBytes(16))]) {
      expect(decodeLogState(encodeLogState(state))).toEqual(state);
    }
  });

  it('previews the start of a text, cut between characters', () => {
    expect(previewOf('short')).toBe('short');
    expect(previewOf('a'.repeat(500))).toBe('a'.repeat(120));
    expect(previewOf('😀'.repeat(500))).toBe('😀'.repeat(120));
    expect(previewOf('a' + '😀'.repeat(500))).toBe('a' + '😀'.repeat(119));
  });

  it('never makes its reader throw', () => {
    const sound = encodeLogState(full);
    fc.assert(
      fc.property(fc.oneof(anyBytes(300), damaged(sound)), (bytes) => {
        const decoded = decodeLogState(bytes);
        if (decoded) expect(decodeLogState(encodeLogState(decoded))).toEqual(decoded);
      }),
      { numRuns: 10_000 },
    );
  });
});
