import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { likenesses, looksLike, mixesAlphabets } from '../../../app/core/base/look-alikes.ts';
import { normalizeName } from '../../../app/core/base/name.ts';

describe('two names', () => {
  it.each([
    ['Ann', 'ann', 'small letters'],
    ['Ann', 'Аnn', 'a Cyrillic А'],
    ['Ann', 'Αnn', 'a Greek Α'],
    ['ANN', 'АNN', 'capitals'],
    ['Ann', 'Ann', 'wide letters'],
    ['Ann', '𝐀𝐧𝐧', 'mathematical letters'],
    ['Ann', 'Ⓐnn', 'a letter in a circle'],
    ['Ann', 'Ánn', 'an accent'],
    ['Ann', 'An\u05c1n', 'a Hebrew point'],
    ['Ann', 'Ann\u064e\u0651', 'Arabic vowels'],
    ['Анн', 'А\u0486нн', 'a Cyrillic breathing'],
    ['Bob', 'Воb', 'Cyrillic В and о'],
    ['Bob', 'B0b', 'a digit'],
    ['Bob', 'Βοb', 'Greek Β and ο'],
    ['Bill', 'BiII', 'capital I for l'],
    ['Bill', 'Bi11', 'ones'],
    ['Marie', 'Rnarie'.replace('Rn', 'rn'), 'r and n for m'],
    ['Wanda', 'vvanda', 'two v for w'],
    ['Jane', 'Јаnе', 'Cyrillic Ј, а and е'],
    ['Peter', 'Реtеr', 'Cyrillic Р and е'],
    ['Ivan', 'Ιvаn', 'Greek Ι'],
    ['Sotto', 'Sоttο', 'Cyrillic and Greek o'],
    ['You', 'Υου', 'Greek letters alone'],
    ['You', 'Уоu', 'Cyrillic У and о'],
    ['Karo', 'Каго', 'Cyrillic letters alone'],
    ['Noah', 'ոoah', 'an Armenian letter'],
    ['O\u2019Neil', "O'Neil", 'an apostrophe'],
    ['Anna\u2010Lena', 'Anna-Lena', 'a hyphen'],
    ['Ann', 'An\u200bn', 'something invisible'],
  ])('%s and %s look alike: %s', (one, other) => {
    expect(looksLike(one, other)).toBe(true);
    expect(looksLike(other, one)).toBe(true);
  });

  it.each([
    ['Ann', 'Anna'],
    ['Bob', 'Rob'],
    ['Иван', 'Ivan'],
    ['שלום', 'שלומ י'],
    ['की', 'का'],
    ['李', '季'],
    ['👩', '👨'],
    ['Ann', 'Ann 2'],
  ])('%s and %s do not', (one, other) => {
    expect(looksLike(one, other)).toBe(false);
  });
});

it.each([
  ['case', 'Bob', 'BOB'],
  ['case, in more letters than one', 'Strauß', 'STRAUSS'],
  ['letters that have two forms', 'Νίκος', 'ΝΊΚΟΣ'],
  ['wide and small forms', 'Bob', 'Ｂｏｂ'],
  ['letters in one sign', 'office', 'oﬃce'],
  ['spaces', 'Ann of Ely', 'Ann ofEly'],
  ['signs that cannot be seen', 'می‌خواهم', 'میخواهم'],
  ['the style of a sign', '❤', '❤️'],
])('%s tells no name from another', (_, one, other) => {
  expect(looksLike(one, other)).toBe(true);
});

it('what is left of a name is some of it, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      const name = normalizeName(typed);
      if (name === undefined) return;
      expect(looksLike(name, name)).toBe(true);
      expect(likenesses(name)).toEqual(likenesses(name.normalize('NFD')));
    }),
    { numRuns: 5_000 },
  );
});

describe('a name', () => {
  it.each(['Bоb', 'Αnn', 'Sоtto', 'раypal', 'Ann Вob', 'Ցob', 'Jοhn-Paul'])(
    '%s mixes alphabets that look alike',
    (name) => {
      expect(mixesAlphabets(name)).toBe(true);
    },
  );

  it.each([
    'Bob',
    'Боб',
    'Anna Анна',
    'Νίκος (Nikos)',
    '李 Lee',
    'Lee李',
    'Müller',
    'שרה Sara',
    'かなカナ漢字A',
    '👩‍👩‍👧‍👦 Ann',
    'R2D2',
  ])('%s does not', (name) => {
    expect(mixesAlphabets(name)).toBe(false);
  });
});
