/** Who is who in a terminal: what people are shown as, and whom that leads to. */
import { describe, expect, it } from 'vitest';
import { findPerson, labelOf } from '../../app/cli/people.ts';
import type { ConversationView } from '../../app/core/chat/views.ts';

const person = (id: string, name: string) => ({ id: id.repeat(64 / id.length), name }) as ConversationView;
const find = (wanted: string, ...conversations: ConversationView[]) => findPerson({ conversations }, wanted).id;
const labels = (...everyone: ConversationView[]) => everyone.map((one) => labelOf(one, everyone));

describe('a person', () => {
  it('is found by what lists show, by a name that only they bear, or by fingerprint', () => {
    const everyone = [person('a', 'Ada'), person('b', 'Bob'), person('c', 'BOB'), person('d', 'דינה')];
    for (const [wanted, id] of [
      ['Ada', 'a'],
      ['Bob', 'b'],
      ['Bob bbbb', 'b'],
      ['C'.repeat(64), 'c'],
      ['\u2068דינה\u2069', 'd'],
    ]) {
      expect(find(wanted!, ...everyone)).toBe(id!.repeat(64));
    }
  });

  it('is not found by what several are called, nor by digits that no list shows', () => {
    const [one, other] = [person('a', 'Bob'), person('b', 'Bob')];
    expect(() => find('Bob', one, other)).toThrow('Say whom you mean: “Bob aaaa” or “Bob bbbb”.');
    expect(find('Bob bbbb', one, other)).toBe(other.id);
    expect(() => find('Bob aaaa', one)).toThrow('Nobody of that name');
    expect(() => find('Carol', one)).toThrow('Nobody of that name');
    // Of one name and with the same digits before them.
    const third = person('aaaabbbb', 'Bob');
    for (const wanted of ['Bob', 'Bob aaaa'])
      expect(() => find(wanted, one, third)).toThrow(`${one.id} or ${third.id}`);
  });

  it('is not found by a name that is the fingerprint of another, in contact or not', () => {
    const liar = person('b', 'a'.repeat(64));
    expect(find('a'.repeat(64), liar, person('a', 'Bob'))).toBe('a'.repeat(64));
    expect(() => find('a'.repeat(64), liar)).toThrow('Nobody of that fingerprint');
  });
});

describe('somebody who takes the name of another with its digits', () => {
  const graces = [person('18af', 'Grace'), person('e1dd', 'Grace')];
  const mallory = person('aaad', 'Grace 18af');

  it('is shown with digits of their own, and found by these alone (fault 20)', () => {
    expect(labels(...graces, mallory)).toEqual(['Grace 18af', 'Grace e1dd', 'Grace 18af aaad']);
    expect(find('Grace 18af', ...graces, mallory)).toBe(graces[0]!.id);
    expect(find('Grace 18af aaad', ...graces, mallory)).toBe(mallory.id);
  });

  it('is so also once that other is called otherwise, or gone', () => {
    expect(labels(person('18af', 'Hopper'), mallory)).toEqual(['Hopper', 'Grace 18af aaad']);
    expect(() => find('Grace 18af', mallory)).toThrow('Say whom you mean: “Grace 18af aaad”.');
  });
});
