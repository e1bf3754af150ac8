/** Two networks that let nothing pass between them: only a relay leads from one to the other, if it takes them. */
import { expect } from 'vitest';
import { isLong } from '../parts/long.ts';
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
import { openPanel } from './panel.ts';
import { startRelay } from './relay.ts';
import type { Stage } from './stage.ts';
import { test } from './test.ts';

/** A browser gives up a path that leads nowhere after a quarter of a minute. */
const FAILURE = 40_000;
const SECRET = 'what the relay and the server share';

if (noNetwork) console.log(noNetwork);

/** Three hosts: the server's, Ann's and Bob's. The latter two reach only the first, where a relay may be. */
async function separated(stage: Stage, environment: (home: Host) => Record<string, string>) {
  const network = stage.network();
  const [home, annsPlace, bobsPlace] = [network.host(), network.host(), network.host()];
  const server = await serverOn(stage, home, environment(home));
  const ann = await stage.page(await stage.browser(undefined, { host: annsPlace }), server.url);
  await start(ann, 'Ann');
  const bob = await (await stage.browser(undefined, { host: bobsPlace })).newPage();
  return { home, ann, bob, separate: () => network.separate(annsPlace, bobsPlace) };
}

const relayOf = ({ address }: Host) => ({ TURN_URLS: `turn:${address}`, TURN_SECRET: SECRET });

test.skipIf(noNetwork)(
  'where direct UDP is blocked, people talk through the relay, and see that they do (fault 4)',
  async ({ stage }) => {
    const { home, ann, bob, separate } = await separated(stage, relayOf);
    startRelay(home, SECRET);
    separate();
    await join(bob, await createInvite(ann), 'Bob');
    await expectConversation(ann, 'Bob');
    await expectConnection(ann, 'Connected through a relay');
    await expectConnection(bob, 'Connected through a relay');
    await send(ann, 'By way of another.');
    await expectMessage(bob, 'By way of another.');
    await expectState(ann, 'By way of another.', 'Delivered');
    const panel = await openPanel(ann);
    await panel.getByText('Through the server’s relay', { exact: true }).waitFor();
    await panel.getByText('UDP', { exact: true }).waitFor();
  },
);

test.skipIf(noNetwork)(
  'a relay that does not take the server’s word is named as what is in the way, and the message is kept',
  async ({ stage }) => {
    const { home, ann, bob, separate } = await separated(stage, relayOf);
    startRelay(home, 'another secret');
    await join(bob, await createInvite(ann), 'Bob');
    await expectConversation(ann, 'Bob');
    await expectConnection(bob, 'Connected directly');
    separate();
    // Both come anew, so that neither waits for the old link to be taken for dead.
    await Promise.all([ann.reload(), bob.reload()]);
    await ann.getByRole('button', { name: 'Bob', exact: true }).click();
    await send(ann, 'By no way yet.');
    const sentence = /the relay refuses the passwords that this server hands out\. Tell whoever runs the server/;
    await ann.getByRole('alert').filter({ hasText: sentence }).waitFor({ timeout: FAILURE });
    await expectState(ann, 'By no way yet.', 'Waiting');
    await expectConnection(ann, 'Connecting');
    expect(await (await openPanel(ann)).innerText()).toMatch(sentence);
  },
);

test.skipIf(noNetwork || !isLong)(
  'where nothing passes and there is no relay, that is what people read, and the message is kept',
  async ({ stage }) => {
    const { ann, bob, separate } = await separated(stage, () => ({}));
    await join(bob, await createInvite(ann), 'Bob');
    await expectConversation(ann, 'Bob');
    await expectConnection(bob, 'Connected directly');
    separate();
    await Promise.all([ann.reload(), bob.reload()]);
    await ann.getByRole('button', { name: 'Bob', exact: true }).click();
    await send(ann, 'By no way yet.');
    const sentence = /no direct connection through, and the server has no relay\. One of you could try another network/;
    await ann.getByRole('alert').filter({ hasText: sentence }).waitFor({ timeout: FAILURE });
    await expectState(ann, 'By no way yet.', 'Waiting');
    expect(await (await openPanel(ann)).innerText()).toMatch(sentence);
  },
);
