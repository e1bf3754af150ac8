/** What the terminal client is made of: lines, orders, and the app's sentences. */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DamagedRecord, ServerAway, StorageError, ChatError } from '../../app/core/base/errors.ts';
import { PlaceError } from '../../app/core/backup/place.ts';
import { asFailure } from '../../app/cli/exit.ts';
import { decodeOrder, MAX_REF_LENGTH } from '../../app/cli/json.ts';
import { linesOf } from '../../app/cli/lines.ts';
import { MAX_SECRET_BYTES, secretIn } from '../../app/cli/secrets.ts';
import { temporaryFolder } from '../signal/client.ts';

async function* stream(...chunks: (string | Uint8Array)[]) {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

async function lines(limit: number, ...chunks: (string | Uint8Array)[]): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = [];
  for await (const { text } of linesOf(stream(...chunks), limit)) all.push(text);
  return all;
}

describe('lines', () => {
  it('are whole however they come', async () => {
    expect(await lines(10, 'a\nb', 'c\r\n', '\n', 'd')).toEqual(['a', 'bc', '', 'd']);
  });

  it('are as long as the limit, and no longer', async () => {
    expect(await lines(5, '1234\n12345\n123456\n', '12', '34', '56', '\nok')).toEqual([
      '1234',
      '12345',
      undefined,
      undefined,
      'ok',
    ]);
  });

  it('are held no longer than the limit, though they have no end', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    async function* endless() {
      for (let i = 0; i < 200; i++) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        yield chunk;
      }
    }
    for await (const { text } of linesOf(endless(), 2 * 1024 * 1024)) expect(text).toBeUndefined();
    expect(most).toBeLessThan(50 * 1024 * 1024);
  });

  it('are text, or nothing', async () => {
    expect(await lines(10, Buffer.from([0xff, 0x0a]), 'ü\n')).toEqual([undefined, 'ü']);
  });
});

describe('a passphrase in a file', () => {
  const fileWith = (content: string | Uint8Array) => {
    const file = join(temporaryFolder(), 'passphrase');
    writeFileSync(file, content);
    return file;
  };
  const read = (content: string | Uint8Array) => secretIn(fileWith(content));

  it('is its first line, of as many bytes as one may have, and no more', () => {
    for (const end of ['', '\n', '\r\n', '\nmore'])
      expect(read('x'.repeat(MAX_SECRET_BYTES) + end)).toBe('x'.repeat(MAX_SECRET_BYTES));
    for (const end of ['', '\n', '\r\n'])
      expect(() => read('x'.repeat(MAX_SECRET_BYTES + 1) + end)).toThrow('too long');
    for (const empty of ['', '\n', '\nmore']) expect(() => read(empty)).toThrow('empty');
  });

  it('is text: bytes that are none would all be one and the same', () => {
    expect(() => read(Buffer.from([0x66, 0xff, 0xfe, 0x0a]))).toThrow('no text');
    expect(read('fünf Äpfel\n')).toBe('fünf Äpfel');
  });

  it('leaves what comes behind it in its descriptor', () => {
    const descriptor = openSync(fileWith('first\nsecond\n'), 'r');
    expect(secretIn(descriptor)).toBe('first');
    expect(readFileSync(descriptor, 'utf8')).toBe('second\n');
    closeSync(descriptor);
  });
});

describe('orders', () => {
  it('are taken with a ref that is a text or a number, or without', () => {
    const order = { send: 'Hi', to: 'Bob' };
    expect(decodeOrder(JSON.stringify(order))).toEqual(order);
    for (const ref of ['', 'r'.repeat(MAX_REF_LENGTH), 0, -1.5]) {
      expect(decodeOrder(JSON.stringify({ ...order, ref }))).toEqual({ ...order, ref });
    }
  });

  it('are refused with anything else', () => {
    const order = { send: 'Hi', to: 'Bob' };
    for (const ref of ['r'.repeat(MAX_REF_LENGTH + 1), null, true, [], {}]) {
      expect(decodeOrder(JSON.stringify({ ...order, ref }))).toBeUndefined();
    }
    for (const other of [[], 'Hi', 5, null, { ...order, send: '' }, { ...order, to: '' }, { ...order, more: 1 }]) {
      expect(decodeOrder(JSON.stringify(other))).toBeUndefined();
    }
    expect(decodeOrder('{"send":"Hi","to":"Bob","__proto__":{"ref":"x"}}')).toBeUndefined();
    expect(decodeOrder(`${'['.repeat(100_000)}`)).toBeUndefined();
  });
});

describe('the sentences of the app', () => {
  it('are those of a terminal', () => {
    expect(asFailure(new StorageError('taken')).message).toContain('start Sotto again here');
    expect(asFailure(new TypeError()).message).toContain('restart Sotto');
  });
});

describe('an error', () => {
  it.each([
    [new ChatError('No.'), 3, 'No.'],
    [new ChatError('No\u001b]0;title\u0007.'), 3, 'No'],
    [new ServerAway('Away.'), 4, 'Away.'],
    [new PlaceError('unreachable'), 4, 'The server cannot be reached'],
    [new PlaceError('refused'), 3, 'keeps no backup for you'],
    [new StorageError('full'), 1, 'This device has no room left'],
    [new DamagedRecord(), 1, 'cannot be read'],
    [new TypeError('the secret is hunter2'), 1, 'Something went wrong on our side.'],
  ])('ends the program with the number that it means: %s', (error, code, sentence) => {
    const failure = asFailure(error);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(sentence);
    expect(failure.message).not.toMatch(/hunter2|\p{Cc}/u);
  });
});
