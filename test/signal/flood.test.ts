/** One address that floods the server takes up its own share and no more: who comes from elsewhere is served meanwhile. */
import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import { MAX_SOCKETS_PER_ADDRESS } from '../../signal/wire/limits.ts';
import { times } from '../parts/long.ts';
import { Client, person } from './client.ts';
import { installServer } from './installed.ts';
import { noMeasures, startMeasured } from './measured.ts';

const SOCKETS = times(2_000, 10_000);
/** Asked for at once, so that the flooding machine has room for them. */
const AT_ONCE = 250;
/** From each of those who flood. */
const MESSAGES = times(5_000, 50_000);
const FLOODING = ['bob', 'cat', 'dan', 'eve'];
const ELSEWHERE = { localAddress: '127.0.0.2' };
/** What a connection may take of the heap. */
const BYTES_PER_SOCKET = 64 * 1024;

if (noMeasures) console.warn(noMeasures);

let installed: string;
beforeAll(async () => {
  installed = await installServer();
}, 60_000);
afterAll(() => rmSync(installed, { recursive: true, force: true }));

/** Resolves once a socket is open, and was not closed at once, or is refused. */
function settled(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('error', () => undefined);
    socket.once('close', () => resolve());
    // A socket that is one too many is closed in the same turn in which it is taken.
    socket.once('connect', () => setTimeout(resolve, 50));
  });
}

test.skipIf(noMeasures)(
  `${SOCKETS} sockets of one address leave the server as it was, and others are served (fault 24)`,
  async () => {
    const server = await startMeasured(installed);
    const before = await server.held();
    const sockets: Socket[] = [];
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
    while (sockets.length < SOCKETS) {
      const more = Array.from({ length: AT_ONCE }, () => connect(server.port, '127.0.0.1'));
      sockets.push(...more);
      await Promise.all(more.map(settled));
    }
    const during = await server.held();
    expect(during.descriptors - before.descriptors).toBeLessThanOrEqual(MAX_SOCKETS_PER_ADDRESS);
    expect(during.heap - before.heap).toBeLessThan(MAX_SOCKETS_PER_ADDRESS * BYTES_PER_SOCKET);
    const ann = await Client.connect(server.origin, ELSEWHERE);
    await ann.login(await person('ann'));
    await ann.take('welcome');
    await ann.settle();

    for (const socket of sockets) socket.destroy();
    ann.socket.close();
    await expect.poll(async () => (await server.held()).descriptors, { timeout: 15_000 }).toBe(before.descriptors);
    expect(await server.stop()).toBe(0);
  },
  times(60_000, 10 * 60_000),
);

test.skipIf(noMeasures)(
  'a flood of messages from one address is cut off and leaves nothing, and others are served (fault 24)',
  async () => {
    const server = await startMeasured(installed);
    const before = await server.held();
    const ann = await Client.connect(server.origin, ELSEWHERE);
    await ann.login(await person('ann'));
    await ann.take('welcome');
    const flood = await Promise.all(FLOODING.map(async (name) => Client.enter(server.origin, await person(name))));
    for (const client of flood) {
      for (let ref = 1; ref <= MESSAGES; ref++) client.send({ type: 'lookup', ref, fingerprint: new Uint8Array(32) });
    }
    await ann.settle();
    expect(await Promise.all(flood.map(({ closed }) => closed))).toEqual(flood.map(() => CloseCode.tooMany));
    await ann.settle();
    ann.socket.close();
    await expect.poll(async () => (await server.held()).descriptors, { timeout: 15_000 }).toBe(before.descriptors);
    expect((await server.held()).heap).toBeLessThan(before.heap * 1.5);
    expect(await server.stop()).toBe(0);
  },
  times(60_000, 10 * 60_000),
);
