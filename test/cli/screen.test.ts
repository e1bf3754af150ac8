/** What a person sees at a terminal, as it is drawn. */
import { expect, test } from 'vitest';
import { startServer, temporaryFolder } from '../signal/client.ts';
import { useClient } from './client.ts';
import { inContact } from './people.ts';
import { CTRL_C, CTRL_D } from './pseudo-terminal.ts';

const PASSPHRASE = 'correct horse battery';

const client = useClient();

/** Times of day, which differ. */
const timeless = (lines: readonly string[]) => lines.map((line) => line.replace(/^\d\d:\d\d /, 'hh:mm '));

test('what comes is shown above the line being typed, which stays as it is', async () => {
  const { ada, bobs } = await inContact(client, 'Hello Ada');
  const terminal = ada.terminal(['open', 'Bob'], { columns: 60 });
  await terminal.sees(/^Connected directly > $/m);
  const typed = 'A long line that goes on and on, over the end of the first row of this screen';
  terminal.type(typed);
  await terminal.sees(/of this screen$/);
  // In the middle of it, too.
  terminal.type('\u001b[D'.repeat(10));
  bobs.order({ send: 'Are you there?\nI am.', to: 'Ada' });
  await terminal.sees(/I am\./);
  bobs.order({ send: 'Well?', to: 'Ada' });
  await terminal.sees(/Well\?/);
  expect(timeless(terminal.lines)).toEqual([
    '',
    'Bob  Not verified yet · End-to-end encrypted · /help',
    'Today',
    'hh:mm  Bob: Hello Ada',
    'hh:mm  Bob: Are you there?',
    '    I am.',
    'hh:mm  Bob: Well?',
    `Connected directly > ${typed.slice(0, 39)}`,
    typed.slice(39),
  ]);
  expect(terminal.cursor).toEqual({ line: 8, column: typed.length - 39 - 10 });

  // One after the other, as a person does: what comes at once is taken for pasted, and goes to the end.
  terminal.type('!');
  await terminal.sees(/!/);
  terminal.type('\r');
  await terminal.sees(/^Connected directly · (Sent|Delivered) > $/m);
  await bobs.event(({ text }) => text === `${typed.slice(0, -10)}!${typed.slice(-10)}`);
  await terminal.sees(/^Connected directly · Delivered > $/m);
  expect(timeless(terminal.lines).slice(7)).toEqual([
    'hh:mm  You: A long line that goes on and on, over the end of',
    '    the first row of t!his screen',
    'Connected directly · Delivered > ',
  ]);
  // What was shown was read.
  await bobs.event(({ event, state }) => event === 'state' && state === 'Read');
  terminal.type(CTRL_C);
  expect(await terminal.ended()).toBe(0);
  await bobs.event(({ event }) => event === 'disconnected');
});

test('what others write moves no cursor, changes no colour and hides nothing (fault 20)', async () => {
  const { ada, bobs } = await inContact(client, 'Hello Ada');
  const terminal = ada.terminal(['open', 'Bob'], { env: { NO_COLOR: '1' } });
  await terminal.sees(/^Connected directly > $/m);
  bobs.order({ send: '\u001b[2J\u001b]0;title\u0007 \u009b31m \u202eevil\r\nhh:mm  Ada: yes\u2028no', to: 'Ada' });
  await terminal.sees(/no$/m);
  expect(timeless(terminal.lines).slice(4, 7)).toEqual([
    'hh:mm  Bob: <U+001B>[2J<U+001B>]0;title<U+0007> <U+009B>31m <U+202E>evil',
    '    hh:mm  Ada: yes',
    '    no',
  ]);
  // No colours, as nobody wants them: what else is written moves the cursor and clears the line.
  expect(terminal.all.split('\u001b').filter((sequence) => /^\[[\d;]*m/.test(sequence))).toEqual([]);
  terminal.type(CTRL_D);
  expect(await terminal.ended()).toBe(0);
});

test('somebody new is asked for a name and a passphrase, which nobody sees', async () => {
  const { origin } = await startServer();
  const folder = temporaryFolder();
  const ask = (...args: string[]) => client.terminal(folder, ['--server', origin, ...args]);
  const first = ask('invite');
  await first.sees(/^Your name:/m);
  first.type('Ada\r');
  await first.sees(/^Passphrase, if you want one:/m);
  first.type(`${PASSPHRASE}\r`);
  await first.sees(/^Again:/m);
  first.type(`${PASSPHRASE}\r`);
  // The state of things is told by itself, and may be there a moment before the link is.
  await first.sees(/^It is good until .*\nWaiting for them > $/m);
  expect(first.lines).toEqual([
    'Your name: Ada',
    'Passphrase, if you want one: ',
    'Again: ',
    'Making your keys…',
    'Send this link to one person. It lets in whoever opens it first:',
    '',
    expect.stringContaining(`${origin}/#/join/`),
    expect.any(String),
    '',
    expect.stringMatching(/^It is good until .*, also if you quit \(Ctrl-C\)\.$/),
    'Waiting for them > ',
  ]);
  first.type(CTRL_C);
  expect(await first.ended()).toBe(0);
  expect(first.all).not.toContain(PASSPHRASE);

  const again = ask('keys');
  await again.sees(/^Passphrase:/m);
  again.type('another horse battery\r');
  await again.sees(/^That is not the passphrase of this profile\. .*\nPassphrase:/m);
  again.type(`${PASSPHRASE}\r`);
  expect(await again.ended()).toBe(0);
  expect(again.lines.at(-1)).toMatch(/^[\da-f]{64}$/);
  expect(again.all).not.toContain('horse');

  const named = client.terminal(temporaryFolder(), ['--server', origin, 'invite', '--name', 'Bo']);
  await named.sees(/^Passphrase, if you want one:/m);
  named.type('\r');
  await named.sees(/^Waiting for them > $/m);

  const left = ask('keys');
  await left.sees(/^Passphrase:/m);
  left.type(CTRL_D);
  expect(await left.ended()).toBe(130);
});
