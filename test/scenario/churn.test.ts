/**
 * People who come and go for a long time: the server holds as much after many rounds as after a few, nothing is left of a
 * chat that was closed, and nothing ends in an error that nobody catches, which would end server and test alike.
 */
import { rmSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Chat } from '../../app/core/chat/chat.ts';
import { installServer } from '../signal/installed.ts';
import { noMeasures, startMeasured } from '../signal/measured.ts';
import { isLong, times } from '../parts/long.ts';
import { MemoryNetwork } from '../parts/memory-link.ts';
import { judgeDevices } from '../parts/oracle.ts';
import { connected, delivered, meet, newDevice, openChat, signIn } from '../parts/people.ts';

/**
 * Rounds before anything is measured: tables and caches are made, and code is compiled. That goes on, ever more slowly, for
 * some hundred logins, four to a round.
 */
const FIRST = times(3, 100);
const ROUNDS = 6;
/** How long the long form goes on, in milliseconds. */
const LONG = times(0, 30 * 60_000);
/** How much larger the server's heap may be after many rounds than after a few. */
const GROWTH = 1.1;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let installed: string;
beforeAll(async () => {
  installed = await installServer();
}, 60_000);
afterAll(() => rmSync(installed, { recursive: true, force: true }));

/** A place of its own, which holds no chat that was opened there. */
function placeAt(origin: string) {
  const sockets: WebSocket[] = [];
  const onsocket = (socket: WebSocket) => void sockets.push(socket);
  return { sockets, place: { origin, network: new MemoryNetwork(), onsocket } };
}

if (noMeasures) console.warn(noMeasures);

it.skipIf(noMeasures)(
  `people who come and go, are cut off and come back${isLong ? ' for half an hour' : ''} leave nothing behind (fault 30)`,
  async () => {
    const server = await startMeasured(installed);
    const { origin } = server;
    const devices = [await newDevice('Ann'), await newDevice('Bob')] as const;
    const first = await meet({ origin, network: new MemoryNetwork() }, ...devices);
    await Promise.all([first.ann.close(), first.bob.close()]);
    const written: string[] = [];
    const chats: WeakRef<Chat>[] = [];

    const round = async (): Promise<void> => {
      const { place, sockets } = placeAt(origin);
      const [ann, bob] = [await openChat(devices[0], place), await openChat(devices[1], place)];
      chats.push(new WeakRef(ann), new WeakRef(bob));
      const [annId, bobId] = [ann.fingerprint, bob.fingerprint];
      const say = async (): Promise<void> => {
        const text = `message ${written.length + 1}`;
        written.push(text);
        await Promise.all([ann.send(bobId, text), bob.send(annId, text)]);
        await Promise.all([delivered(ann, bobId), delivered(bob, annId)]);
      };
      await Promise.all([signIn(ann), signIn(bob)]);
      await Promise.all([connected(ann, bobId), connected(bob, annId)]);
      await say();
      place.network.cut();
      await say();
      for (const socket of sockets.splice(0)) socket.terminate();
      place.network.cut();
      await say();
      await Promise.all([ann.close(), bob.close()]);
      // Their listeners lead back to the chats.
      sockets.length = 0;
    };

    for (let i = 0; i < FIRST; i++) await round();
    const before = await server.held();
    const end = Date.now() + LONG;
    let rounds = 0;
    while (rounds < ROUNDS || Date.now() < end) {
      await round();
      rounds++;
    }
    const descriptors = async () => (await server.held()).descriptors;
    await expect.poll(descriptors, { timeout: 15_000 }).toBeLessThanOrEqual(before.descriptors);
    const after = await server.held();
    console.log(`After ${FIRST} rounds and ${rounds} more the server holds ${JSON.stringify([before, after])}.`);
    expect(after.heap / before.heap).toBeLessThan(GROWTH);
    // A timer that still runs out holds its chat a little longer.
    const left = () => {
      collect();
      return chats.filter((chat) => chat.deref() !== undefined).length;
    };
    await expect.poll(left, { timeout: 60_000, interval: 500 }).toBe(0);
    await judgeDevices(...devices, [written, written]);
    expect(await server.stop()).toBe(0);
  },
  LONG + times(120_000, 1_200_000),
);
