/** A server that stops, or dies, under many clients: they come back by themselves, and not all at once. */
import { expect, onTestFinished } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import { utf8 } from '../../signal/wire/bytes.ts';
import { LOGIN_LABEL, sign } from '../../signal/wire/keys.ts';
import { SignalClient } from '../../app/core/transport/signal-client.ts';
import { times } from '../parts/long.ts';
import { cheapIdentities } from '../signal/cheap-identities.ts';
import type { Identity } from '../signal/client.ts';
import { Server } from './server.ts';
import { test } from './test.ts';

const CLIENTS = times(200, 3000);
/** What an address may send is limited, and so is how many it may have connected. */
const FROM_ONE_ADDRESS = 40;
const DEADLINE = times(50_000, 400_000);

/** One of many, and when it was let in again. */
interface Visitor {
  readonly client: SignalClient;
  returned: number | undefined;
}

/** Signs in with one identity, from one of the addresses of this machine. */
function visit(identity: Identity, index: number, url: string): Visitor {
  const localAddress = `127.0.0.${1 + Math.floor(index / FROM_ONE_ADDRESS)}`;
  const origin = new URL(url).origin;
  const client = new SignalClient({
    openSocket: () => {
      const socket = new NodeWebSocket(`${origin.replace(/^http/, 'ws')}/signal`, { localAddress, family: 4 });
      socket.on('error', () => undefined);
      return socket as unknown as WebSocket;
    },
    login: async (nonce) => {
      const signature = await sign(identity.privateKey, LOGIN_LABEL, [utf8(origin), nonce, identity.fingerprint]);
      return { origin, card: identity.card, signature, tickets: [] };
    },
    onstate: (state) => (visitor.returned = state === 'connected' ? performance.now() : undefined),
    onpresence: () => undefined,
    onsignal: () => undefined,
    onmail: () => undefined,
  });
  const visitor: Visitor = { client, returned: undefined };
  onTestFinished(() => client.close());
  client.connect();
  return visitor;
}

/** The greatest share of all moments that lies in any tenth of the time from the first to the last. */
function densest(moments: readonly number[]): number {
  const sorted = [...moments].sort((a, b) => a - b);
  const tenth = (sorted.at(-1)! - sorted[0]!) / 10;
  const within = sorted.map((start) => sorted.filter((moment) => moment >= start && moment <= start + tenth).length);
  return Math.max(...within) / moments.length;
}

const allIn = (visitors: readonly Visitor[]) => visitors.every(({ returned }) => returned !== undefined);

test.for(['stop', 'kill'] as const)(
  'clients whose server comes to a %s and starts again return by themselves, and not all at once (fault 7)',
  { timeout: 2 * DEADLINE },
  async (end, { stage }) => {
    const data = await stage.folder();
    const environment = { DATA_DIR: data, HOST: '127.0.0.1' };
    const first = await Server.start(environment);
    onTestFinished(() => first.kill());
    const identities = await cheapIdentities(CLIENTS);
    const visitors = identities.map((identity, index) => visit(identity, index, first.url));
    await expect.poll(() => allIn(visitors), { timeout: DEADLINE }).toBe(true);
    const port = String(first.port);
    await first[end]();
    await expect.poll(() => visitors.some(({ returned }) => returned !== undefined)).toBe(false);
    const second = await Server.start({ ...environment, PORT: port });
    onTestFinished(() => second.kill());
    await expect.poll(() => allIn(visitors), { timeout: DEADLINE }).toBe(true);
    const share = densest(visitors.map(({ returned }) => returned!));
    console.log(`after a ${end}, ${Math.round(share * 100)} % returned in the fullest tenth of the time`);
    // All at once would be 100 %, and evenly 10 %.
    expect(share).toBeLessThan(1 / 3);
  },
);
