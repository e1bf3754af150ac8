/** What a person sees at a terminal, as it is drawn. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startServer, temporaryFolder } from '../signal/client.ts';
import { Person } from './people.ts';
import { compileClient, type Program } from './program.ts';
import { PseudoTerminal } from './pseudo-terminal.ts';

// Each makes keys of its own, and many processes start.
vi.setConfig({ testTimeout: 60_000 });

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const PASSPHRASE = 'correct horse battery';

let client: Awaited<ReturnType<typeof compileClient>>;
beforeAll(async () => {
  client = await compileClient();
});
afterAll(() => client.remove());

/** Ada's profile, in contact with Bob, whose program runs; she is away. */
async function setUp(): Promise<{ ada: Person; bobs: Program }> {
  const { origin } = await startServer();
  const [ada, bob] = [new Person(client.file, 'Ada', origin), new Person(client.file, 'Bob', origin)];
  const { program, link } = await ada.invites();
  const bobs = await bob.joins(link);
  bobs.order({ send: 'Hello Ada', to: 'Ada' });
  await program.event(({ event }) => event === 'message');
  await program.end();
  return { ada, bobs };
}

/** Times of day, which differ. */
const timeless = (lines: readonly string[]) => lines.map((line) => line.replace(/^\d\d:\d\d /, 'hh:mm '));

test('what comes is shown above the line being typed, which stays as it is', async () => {
  const { ada, bobs } = await setUp();
  const terminal = new PseudoTerminal([client.file, 'open', 'Bob', '--data', ada.folder], {}, 60);
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
  const whole = `hh:mm  You: ${typed.slice(0, -10)}!${typed.slice(-10)}`;
  expect(timeless(terminal.lines).slice(7)).toEqual([
    whole.slice(0, 60),
    whole.slice(60),
    'Connected directly · Delivered > ',
  ]);
  // What was shown was read.
  await bobs.event(({ event, state }) => event === 'state' && state === 'Read');
  terminal.type(CTRL_C);
  expect(await terminal.ended()).toBe(0);
  await bobs.event(({ event }) => event === 'disconnected');
});

test('what others write moves no cursor, changes no colour and hides nothing', async () => {
  const { ada, bobs } = await setUp();
  const terminal = new PseudoTerminal([client.file, 'open', 'Bob', '--data', ada.folder], { NO_COLOR: '1' });
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

test('the digits are compared, an answer is no message, and nothing goes to whom one has blocked', async () => {
  const { ada, bobs } = await setUp();
  const terminal = new PseudoTerminal([client.file, 'open', 'Bob', '--data', ada.folder]);
  await terminal.sees(/^Connected directly > $/m);
  terminal.type('/ver');
  await terminal.sees(/\/ver$/);
  terminal.type('\t');
  await terminal.sees(/\/verify/);
  terminal.type('\r');
  await terminal.sees(/^Do they match\? \(yes\/no\) $/m);
  expect(terminal.lines.join('\n').match(/\b\d{5}\b/g)).toHaveLength(12);
  terminal.type('yes\r');
  await terminal.sees(/^Bob is verified\.$/m);
  terminal.type('/nothing\r');
  await terminal.sees(/^There is no such command;/m);
  terminal.type('\u0015//slash\r');
  await bobs.event(({ event, text }) => event === 'message' && text === '/slash');
  expect(bobs.events.filter(({ event }) => event === 'message')).toHaveLength(1);
  terminal.type('/block\r');
  await terminal.sees(/^You have blocked Bob\./m);
  terminal.type('unheard\r');
  await terminal.sees(/nothing goes to them.*\n.*> unheard$/s);
  terminal.type('\u0015/unblock\r');
  await terminal.sees(/^Connected directly/m);
  terminal.type('/quit\r');
  expect(await terminal.ended()).toBe(0);
  expect(bobs.events.filter(({ event }) => event === 'message')).toHaveLength(1);
  expect((await ada.run(['list', '--json'])).out).toContain('"verified":true');
});

test('somebody new is asked for a name and a passphrase, which nobody sees', async () => {
  const { origin } = await startServer();
  const folder = temporaryFolder();
  const ask = (...args: string[]) => new PseudoTerminal([client.file, '--data', folder, '--server', origin, ...args]);
  const first = ask('invite');
  await first.sees(/^Your name:/m);
  first.type('Ada\r');
  await first.sees(/^Passphrase, if you want one:/m);
  first.type(`${PASSPHRASE}\r`);
  await first.sees(/^Again:/m);
  first.type(`${PASSPHRASE}\r`);
  await first.sees(/for them…$/);
  expect(first.lines).toEqual([
    'Your name: Ada',
    'Passphrase, if you want one: ',
    'Again: ',
    'Send this link to one person. It lets in whoever opens it first:',
    '',
    expect.stringContaining(`${origin}/#/join/`),
    expect.any(String),
    '',
    expect.stringMatching(/^It is good until .*$/),
    expect.stringMatching(/for them…$/),
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

  const left = ask('keys');
  await left.sees(/^Passphrase:/m);
  left.type(CTRL_D);
  expect(await left.ended()).toBe(130);
});
