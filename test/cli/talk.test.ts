/** Terminals that talk with each other: real processes, a real server. */
import { expect, test } from 'vitest';
import { useClient } from './client.ts';
import { twoPeople } from './people.ts';
import { DEADLINE } from './program.ts';

const client = useClient();

test('two terminals that meet by a link hear what the other says, and what became of their own, in lines of JSON', async () => {
  const { ada, bob } = await twoPeople(client);
  const { program: adas, link } = await ada.invites();
  const bobs = await bob.joins(link);
  const [ready, atBobs] = await Promise.all([
    adas.event(({ event }) => event === 'ready'),
    bobs.event(({ event }) => event === 'connected'),
  ]);
  expect(atBobs).toEqual({ event: 'connected', name: 'Ada', fingerprint: ready['fingerprint'] });

  adas.order({ send: 'Good morning,\nBob.', to: 'Bob', ref: 'first' });
  const heard = await bobs.event(({ event }) => event === 'message');
  expect(heard).toEqual({
    event: 'message',
    id: heard['id'],
    from: ready['fingerprint'],
    name: 'Ada',
    text: 'Good morning,\nBob.',
    time: new Date(Date.parse(heard['time'] as string)).toISOString(),
  });
  await adas.event(({ event, state }) => event === 'state' && state === 'Delivered');
  const states = adas.events.filter(({ event }) => event === 'state');
  expect(new Set(states.map(({ id }) => id))).toEqual(new Set([heard['id']]));
  // The ref says which message it is, once.
  expect(states.map(({ ref }) => ref)).toEqual(['first', ...states.slice(1).map(() => undefined)]);

  bobs.order({ send: 'Good morning, Ada.', to: ready['fingerprint'], ref: 7 });
  await adas.event(({ event, text }) => event === 'message' && text === 'Good morning, Ada.');

  expect(await bobs.end()).toMatchObject({ code: 0, err: '' });
  await adas.event(({ event }) => event === 'disconnected');
  adas.kill('SIGTERM');
  expect(await adas.ended()).toMatchObject({ code: 0, err: '' });
});

test('what a pipe sends arrives before it ends, and what they have written meanwhile comes out', async () => {
  const { ada, bob } = await twoPeople(client);
  const { program: adas, link } = await ada.invites();
  expect(await bob.run(['join', link, '--name', 'Bob'], 'Hello\n\nagain\n')).toEqual({ code: 0, out: '', err: '' });
  expect(adas.events.flatMap(({ text }) => (text === undefined ? [] : [text]))).toEqual(['Hello', 'again']);

  const bobs = bob.start(['open', 'Ada']);
  await adas.event(({ event }) => event === 'disconnected');
  await expect
    .poll(() => adas.events.filter(({ event }) => event === 'connected').length, { timeout: DEADLINE })
    .toBe(2);
  adas.order({ send: 'What now?', to: 'Bob' });
  await expect.poll(() => bobs.out, { timeout: DEADLINE }).toMatch(/^\d\d:\d\d {2}Ada: What now\?\n$/);
  expect(await bobs.end('Nothing.\n')).toMatchObject({ code: 0, err: '' });
  await adas.event(({ text }) => text === 'Nothing.');
});

test('what cannot arrive waits, and goes out when the profile is open again', async () => {
  const { ada, bob } = await twoPeople(client);
  const { program: adas, link } = await ada.invites();
  const bobs = await bob.joins(link);
  await Promise.all([adas.end(), bobs.end()]);

  const alone = await bob.run(['open', 'Ada', '--wait', '1'], 'Read this later.\n');
  expect(alone).toMatchObject({ code: 4, out: '' });
  expect(alone.err).toMatch(/^One message to Ada waits here\. [^\n]*; or leave it on the server: --leave\.\n$/);

  const back = ada.start(['open', '--json']);
  await back.event(({ event }) => event === 'ready');
  expect(await bob.run(['open', 'Ada'])).toEqual({ code: 0, out: '', err: '' });
  expect((await back.event(({ event }) => event === 'message'))['text']).toBe('Read this later.');
});

test('what was left on the server has arrived, as far as a pipe can say', async () => {
  const { ada, bob } = await twoPeople(client);
  const { program: adas, link } = await ada.invites();
  const bobs = await bob.joins(link);
  await Promise.all([adas.end(), bobs.end()]);

  expect(await bob.run(['open', 'Ada', '--leave'], 'For when you are back.\n')).toEqual({ code: 0, out: '', err: '' });
  const back = ada.start(['open', '--json']);
  expect((await back.event(({ event }) => event === 'message'))['text']).toBe('For when you are back.');
});

test('somebody joins while the other is away, if the invite lets them', async () => {
  const { ada, bob } = await twoPeople(client);
  const { program: adas, link } = await ada.invites('--knock');
  await adas.end();
  const input = `${link}\nI came by.\n`;
  expect(await bob.run(['join', '-', '--leave', '--name', 'Bob'], input)).toEqual({ code: 0, out: '', err: '' });
  const back = ada.start(['open', '--json']);
  expect((await back.event(({ event }) => event === 'message'))['text']).toBe('I came by.');
});

test('list, log and keys print who there is, what was said and who one is, and nothing in it acts on the terminal', async () => {
  const { ada, bob } = await twoPeople(client);
  const { program: adas, link } = await ada.invites();
  const { fingerprint } = await adas.event(({ event }) => event === 'ready');
  await bob.run(['join', link, '--name', 'Bob'], 'Is \u001b[31mred\u009b31m your colour?\n');
  await adas.end();

  const [first] = (await bob.run(['list', '--json'])).out.split('\n');
  expect(JSON.parse(first!)).toEqual({ name: 'Ada', fingerprint, verified: false, blocked: false, unread: 0 });
  expect((await bob.run(['list'])).out).toMatch(/^Ada {2}\d\d:\d\d · Is <U\+001B>\[31mred<U\+009B>31m your c/);
  const { out } = await ada.run(['log', 'Bob']);
  expect(out).toContain('  Bob: Is <U+001B>[31mred<U+009B>31m your colour?\n');
  expect(out).toMatch(/^Conversation with Bob, saved on /);
  expect((await ada.run(['keys'])).out).toBe(`${fingerprint as string}\n`);
  // Whoever bears our own name is not taken for us.
  await ada.run(['keys', '--name', 'Bob']);
  expect((await ada.run(['log', 'Bob'])).out).toMatch(/^Conversation with Bob [\da-f]{4}, saved on /);
});
