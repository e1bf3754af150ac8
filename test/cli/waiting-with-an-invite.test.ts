/** Whoever has made an invite and waits is at the desk of a conversation: others come, and write. */
import { expect, test } from 'vitest';
import { startServer } from '../signal/client.ts';
import { useClient } from './client.ts';
import { twoPeople, Person } from './people.ts';
import { DEADLINE } from './program.ts';
import { CTRL_C } from './pseudo-terminal.ts';

const client = useClient();

test('a contact who writes is told of, who joins first is opened, by whichever invite, and who joins next is told of', async () => {
  const { origin } = await startServer();
  const person = (name: string) => new Person(client, name, origin);
  const [ida, jo, kim, lee] = [person('Ida'), person('Jo'), person('Kim'), person('Lee')];
  const { program, link } = await ida.invites();
  const jos = await jo.joins(link);
  await program.event(({ event }) => event === 'connected');
  await program.end();
  const earlier = await ida.invites();
  await earlier.program.end();

  const screen = ida.terminal(['invite']);
  await screen.sees(/^Send this link to one person\./m);
  await screen.sees(/^It is good until [^.]*, also if you quit \(Ctrl-C\)\.\nWaiting for them > $/m);
  const [made] = screen.all.match(/http:\S+#\/join\/[\w-]+/) ?? [];
  await jos.event(({ event }) => event === 'disconnected');
  jos.order({ send: 'anybody?', to: 'Ida' });
  jos.order({ send: 'hello?', to: 'Ida' });
  await screen.sees(/^Jo has written to you: \/open Jo\nWaiting for them > $/m);

  const kims = await kim.joins(earlier.link);
  await screen.sees(/^Kim has joined\.\n\nKim {2}Not verified yet/m);
  await screen.sees(/^Connected directly > $/m);
  const lees = await lee.joins(made!);
  await screen.sees(/^Lee has joined: \/open Lee\nConnected directly > $/m);
  screen.type('/list\r');
  await screen.sees(/^ {2}Lee {2}\d\d:\d\d · Connected directly · No messages yet$/m);
  await screen.sees(/^ {2}Jo {2}\d\d:\d\d · Connected directly · 2 unread · hello\?$/m);
  screen.type('Hello Kim\r');
  await kims.event(({ text }) => text === 'Hello Kim');
  screen.type('/open Jo\r');
  await screen.sees(/^Jo {2}Not verified yet[^]*Jo: anybody\?\n[^\n]*Jo: hello\?\nConnected directly > $/m);
  expect(screen.lines.join('\n').match(/Jo has written/g)).toHaveLength(1);
  expect(lees.events.filter(({ event }) => event === 'message')).toEqual([]);
  screen.type(CTRL_C);
  expect(await screen.ended()).toBe(0);
});

test('a pipe talks with who joins first, by whichever invite', async () => {
  const { ada, bob } = await twoPeople(client);
  const earlier = await ada.invites();
  await earlier.program.end();
  const adas = ada.start(['invite']);
  await expect.poll(() => adas.out, { timeout: DEADLINE }).toMatch(/^http:\S+#\/join\/\S+\n$/);
  const bobs = await bob.joins(earlier.link);
  bobs.order({ send: 'It is me.', to: 'Ada' });
  await expect.poll(() => adas.out, { timeout: DEADLINE }).toMatch(/\d\d:\d\d {2}Bob: It is me\.\n$/);
  expect(await adas.end('Hello Bob.\n')).toMatchObject({ code: 0, err: '' });
  await bobs.event(({ text }) => text === 'Hello Bob.');
});
