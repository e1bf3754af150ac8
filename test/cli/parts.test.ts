/** What the terminal client is made of: lines, orders, texts of others, and the app's sentences. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as trouble from '../../app/core/chat/trouble.ts';
import { DamagedRecord, ServerAway, StorageError, ChatError } from '../../app/core/base/errors.ts';
import { PlaceError } from '../../app/core/backup/place.ts';
import { asFailure } from '../../app/cli/exit.ts';
import { decodeOrder, encodeLine, MAX_REF_LENGTH } from '../../app/cli/json.ts';
import { linesOf } from '../../app/cli/lines.ts';
import { findPerson } from '../../app/cli/people.ts';
import { shown, shownLines } from '../../app/cli/shown.ts';
import { inTerminal } from '../../app/cli/words.ts';
import { wrapped } from '../../app/cli/wrapped.ts';
import type { ConversationView } from '../../app/core/chat/views.ts';

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

  it('and events are written so that a terminal takes nothing in them for a command', () => {
    const text = '\u001b\u007f\u009b31m\u2028\u202e\u200b\ufeff ü 👋';
    const line = encodeLine({ text });
    expect(line).toBe('{"text":"\\u001b\\u007f\\u009b31m\\u2028\\u202e\\u200b\\ufeff ü 👋"}');
    expect(JSON.parse(line)).toEqual({ text });
  });
});

describe('what others write', () => {
  it('is shown on as many lines as it has, or on one', () => {
    expect(shownLines('a\nb\r\nc\u2028d\u0085e')).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(shown('a\nb')).toBe('a b');
  });

  it('holds no control character and nothing that turns the text around it', () => {
    const all = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
    expect(shownLines(all).join('')).not.toMatch(/\p{Cc}/u);
    expect(shown('\u202e\u2066')).toBe('<U+202E><U+2066>');
    expect(shown('שלום')).toBe('\u2068שלום\u2069');
  });
});

describe('a person', () => {
  const person = (id: string, name: string) => ({ id: id.repeat(64), name }) as ConversationView;
  const find = (wanted: string, ...conversations: ConversationView[]) => findPerson({ conversations }, wanted).id[0];

  it('is found by name, by the digits behind it, or by fingerprint', () => {
    const [ada, bob] = [person('a', 'Ada'), person('b', 'Bob')];
    expect([find('Ada', ada, bob), find('Bob bbbb', ada, bob), find('B'.repeat(64), ada, bob)]).toEqual([
      'a',
      'b',
      'b',
    ]);
  });

  it('is not found by what several are called, nor by a name that is the fingerprint of another', () => {
    const [one, other] = [person('a', 'Bob'), person('b', 'Bob')];
    expect(() => find('Bob', one, other)).toThrow('“Bob aaaa” or “Bob bbbb”');
    expect(find('Bob bbbb', one, other)).toBe('b');
    expect(find('a'.repeat(64), person('b', 'a'.repeat(64)), one)).toBe('a');
    expect(() => find('c'.repeat(64), person('b', 'c'.repeat(64)))).toThrow('Nobody of that fingerprint');
    expect(() => find('Carol', one)).toThrow('Nobody of that name');
  });
});

describe('the sentences of the app', () => {
  /** Every text in quotes in a source. */
  const sentencesIn = (file: string) =>
    [...readFileSync(file, 'utf8').matchAll(/(['`])((?:[A-Z][^'`\n]*|[^'`\n]* [^'`\n]*)\.)\1/g)].map(
      ([, , text]) => text!,
    );

  it('speak of no page, tab or button in a terminal', () => {
    const files = [
      'base/errors.ts',
      'chat/trouble.ts',
      'chat/held-invites.ts',
      'chat/server-health.ts',
      'identity/invite.ts',
      'backup/file-place.ts',
      'backup/place.ts',
    ];
    const sentences = files.flatMap((file) => sentencesIn(`app/core/${file}`));
    expect(sentences.length).toBeGreaterThan(60);
    for (const sentence of sentences.map(inTerminal)) {
      expect(sentence).not.toMatch(/\b(page|tab|browser|Settings)\b|press “/i);
    }
    expect(inTerminal(trouble.OTHER_VERSION)).toContain('Both start Sotto again');
  });

  it('are broken between words', () => {
    expect(wrapped('one two three', 7)).toBe('one two\nthree');
    expect(wrapped('unbreakable', 3)).toBe('unbreakable');
  });
});

describe('an error', () => {
  it.each([
    [new ChatError('No.'), 3, 'No.'],
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
    expect(failure.message).not.toContain('hunter2');
  });
});
