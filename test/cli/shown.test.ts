/** What others have written, as a terminal shows it and as programs get it. */
import { describe, expect, it } from 'vitest';
import { encodeLine } from '../../app/cli/json.ts';
import { messageLines } from '../../app/cli/said.ts';
import { harmless, shown } from '../../app/cli/shown.ts';

/** What turns or hides, one of each kind. */
const HIDDEN = [
  '\u00ad',
  '\u034f',
  '\u061c',
  '\u115f',
  '\u17b4',
  '\u180b',
  '\u180f',
  '\u200b',
  '\u200e',
  '\u200f',
  '\u202a',
  '\u202e',
  '\u2060',
  '\u2066',
  '\u2069',
  '\u206f',
  '\u2800',
  '\u3164',
  '\ufeff',
  '\uffa0',
  '\ufff9',
  '\ufffb',
  '\u{1bca0}',
  '\u{1d173}',
  '\u{1d17a}',
  '\u{e0000}',
  '\u{e0041}',
  '\u{e007f}',
];
/** What is seen, or needed to write. */
const NEEDED = [
  'می\u200cخواهم',
  'क्\u200dष',
  '👩\u200d🚀',
  '❤\ufe0f',
  '葛\u{e0100}',
  '\u0601',
  '\u06dd',
  'שִׁלֹ֔ה',
  'ệ',
  'ཧྐྵྨླྺྼྻྂ',
];

describe('what others write', () => {
  it('is shown on as many lines as it has, or on one', () => {
    const text = 'a\nb\r\nc\u2028d\u0085e';
    expect(messageLines({ author: 'Bob', time: 0, text }, Infinity).replace(/^\d\d:\d\d/, '')).toBe(
      '  Bob: a\n    b\n    c\n    d\n    e',
    );
    expect(shown(text)).toBe('a b c d e');
  });

  it('holds no control character, and nothing that turns the text around it or shows as nothing (fault 20)', () => {
    const all = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
    expect(harmless(all)).not.toMatch(/\p{Cc}/u);
    for (const one of HIDDEN) {
      const code = one.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      expect(harmless(`a${one}b`)).toBe(`a<U+${code}>b`);
    }
  });

  it('keeps what scripts and emoji are written with', () => {
    for (const one of NEEDED) expect(harmless(one)).toBe(one);
  });

  it('turns nothing around it, and has isolates only where it could', () => {
    expect(shown('שלום')).toBe('\u2068שלום\u2069');
    expect(shown('Ben: hi')).toBe('Ben: hi');
  });

  it('piles no marks on a letter that would cover other lines', () => {
    for (const between of ['', '\u200d']) {
      const piled = harmless(`e${`\u0301${between}`.repeat(1000)}`);
      expect(piled.match(/\p{M}/gu)!.length).toBeLessThanOrEqual(8);
      expect(piled.match(/<U\+0301>/g)!.length + piled.match(/\p{M}/gu)!.length).toBe(1000);
    }
  });
});

describe('a line of JSON', () => {
  it('holds nothing that a terminal takes for a command, that turns it, or that shows as nothing (fault 20)', () => {
    const text = ['\u001b\u007f\u009b31m\u2028\u2029', ...HIDDEN.filter((one) => one !== '\u2800'), ...NEEDED].join('');
    const line = encodeLine({ text });
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
    expect(JSON.parse(line)).toEqual({ text });
    expect(encodeLine({ text: 'a\u202e\u{e0041} ü 👋' })).toBe('{"text":"a\\u202e\\udb40\\udc41 ü 👋"}');
  });
});
