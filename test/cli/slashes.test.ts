/** What a person does beside writing, by lines that begin with a slash, as it is drawn. */
import { expect, test } from 'vitest';
import { useClient } from './client.ts';
import { inContact, type InContact } from './people.ts';
import type { PseudoTerminal } from './pseudo-terminal.ts';

const client = useClient();

/** Ada before a screen, connected with Bob. */
async function setUp(): Promise<InContact & { screen: PseudoTerminal }> {
  const people = await inContact(client, 'Hello Ada');
  const screen = people.ada.terminal(['open', 'Bob'], { columns: 100, rows: 60 });
  await screen.sees(/^Connected directly > $/m);
  return { ...people, screen };
}

test('a command is completed, one that there is not is no message, and a text may begin with a slash', async () => {
  const { bobs, screen } = await setUp();
  screen.type('/hi');
  await screen.sees(/\/hi$/);
  screen.type('\t');
  await screen.sees(/\/history/);
  screen.type('\r');
  await screen.sees(/(Bob: Hello Ada\n[^]*){2}/);
  screen.type('/nothing\r');
  await screen.sees(/^There is no such command;/m);
  screen.type('//slash\r');
  await bobs.event(({ event, text }) => event === 'message' && text === '/slash');
  expect(bobs.events.filter(({ event }) => event === 'message')).toHaveLength(1);
});

test('/verify compares the digits, and its answer is no message', async () => {
  const { ada, bobs, screen } = await setUp();
  screen.type('/verify\r');
  await screen.sees(/^Do they match\? \(yes\/no\) $/m);
  expect(screen.lines.join('\n').match(/\b\d{5}\b/g)).toHaveLength(12);
  screen.type('yes\r');
  await screen.sees(/^Bob is verified\.$/m);
  screen.type('/quit\r');
  expect(await screen.ended()).toBe(0);
  expect(bobs.events.filter(({ event }) => event === 'message')).toEqual([]);
  expect((await ada.run(['list', '--json'])).out).toContain('"verified":true');
});

test('/block lets nothing go to them, which stands before the line, and /unblock takes it back', async () => {
  const { bobs, screen } = await setUp();
  screen.type('/block\r');
  await screen.sees(/^You have blocked Bob\. .*\nBlocked > $/m);
  screen.type('unheard\r');
  await screen.sees(/nothing goes to them.*\nIt was not sent\. Arrow up brings it back\.\nBlocked > $/s);
  screen.type('\u001b[A');
  await screen.sees(/> unheard$/);
  screen.type('\u0015/list\r');
  await screen.sees(/^ {2}Bob {2}\d\d:\d\d · Blocked$/m);
  screen.type('/unblock\r');
  await screen.sees(/^Connected directly > $/m);
  expect(bobs.events.filter(({ event }) => event === 'message')).toEqual([]);
});

test('/list, /details, /invite and /open show who there is, how one is connected, a link, and what was said', async () => {
  const { screen } = await setUp();
  screen.type('/list\r');
  await screen.sees(/^ {2}Bob {2}\d\d:\d\d · Connected directly · Hello Ada$/m);
  screen.type('/details\r');
  await screen.sees(/^Direct, between your two devices · .*connected for .*\nTheir fingerprint: [\da-f]{64}$/m);
  screen.type('/invite\r');
  await screen.sees(/^Send this link to one person\. .*\n\nhttp:\S+#\/join\/[^]*\nIt is good until /m);
  screen.type('/open\r');
  await screen.sees(/^Say whom: \/open NAME; \/list shows who there is\.$/m);
  screen.type('/open Bib\r');
  await screen.sees(/^Nobody of that name is in contact with you\. See who is: \/list\.$/m);
  screen.type('/open Bob\r');
  await screen.sees(/See who is: \/list\.\n\nBob {2}Not verified yet[^]*Bob: Hello Ada\nConnected directly > $/);
});

test('/history shows as many messages as it is asked for, from 1 to 1000', async () => {
  const { screen } = await setUp();
  const refusal = 'Say how many: /history with a number from 1 to 1000.';
  for (const wrong of ['0', '1001', '1.5', 'all']) screen.type(`/history ${wrong}\r`);
  await screen.sees(new RegExp(`(${refusal}\n){4}`));
  screen.type('second\r');
  await screen.sees(/^Connected directly · Delivered > $/m);
  screen.type('/history 1\r');
  await screen.sees(/(\d\d:\d\d {2}You: second\n){2}Connected/);
  for (const most of ['999', '1000']) screen.type(`/history ${most}\r`);
  await screen.sees(/(\d\d:\d\d {2}Bob: Hello Ada\n\d\d:\d\d {2}You: second\n){2}Connected/);
});

test('/read-receipts off keeps from others what was read', async () => {
  const { bobs, screen } = await setUp();
  screen.type('/read-receipts maybe\r');
  await screen.sees(/^It is \/read-receipts on, or \/read-receipts off\.$/m);
  screen.type('/read-receipts\r');
  await screen.sees(/^Others can see what you have read\.$/m);
  screen.type('/read-receipts off\r');
  await screen.sees(/^Others cannot see what you have read\.$/m);
  bobs.order({ send: 'Seen?', to: 'Ada', ref: 'seen' });
  await screen.sees(/Bob: Seen\?$/m);
  screen.type('Maybe.\r');
  await bobs.event(({ text }) => text === 'Maybe.');
  const { id } = await bobs.event(({ ref }) => ref === 'seen');
  await bobs.event((event) => event['id'] === id && event['state'] === 'Delivered');
  expect(bobs.events.filter((event) => event['id'] === id && event['state'] === 'Read')).toEqual([]);
});
