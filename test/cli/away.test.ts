/** Who goes and comes while one sits before a screen, and what becomes of what one writes meanwhile. */
import { expect, test } from 'vitest';
import { useClient } from './client.ts';
import { inContact } from './people.ts';
import { CTRL_C, WIDE } from './pseudo-terminal.ts';

const client = useClient();

test('who goes is away, who comes back is here, and what is left for them is said to be once', async () => {
  const { ada, bob, bobs } = await inContact(client);
  const screen = ada.terminal(['open', 'Bob'], { columns: 100 });
  await screen.sees(/^Connected directly > $/m);
  await bobs.end();
  await screen.sees(/^Bob is away\. You will be connected when you are both here\.\nAway > $/m);
  screen.type('/leave\r');
  await screen.sees(/^From now on what you write is left on the server, encrypted, .*\nAway > $/ms);
  screen.type('For later.\r');
  await screen.sees(/^Away · On the server > $/m);
  expect(screen.lines.filter((line) => line.includes('left on the server'))).toHaveLength(1);

  const back = bob.start(['open', '--json']);
  await back.event(({ text }) => text === 'For later.');
  back.order({ send: 'I am back.', to: 'Ada' });
  await screen.sees(/^Bob is here\.\n\d\d:\d\d {2}Bob: I am back\.$/m);
  expect(screen.lines.filter((line) => line === 'Bob is here.')).toHaveLength(1);
  screen.type('/leave off\r');
  await screen.sees(/^From now on what you write waits here while they are away\.$/m);
  screen.type(CTRL_C);
  expect(await screen.ended()).toBe(0);
});

test('a server that is gone is named, once, and what waits at the end is said', async () => {
  const { ada, bobs, server } = await inContact(client);
  const screen = ada.terminal(['open', 'Bob'], WIDE);
  await screen.sees(/^Connected directly > $/m);
  await server.close();
  const gone = `The server at ${server.origin} cannot be reached.`;
  await screen.sees(new RegExp(`^${gone} .* Sotto tries again by itself\\.$`, 'm'));
  bobs.kill('SIGKILL');
  await screen.sees(/^Connecting > $/m);
  screen.type('/details\r');
  await screen.sees(new RegExp(`(${gone}[^]*){2}`));
  screen.type('Too late.\r');
  await screen.sees(/^Connecting · Waiting > $/m);
  expect(screen.lines.filter((line) => line.startsWith(gone))).toHaveLength(2);
  screen.type(CTRL_C);
  expect(await screen.ended()).toBe(0);
  expect(screen.lines.at(-1)).toMatch(/^One message to Bob waits here\. It goes out when /);
});
