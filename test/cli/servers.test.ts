/** Servers that are not there, that lie, or that let in whoever has a token. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startServer, temporaryFolder } from '../signal/client.ts';
import { useClient } from './client.ts';
import { expectEnd } from './ends.ts';
import { twoPeople } from './people.ts';

const client = useClient();

test('a server that is not there is said to be away, and whoever talks goes on and hears of it once', async () => {
  const { ada, server } = await twoPeople(client);
  const { program, link } = await ada.invites();
  await program.end();
  await server.close();
  expectEnd(await client.firstRun(['invite', '--name', 'Ada', '--server', server.origin]), 4, /cannot be reached/);
  expectEnd(await client.firstRun(['join', link, '--name', 'Bob']), 4, /cannot be reached/, link.split('#')[1]!);
  const alone = ada.start(['open', '--json']);
  await alone.event(({ event }) => event === 'error');
  expect(await alone.end()).toMatchObject({ code: 0, err: '' });
  expect(alone.events.filter(({ event }) => event === 'error')).toMatchObject([{ code: 'unreachable' }]);
});

test.each(['\u001b]0;PWNED\u0007\u001b[2J', 'https://chat.example\u202e', 'https://chat.example/join'])(
  'a server that says it answers at %j is not believed, nor are its words repeated',
  async (address) => {
    const health = JSON.stringify({ status: 'ok', version: '1', access: 'open', origins: [address] });
    const liar = createServer((_request, response) => response.end(health)).listen(0, '127.0.0.1');
    onTestFinished(() => void liar.close());
    await once(liar, 'listening');
    const origin = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
    expectEnd(await client.firstRun(['invite', '--name', 'Ada', '--server', origin]), 4, /^[\x20-\x7e]+\n$/, address);
  },
);

test('without a token, or with a wrong one, nobody gets into a private server, and that is said', async () => {
  const { origin } = await startServer({ ACCESS_TOKEN: 'the-token-of-this-server-32-long' });
  const to = ['invite', '--json', '--name', 'Ada', '--server', origin];
  const folder = temporaryFolder();
  const refused = client.start(folder, to, { SOTTO_TOKEN: 'c2VjcmV0' });
  const wrong = await refused.end();
  expect(wrong.code).toBe(3);
  expect(wrong.err).toMatch(/^The server did not accept this access token\.[^\n]*\n$/);
  expect(wrong.out).not.toContain('c2VjcmV0');
  expect(refused.events).toMatchObject([{ event: 'ready' }, { event: 'error', code: 'refused' }]);
  const none = await client.run(folder, to);
  expect(none.code).toBe(3);
  expect(none.err).toMatch(/^This server is private\.[^\n]*\n$/);
  const right = client.start(folder, to, { SOTTO_TOKEN: 'the-token-of-this-server-32-long' });
  await right.event(({ event }) => event === 'invite');
});
