/** What becomes of orders, as a program and the shell around it hear: states, and the number at the end. */
import { expect, test } from 'vitest';
import { MAX_LINE_BYTES } from '../../app/cli/json.ts';
import { useClient } from './client.ts';
import { inContact, twoPeople } from './people.ts';

const client = useClient();

/** For a text in an object. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const order = (text: string, to = 'Bob') => JSON.stringify({ send: text, to });

test('the last state is told before the end', async () => {
  const { ada, bobs } = await inContact(client);
  await bobs.end();
  expect(await ada.run(['open', 'Bob', '--leave'], 'One.\n')).toMatchObject({ code: 0 });
  for (const ref of ['first', 'second', 'third']) {
    const program = ada.start(['open', '--json']);
    program.order({ send: 'For later.', to: 'Bob', ref });
    const { code } = await program.end();
    const states = program.events.filter(({ event }) => event === 'state');
    expect([code, states.at(-1)?.['state']]).toEqual([0, 'On the server']);
  }
});

test('an order that was not carried out lets it go on, and shows in the number at the end', async () => {
  const { ada, bobs } = await inContact(client);
  const run = async (...lines: string[]) => {
    const program = ada.start(['open', '--json']);
    const { code, err } = await program.end(lines.map((line) => `${line}\n`).join(''));
    return { code, err, last: program.events.at(-1) };
  };
  const [unknown, noOrder, tooLong] = [order('x', 'Carol'), 'hello', order('x'.repeat(40_000))];

  expect(await run(order('one'))).toMatchObject({ code: 0, err: '' });
  const one = /^One order was not carried out: [^\n]*\n$/;
  expect(await run(unknown, order('two'))).toEqual({
    code: 2,
    err: matching(one),
    last: { event: 'error', code: 'usage', text: matching(/^One order was not/) },
  });
  expect(await run(noOrder, order('three'))).toMatchObject({ code: 2, err: matching(one) });
  expect(await run(tooLong, order('four'))).toMatchObject({ code: 3, err: matching(one) });
  const worst = await run(tooLong, unknown, noOrder, order('five'));
  expect(worst).toMatchObject({ code: 3, err: matching(/^3 orders were not carried out: /) });
  await bobs.event(({ text }) => text === 'five');
  const texts = bobs.events.flatMap(({ text }) => (text === undefined ? [] : [text]));
  expect(texts).toEqual(['one', 'two', 'three', 'four', 'five']);
});

test('an order that was not carried out shows also if a signal ended it', async () => {
  const { ada } = await inContact(client);
  const program = ada.start(['open', '--json']);
  program.order({ send: 'x', to: 'Carol' });
  await program.event(({ code }) => code === 'to');
  program.kill('SIGTERM');
  expect(await program.ended()).toMatchObject({ code: 2, err: matching(/^One order was not/) });
});

test('a signal ends it also while a message waits, which is said', async () => {
  const { ada, bobs } = await inContact(client);
  await bobs.end();
  const waiting = ada.start(['open', '--json']);
  waiting.order({ send: 'waits', to: 'Bob' });
  await waiting.event(({ event }) => event === 'state');
  waiting.kill('SIGTERM');
  const { code, err } = await waiting.ended();
  expect(err).toMatch(/^One message to Bob waits here\./);
  expect(code).toBe(4);
});

test('lines that are no orders are answered, and the others are carried out', async () => {
  const { ada, bob } = await twoPeople(client);
  const { program: adas, link } = await ada.invites();
  const bobs = await bob.joins(link);
  const bad = [
    'hello',
    '{"send": "cut',
    '[]',
    'null',
    '{"send": "to nobody"}',
    '{"send": 5, "to": "Bob"}',
    '{"send": "", "to": "Bob"}',
    '{"send": "more", "to": "Bob", "also": 1}',
    '{"send": "proto", "to": "Bob", "__proto__": {}}',
    `{"send": "a long ref", "to": "Bob", "ref": "${'r'.repeat(257)}"}`,
    `{"send": "${'x'.repeat(MAX_LINE_BYTES)}", "to": "Bob"}`,
  ];
  for (const line of bad) adas.write(`${line}\n`);
  adas.write(Buffer.from([0xff, 0xfe, 0x0a]));
  adas.order({ send: 'Hi', to: 'Carol', ref: 'nobody' });
  adas.order({ send: 'x'.repeat(40_000), to: 'Bob', ref: 'long' });
  adas.write('{"send": "after it all", "to": "Bob", "ref": "last"}');
  const ended = await adas.end('\n');
  const errors = adas.events.filter(({ event }) => event === 'error');
  expect(errors.filter(({ code }) => code === 'line')).toHaveLength(bad.length + 1);
  const others = errors.filter(({ code }) => code !== 'line');
  expect(others).toMatchObject([{ code: 'to', ref: 'nobody' }, { code: 'send', ref: 'long' }, { code: 'refused' }]);
  expect(others[1]?.['text']).toContain('too long for one message');
  expect(ended.code).toBe(3);
  expect(ended.err).toMatch(/^14 orders were not carried out: [^\n]*\n$/);
  expect((await bobs.event(({ event }) => event === 'message'))['text']).toBe('after it all');
  expect(bobs.events.filter(({ event }) => event === 'message')).toHaveLength(1);
});

test('a line has as many bytes as it may have, and no more', async () => {
  const { ada, bobs } = await inContact(client);
  const padded = (text: string, bytes: number) => order(text).padEnd(bytes);
  const program = ada.start(['open', '--json']);
  const lines = [
    padded('below', MAX_LINE_BYTES - 1),
    padded('above', MAX_LINE_BYTES + 1),
    padded('at', MAX_LINE_BYTES),
  ];
  const { code } = await program.end(lines.map((line) => `${line}\n`).join(''));
  expect(code).toBe(2);
  await bobs.event(({ text }) => text === 'at');
  const texts = bobs.events.flatMap(({ text }) => (text === undefined ? [] : [text]));
  expect(texts).toEqual(['below', 'at']);
});
