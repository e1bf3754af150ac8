/** How texts are broken where a screen is too narrow for them. */
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import emulator from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broken, cellsOf } from '../../app/cli/cells.ts';
import { messageRows } from '../../app/cli/said.ts';
import { wrapped } from '../../app/cli/wrapped.ts';

const HEAD = { clock: '12:05', author: 'Mallory' };

/** A terminal's own idea of what a text is: the rows that it takes, and whether each goes on the one before. */
async function drawn(text: string, columns: number) {
  const screen = new emulator.Terminal({ cols: columns, rows: 10, scrollback: 100_000, allowProposedApi: true });
  await new Promise<void>((done) => screen.write(text.replaceAll('\n', '\r\n'), done));
  const { active } = screen.buffer;
  const rows = Array.from({ length: active.baseY + active.cursorY + 1 }, (_, y) => active.getLine(y)!);
  screen.dispose();
  return rows.map((row) => ({ text: row.translateToString(true), isBroken: row.isWrapped }));
}

describe('a message', () => {
  it('never passes for one of somebody else by being long', async () => {
    const text = `ok${' '.repeat(58)}12:05  Ada: I sent the key`;
    const rows = await drawn(messageRows(HEAD, text, 80), 80);
    expect(rows.map((row) => row.text.trimEnd())).toEqual(['12:05  Mallory: ok', '    12:05  Ada: I sent the key']);
    // What it would be without.
    const [, second] = await drawn(`12:05  Mallory: ${text}`.replace(' '.repeat(58), ' '.repeat(62)), 80);
    expect(second!.text).toBe('12:05  Ada: I sent the key');
  });

  it('has no row but the first that begins at the edge, whatever it is made of', async () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom('a', ' ', '漢', '👩‍🚀', '❤️', 'ש', '\u0301', '\n', '\t', '🇩🇪', 'ｗ'),
        maxLength: 300,
      }),
    );
    const heads = fc.record({
      clock: fc.constant('12:05'),
      author: fc.constantFrom('A', '漢'.repeat(64), 'Ada '.repeat(16).trim()),
    });
    await fc.assert(
      fc.asyncProperty(heads, texts, fc.integer({ min: 12, max: 100 }), async (head, text, columns) => {
        const [first, ...more] = await drawn(messageRows(head, text, columns), columns);
        expect(first!.text).toMatch(/^12:05/);
        for (const row of more) {
          expect(row.isBroken).toBe(false);
          expect(row.text).toMatch(/^( {4}|$)/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is not broken where there is no screen', () => {
    expect(messageRows(HEAD, 'x '.repeat(500), Infinity)).toBe(`12:05  Mallory: ${'x '.repeat(500)}`);
  });

  it('has the author in colour, and is no longer for it', () => {
    const paint = (author: string) => `\u001b[32m${author}\u001b[39m`;
    const text = 'word '.repeat(40);
    expect(messageRows(HEAD, text, 40, paint).replace(paint('Mallory'), 'Mallory')).toBe(messageRows(HEAD, text, 40));
  });
});

it('every character takes at least as many cells as terminals draw', async () => {
  const output = new PassThrough() as PassThrough & { columns: number };
  output.columns = 1_000_000;
  const line = createInterface({ input: new PassThrough(), output, terminal: true, prompt: '' });
  const narrow: string[] = [];
  for (let code = 0x20; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if (/[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}]/u.test(character)) continue;
    // Node's own, by the tables of Unicode.
    line.write(null, { ctrl: true, name: 'u' });
    line.write(character);
    const { cols } = line.getCursorPos();
    if (cellsOf(character) < cols) narrow.push(`${code.toString(16)}: ${cols}`);
  }
  line.close();
  expect(narrow).toEqual([]);
});

describe('a line', () => {
  it('is broken after words, else anywhere, and loses no more than the space where it breaks', () => {
    expect(broken('one two three', 8)).toEqual(['one two ', 'three']);
    expect(broken('one two three', 7)).toEqual(['one two', 'three']);
    expect(broken('one  two', 3)).toEqual(['one', ' ', 'two']);
    expect(broken('unbreakable', 4)).toEqual(['unbr', 'eaka', 'ble']);
    expect(broken('漢字漢', 5)).toEqual(['漢字', '漢']);
    expect(broken('word', 0, 10)).toEqual(['', 'word']);
    expect(broken('', 4)).toEqual(['']);
  });
});

it('own sentences are broken between words', () => {
  expect(wrapped('one two three', 7)).toBe('one two\nthree');
  expect(wrapped('one 漢字 three', 7)).toBe('one\n漢字\nthree');
  expect(wrapped('unbreakable', 3)).toBe('unbreakable');
  expect(wrapped('one two three', Infinity)).toBe('one two three');
});
