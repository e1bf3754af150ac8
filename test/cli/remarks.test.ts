/** What is said of a person at a terminal, and when. */
import { expect, test } from 'vitest';
import { Remarks } from '../../app/cli/interactive/remarks.ts';
import type { ConversationView } from '../../app/core/chat/views.ts';

const BOB = { name: 'Bob', connection: 'away', knock: 'no', leaving: 'offered' } as ConversationView;
const AWAY = 'Bob is away. You will be connected when you are both here.';
const OFFER = expect.stringMatching(
  /^The server can keep what you write until Bob comes\. .* To let it: \/leave$/,
) as string;

test('somebody is offered a way to leave things for who is away, once that is known, and after it was said', () => {
  const remarks = new Remarks();
  expect(remarks.on(BOB, 'Bob', false)).toEqual([]);
  expect(remarks.on(BOB, 'Bob', true)).toEqual([AWAY, OFFER]);
  expect(remarks.on(BOB, 'Bob', true)).toEqual([]);
});

test('what is over is said again when it comes again, and that somebody is back is said once', () => {
  const remarks = new Remarks();
  const here = { ...BOB, connection: 'direct', leaving: 'off' } as ConversationView;
  const away = { ...BOB, leaving: 'off' } as ConversationView;
  for (let round = 0; round < 2; round++) {
    expect(remarks.on(away, 'Bob', true)).toEqual([AWAY]);
    expect(remarks.on(here, 'Bob', true)).toEqual(['Bob is here.']);
    expect(remarks.on(here, 'Bob', true)).toEqual([]);
  }
});
