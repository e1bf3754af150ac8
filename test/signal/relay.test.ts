/** Credentials for relays, and the configuration that ships for coturn: tried against coturn itself. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { iceServersFor } from '../../signal/ice-servers.ts';
import { RELAY_LIFETIME } from '../../signal/wire/limits.ts';
import { ensureTool } from '../parts/tools.ts';
import { Client, person, startServer } from './client.ts';
import { TurnClient, type Credentials } from './turn-client.ts';

const SECRET = 'what the relay and we share';
const NOW = 1_800_000_000_000;

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Starts coturn with the configuration that ships. @returns its port. */
async function startRelay(): Promise<number> {
  const port = await freePort();
  const here = ['--listening-ip=127.0.0.1', `--listening-port=${port}`, '--relay-ip=127.0.0.1', '--relay-ip=::1'];
  const options = ['-c', 'signal/turnserver.conf', '--realm=chat.example', `--static-auth-secret=${SECRET}`];
  const relay = spawn(ensureTool('turnserver', 'coturn'), [...options, ...here, '--no-tls', '--no-dtls']);
  const ended = once(relay, 'exit');
  onTestFinished(async () => {
    relay.kill();
    await ended;
  });
  return port;
}

function credentials(now: number, secret = SECRET): Credentials {
  const { servers } = iceServersFor({ stunUrls: [], relay: { urls: ['turn:a.example'], secret } }, now);
  const { username = '', credential = '' } = servers[0]!;
  return { username, credential };
}

function clientOf(port: number, given: Credentials): TurnClient {
  const client = new TurnClient(port, given);
  onTestFinished(() => client.close());
  return client;
}

describe('credentials', () => {
  test('are good for their lifetime, bear a random name, and come anew at half of it', () => {
    const config = {
      stunUrls: ['stun:a.example'],
      relay: { urls: ['turn:b.example', 'turns:b.example'], secret: 's' },
    };
    const { servers, renewAt } = iceServersFor(config, NOW);
    expect(renewAt).toBe(NOW + RELAY_LIFETIME / 2);
    expect(servers.map(({ urls }) => urls)).toEqual(['stun:a.example', 'turn:b.example', 'turns:b.example']);
    expect(servers[0]).toEqual({ urls: 'stun:a.example' });
    expect(servers[1]!.username).toMatch(new RegExp(`^${(NOW + RELAY_LIFETIME) / 1000}:[0-9a-f]{16}$`));
    expect(iceServersFor(config, NOW).servers[1]!.username).not.toBe(servers[1]!.username);
  });

  test('are asked for by nobody where there is no relay, and never come anew', () => {
    expect(iceServersFor({ stunUrls: ['stun:a.example'], relay: undefined }, NOW)).toEqual({
      servers: [{ urls: 'stun:a.example' }],
      renewAt: Infinity,
    });
  });

  test('reach whoever logs in, and those who stay before they end', async () => {
    let now = Date.now();
    const environment = { TURN_URLS: 'turn:turn.example', TURN_SECRET: SECRET };
    const { origin } = await startServer(environment, { now: () => now, timing: { pingInterval: 50 } });
    const client = await Client.connect(origin);
    await client.login(await person('ann'));
    const [first] = (await client.take('welcome')).iceServers;
    expect(first!.urls).toBe('turn:turn.example');
    now += RELAY_LIFETIME / 2;
    const [second] = (await client.take('ice')).iceServers;
    const until = ({ username = '' }) => Number(username.split(':')[0]);
    expect(until(second!) - until(first!)).toBeCloseTo(RELAY_LIFETIME / 2000, -1);
  });
});

describe('the relay that ships', () => {
  test('serves who comes with our credentials, and nobody else', async () => {
    const port = await startRelay();
    const now = Date.now();
    expect(await clientOf(port, credentials(now)).allocate(4)).toBe(0);
    expect(await clientOf(port, credentials(now, 'another secret')).allocate(4)).toBe(401);
    expect(await clientOf(port, credentials(now - RELAY_LIFETIME - 5000)).allocate(4)).toBe(401);
    const { username } = credentials(now);
    const later = username.replace(/^\d+/, (until) => String(Number(until) + 3600));
    const longer = { ...credentials(now), username: later };
    expect(await clientOf(port, longer).allocate(4)).toBe(401);
  });

  test('leads to nobody inside the networks it stands in, nor to itself (fault 29)', async () => {
    const port = await startRelay();
    const client = clientOf(port, credentials(Date.now()));
    expect(await client.allocate(4)).toBe(0);
    expect(await client.permission('8.8.8.8')).toBe(0);
    expect(await client.permission('99.255.255.255')).toBe(0);
    for (const address of [
      ...['127.0.0.1', '127.255.255.254', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255'],
      ...['192.168.0.1', '192.168.255.255', '169.254.169.254', '100.64.0.1', '100.127.255.255', '0.0.0.0', '0.0.0.1'],
      ...['198.18.0.1', '198.19.255.255', '192.0.0.1', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
    ]) {
      expect([address, await client.permission(address)]).toEqual([address, 403]);
    }
  });

  test('nor by their addresses of version 6 (fault 29)', async () => {
    const port = await startRelay();
    const client = clientOf(port, credentials(Date.now()));
    expect(await client.allocate(6)).toBe(0);
    expect(await client.permission('2606:4700::1')).toBe(0);
    for (const address of [
      ...['::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', 'fe80::1', 'febf::1', 'fc00::1', 'fdff:ffff::1', 'ff02::1'],
      ...['64:ff9b::7f00:1', '64:ff9b:1::1', '2001::1', '2002:7f00:1::1', '::'],
    ]) {
      expect([address, await client.permission(address)]).toEqual([address, 403]);
    }
  });
});
