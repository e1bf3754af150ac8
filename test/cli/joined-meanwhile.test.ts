/** Somebody joins by a link while its maker is away, and is found when the maker is back. */
import { expect, test } from 'vitest';
import { startServer } from '../signal/client.ts';
import { useClient } from './client.ts';
import { Person } from './people.ts';
import { CTRL_C } from './pseudo-terminal.ts';

const client = useClient();

test('who has left word is opened by name, though the profile does not know them yet', async () => {
  const { origin } = await startServer();
  const [ada, gus] = [new Person(client, 'Ada', origin), new Person(client, 'Gus', origin)];
  const { program, link } = await ada.invites('--knock');
  await program.end();
  const left = await gus.run(['join', link, '--leave', '--name', 'Gus'], 'I came by.\n');
  expect(left).toEqual({ code: 0, out: '', err: '' });

  const listed = await ada.run(['list']);
  expect(listed).toEqual({ code: 0, out: '', err: '' });
  const screen = ada.terminal(['open', 'Gus']);
  await screen.sees(/^Looking for Gus…$/m);
  await screen.sees(/^Gus has joined\.$/m);
  await screen.sees(/^\d\d:\d\d {2}Gus: I came by\.$/m);
  // They are away, and what they left stands above the word of it.
  await screen.sees(/Gus: I came by\.\nGus is away\. .*\n.*Away > $/s);
  const said = screen.lines.join('\n');
  expect(said.match(/I came by/g)).toHaveLength(1);
  expect(said).not.toContain('Nothing written yet');
  screen.type(CTRL_C);
  expect(await screen.ended()).toBe(0);
});

test('who waits to be let in is found by name, also for a pipe, which sends to nobody who has just come', async () => {
  const { origin } = await startServer();
  const [ada, hal] = [new Person(client, 'Ada', origin), new Person(client, 'Hal', origin)];
  const { program, link } = await ada.invites();
  await program.end();
  const hals = hal.start(['join', link, '--json', '--name', 'Hal']);
  await hals.event(({ event }) => event === 'ready');

  const piped = await ada.run(['open', 'Hal'], 'There you are.\n');
  expect(piped).toMatchObject({ code: 3, out: '' });
  expect(piped.err).toMatch(
    /^Looking for Hal…\nHal has joined just now\. Make sure that it is who you mean: [^\n]*\n$/,
  );
  expect(await ada.run(['open', 'Hal'], 'Here I am.\n')).toEqual({ code: 0, out: '', err: '' });
  await hals.event(({ event }) => event === 'message');
  expect(hals.events.filter(({ event }) => event === 'message')).toMatchObject([{ text: 'Here I am.' }]);

  // Nobody is called so, and nobody can have joined: it is said at once, and nothing is looked for.
  const nobody = await ada.run(['open', 'Hel'], 'Hm\n');
  expect([nobody.code, nobody.out]).toEqual([2, '']);
  expect(nobody.err).toMatch(/^Nobody of that name [^\n]*\n$/);
});

test('who opens nobody sees who there is, and whoever comes by an invite that waits', async () => {
  const { origin } = await startServer();
  const [ada, hal] = [new Person(client, 'Ada', origin), new Person(client, 'Hal', origin)];
  const { program, link } = await ada.invites();
  await program.end();

  const screen = ada.terminal(['open']);
  await screen.sees(/^Nobody yet\. \/invite makes a link for somebody\.\nAn invite of yours waits until .*\n/m);
  await screen.sees(/^Waiting for them > $/m);
  screen.type('Hello?\r');
  await screen.sees(
    /^Nobody is open: \/open NAME; \/list shows who there is\.\nIt was not sent\. .*\nWaiting for them > $/m,
  );
  screen.type('/verify\r');
  await screen.sees(/^Nobody is open: .*\n.*\nNobody is open: .*\nWaiting for them > $/m);
  const hals = await hal.joins(link);
  await screen.sees(/^Hal has joined\.\n\nHal {2}Not verified yet · .*\n/m);
  await screen.sees(/^Connected directly > $/m);
  screen.type('There you are.\r');
  await hals.event(({ text }) => text === 'There you are.');
  screen.type(CTRL_C);
  expect(await screen.ended()).toBe(0);
});
