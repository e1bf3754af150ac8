/** The server dies at each step of two people's way to each other: they get there, and no open link is touched. */
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { WebSocket as NodeWebSocket } from 'ws';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { Oracle } from '../parts/oracle.ts';
import { connected, conversation, delivered, invite, newDevice, openChat, signIn, until } from '../parts/people.ts';
import { expectConnection, expectMessage, expectState, meet, send } from './journey.ts';
import { Server } from './server.ts';
import { test } from './test.ts';

/** Offer and answer go by the server; M1, M2, M3 and Finished by the link. */
const STEPS = ['offer', 'answer', 'm1', 'm2', 'm3', 'finished'] as const;

test.for(STEPS.map((step, index) => [step, index] as const))(
  'a server that is killed at the %s of a dial delays the two, by an invite and as people who know each other (fault 6)',
  async ([, at], { stage }) => {
    const environment = { DATA_DIR: await stage.folder(), HOST: '127.0.0.1' };
    let server = await Server.start(environment);
    onTestFinished(() => server.kill());
    const [origin, port] = [new URL(server.url).origin, String(server.port)];
    const [anns, bobs] = [await newDevice('Ann'), await newDevice('Bob')];
    const oracle = new Oracle(anns, bobs);

    // The step that comes now, of the dial that comes now; none before one is awaited.
    let step = Infinity;
    let restarted: Promise<void> = Promise.resolve();
    const restart = async () => {
      await server.kill();
      server = await Server.start({ ...environment, PORT: port });
    };
    const count = () => {
      if (step++ === at) restarted = restart();
    };
    const network = new MemoryNetwork();
    network.tamper = (frame) => {
      count();
      return [frame];
    };
    const onsocket = (socket: NodeWebSocket) => {
      const write = socket.send.bind(socket) as (data: string) => void;
      socket.send = ((data: string) => {
        if (data.includes('"type":"signal"')) count();
        write(data);
      }) as typeof socket.send;
    };
    const place = { origin, network, disk: oracle.disk, onsocket };
    const [ann, bob] = [await openChat(anns, place), await openChat(bobs, place)];
    await Promise.all([signIn(ann), signIn(bob)]);
    const { link } = await ann.createInvite();
    const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
    const reached = async (texts: [string, string]) => {
      await Promise.all([connected(ann, bobId), connected(bob, annId)]);
      expect(step).toBeGreaterThan(at);
      await restarted;
      await Promise.all([ann.send(bobId, texts[0]), bob.send(annId, texts[1])]);
      await Promise.all([delivered(ann, bobId), delivered(bob, annId)]);
    };

    step = 0;
    await bob.join(invite(link), 'Ann');
    await reached(['Ann 1', 'Bob 1']);

    step = Infinity;
    const both = () => ann.server === 'connected' && bob.server === 'connected';
    await Promise.all([until(ann, both), until(bob, both)]);
    const apart = [ann, bob].map((chat, index) =>
      until(chat, () => conversation(chat, [bobId, annId][index]!)?.connection === 'connecting'),
    );
    step = 0;
    network.cut();
    await Promise.all(apart);
    await reached(['Ann 2', 'Bob 2']);
    await oracle.judge([
      ['Ann 1', 'Ann 2'],
      ['Bob 1', 'Bob 2'],
    ]);
  },
);

/** Resolves when the server next lets a page in. */
function welcomed(page: Page): Promise<void> {
  return new Promise((resolve) => {
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => String(payload).includes('"type":"welcome"') && resolve());
    });
  });
}

test('a server that is killed takes no open link with it, and neither does its return (fault 6)', async ({ stage }) => {
  const environment = { DATA_DIR: await stage.folder() };
  const server = await stage.server(environment);
  const [ann, bob] = await meet(stage, server);
  await expectConnection(ann, 'Connected directly');
  stage.expectProblem(/WebSocket connection to .* failed|net::ERR_/);
  await server.kill();
  await ann.evaluate(() => {
    const status = document.querySelector('[role="status"][aria-label="Connection"]')!;
    const seen = new Set([status.textContent.trim()]);
    new MutationObserver(() => seen.add(status.textContent.trim())).observe(status, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    Object.assign(window, { seen });
  });
  await send(ann, 'Without anybody.');
  await expectMessage(bob, 'Without anybody.');
  await expectState(ann, 'Without anybody.', 'Delivered');
  const back = [ann, bob].map(welcomed);
  await stage.server({ ...environment, PORT: String(server.port) });
  await Promise.all(back);
  await send(bob, 'With it again.');
  await expectMessage(ann, 'With it again.');
  expect(await ann.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen])).toEqual([
    'Connected directly',
  ]);
});
