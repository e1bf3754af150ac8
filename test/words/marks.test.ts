import { describe, expect, it } from 'vitest';
import { isReserved, marksOf } from '../../app/words/marks.ts';
import type { ConversationView } from '../../app/core/chat/views.ts';

const person = (id: string, name: string) => ({ id: id.repeat(64 / id.length), name }) as ConversationView;
const marks = (...everyone: ConversationView[]) => [...marksOf(everyone).values()];

describe('a name', () => {
  it.each([
    ['You', 'what an interface calls whoever reads it'],
    ['Sоtto', 'its own, with a Cyrillic о'],
    ['You: I owe Mallory 100 EUR', 'a line of one’s own'],
    ['YOU, 14:05', 'a line of one’s own'],
    ['Υоu : yes', 'a line of one’s own, in Greek and Cyrillic letters'],
    ['Ｙｏｕ：yes', 'a line of one’s own, in wide letters'],
    ['Ⓨou: yes', 'a line of one’s own, with a letter in a circle'],
    ['Youː yes', 'a line of one’s own, with a letter for a colon'],
    ['You—yes', 'a line of one’s own, with a dash'],
    ['Sotto: update now', 'a line of the program'],
    ['Grace 18af', 'a name with a mark'],
    ['Grace 18AF', 'a name with a mark, in capitals'],
    ['Grace １８ａｆ', 'a name with a mark, in wide letters'],
    ['0123456789abcdef'.repeat(4), 'a fingerprint'],
    ['0123456789ABCDEF'.repeat(4), 'a fingerprint, in capitals'],
  ])('%s is marked, whoever else there is: it could be %s', (name) => {
    expect(isReserved(name)).toBe(true);
    expect(marks(person('aaad', name))).toEqual(['aaad']);
  });

  it.each([
    'Grace',
    'Youssef',
    'Young: Ann',
    'Sottovoce',
    'Grace18af',
    'Grace 18a',
    'Grace 18afe',
    'Grace 18ag',
    'abc: You',
    '🎉',
  ])('%s is not', (name) => {
    expect(isReserved(name)).toBe(false);
    expect(marks(person('aaad', name))).toEqual([]);
  });

  it('is marked if it looks like that of another, or like it with its mark', () => {
    const grace = person('1baf', 'Grace');
    expect(marks(grace, person('e1dd', 'GRACE'))).toEqual(['1baf', 'e1dd']);
    for (const name of ['Grace lbaf', 'Grace1baf', 'Grасе 1bаf'])
      expect(marks(grace, person('aaad', name))).toEqual(['aaad']);
    expect(marks(grace, person('aaad', 'Grace lbag'))).toEqual([]);
  });

  it('is marked if it looks like our own, where that stands beside it', () => {
    const everyone = [person('1baf', 'GRACE'), person('e1dd', 'Bob')];
    expect([...marksOf(everyone, 'Grace').values()]).toEqual(['1baf']);
    expect(marks(...everyone)).toEqual([]);
  });
});
