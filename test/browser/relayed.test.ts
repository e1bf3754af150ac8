/** Two networks that let nothing pass between them: only a relay leads from one to the other. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { ensureTool } from '../parts/tools.ts';
import { serverOn } from './apart.ts';
import {
  createInvite,
  expectConnection,
  expectConversation,
  expectMessage,
  expectState,
  join,
  send,
  start,
} from './journey.ts';
import { noNetwork, type Host } from './network.ts';
import { test } from './test.ts';

const SECRET = 'what the relay and the server share';

function startRelay({ address, runner }: Host): void {
  const options = ['-c', 'signal/turnserver.conf', '--realm=chat.example', `--static-auth-secret=${SECRET}`];
  const here = [`--listening-ip=${address}`, `--relay-ip=${address}`, '--no-tls', '--no-dtls'];
  const [program, ...args] = [...runner, ensureTool('turnserver', 'coturn'), ...options, ...here];
  const relay = spawn(program!, args, { stdio: 'ignore' });
  const ended = once(relay, 'exit');
  onTestFinished(async () => {
    relay.kill();
    await ended;
  });
}

if (noNetwork) console.log(noNetwork);

test.skipIf(noNetwork)(
  'where direct UDP is blocked, people talk through the relay, and see that they do (fault 4)',
  async ({ stage }) => {
    const network = stage.network();
    const [home, annsPlace, bobsPlace] = [network.host(), network.host(), network.host()];
    startRelay(home);
    const server = await serverOn(stage, home, { TURN_URLS: `turn:${home.address}`, TURN_SECRET: SECRET });
    network.separate(annsPlace, bobsPlace);
    const ann = await stage.page(await stage.browser(undefined, { host: annsPlace }), server.url);
    await start(ann, 'Ann');
    const bob = await (await stage.browser(undefined, { host: bobsPlace })).newPage();
    await join(bob, await createInvite(ann), 'Bob');
    await expectConversation(ann, 'Bob');
    await expectConnection(ann, 'Connected through a relay');
    await expectConnection(bob, 'Connected through a relay');
    await send(ann, 'By way of another.');
    await expectMessage(bob, 'By way of another.');
    await expectState(ann, 'By way of another.', 'Delivered');
  },
);
