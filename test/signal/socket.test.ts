import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CloseCode } from '../../signal/wire/close-codes.ts';
import {
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_MESSAGE_BYTES,
  MAX_MESSAGE_FRAGMENTS,
  MAX_SIGNAL_BYTES,
  MAX_SOCKETS_PER_ADDRESS,
} from '../../signal/wire/limits.ts';
import { Client, person, startServer } from './client.ts';

/** A masked client frame; the mask is all zeros. */
function frame(opcode: number, fin: boolean, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | payload.length])
      : Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

/** A WebSocket handshake by hand. @returns the socket, and the server's answer. */
async function handshake(port: number, extra = ''): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `GET /signal HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${extra}\r\n`,
  );
  const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
  return { socket, answer };
}

/** The code of the close frame that ends what the server sends. */
async function closeCode(socket: Socket): Promise<number> {
  const chunks: Buffer[] = [];
  socket.on('data', (data: Buffer) => chunks.push(data));
  await new Promise((resolve) => socket.once('close', resolve));
  const all = Buffer.concat(chunks);
  return all.readUInt16BE(all.lastIndexOf(Buffer.from([0x88, 0x02])) + 2);
}

/** The status that a connection attempt is refused with, or 101. */
async function upgradeStatus(origin: string, headers: Record<string, string>): Promise<number> {
  try {
    await Client.connect(origin, { headers });
    return 101;
  } catch (error) {
    return Number(/Unexpected server response: (\d+)/.exec((error as Error).message)?.[1]);
  }
}

describe('an Origin header', () => {
  test('opens the socket only if it is one of ours or allowed, exactly (fault 26)', async () => {
    const { port, origin } = await startServer({ ALLOWED_ORIGINS: 'https://other.example' });
    const good = [
      `http://localhost:${port}`,
      `http://127.0.0.1:${port}`,
      `http://[::1]:${port}`,
      'https://other.example',
    ];
    for (const value of good) expect([value, await upgradeStatus(origin, { Origin: value })]).toEqual([value, 101]);
    const bad = [
      'http://evil.example',
      'null',
      '',
      'http://localhost',
      `https://localhost:${port}`,
      `http://localhost:${port}.evil.example`,
      `http://localhost:${port}/`,
      `http://localhost:${port}0`,
      `http://evil.localhost:${port}`,
      'https://other.example.evil.example',
      'http://other.example',
    ];
    for (const value of bad) expect([value, await upgradeStatus(origin, { Origin: value })]).toEqual([value, 403]);
  });

  test('may be absent, as it is without a web page', async () => {
    const { origin } = await startServer();
    expect(await upgradeStatus(origin, {})).toBe(101);
  });

  test('of the listening address is foreign once PUBLIC_URL names another', async () => {
    const { port } = await startServer({ PUBLIC_URL: 'http://localhost:5173' });
    const direct = `http://localhost:${port}`;
    expect(await upgradeStatus(direct, { Origin: 'http://localhost:5173' })).toBe(101);
    expect(await upgradeStatus(direct, { Origin: direct })).toBe(403);
  });
});

describe('a WebSocket', () => {
  test('opens at /signal only', async () => {
    const { port } = await startServer();
    for (const path of ['/', '/signal/', '/signal2', '/health']) {
      const socket = connect(port, '127.0.0.1');
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
      expect(answer).toMatch(/^HTTP\/1.1 404 /);
    }
  });

  test('is not compressed, even if offered (fault 25)', async () => {
    const { port } = await startServer();
    const { socket, answer } = await handshake(port, 'Sec-WebSocket-Extensions: permessage-deflate\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    expect(answer).not.toMatch(/Sec-WebSocket-Extensions/i);
    socket.destroy();
  });

  test('is closed when a ping is not answered', async () => {
    const { origin } = await startServer({}, { timing: { pingInterval: 100 } });
    const deaf = await Client.connect(origin, { autoPong: false });
    expect(await deaf.closed).toBe(CloseCode.tooSlow);
  });

  test('may be opened so many times from one address', async () => {
    const { origin } = await startServer();
    const clients = [];
    for (let i = 0; i < MAX_CONNECTIONS_PER_ADDRESS; i++) clients.push(await Client.connect(origin));
    expect(await upgradeStatus(origin, {})).toBe(429);
    clients[0]!.socket.close();
    await clients[0]!.closed;
    await expect.poll(() => upgradeStatus(origin, {})).toBe(101);
  });

  test('counts by the address a trusted proxy reports, and by its own otherwise', async () => {
    const trusting = await startServer({ TRUST_PROXY: 'on' });
    const from = (address: string) => ({ 'X-Forwarded-For': `203.0.113.9, ${address}` });
    for (let i = 0; i < MAX_CONNECTIONS_PER_ADDRESS; i++) {
      await Client.connect(trusting.origin, { headers: from('198.51.100.1') });
    }
    expect(await upgradeStatus(trusting.origin, from('198.51.100.1'))).toBe(429);
    expect(await upgradeStatus(trusting.origin, from('198.51.100.2'))).toBe(101);

    const wary = await startServer();
    for (let i = 0; i < MAX_CONNECTIONS_PER_ADDRESS; i++) {
      await Client.connect(wary.origin, { headers: from(`198.51.100.${i}`) });
    }
    expect(await upgradeStatus(wary.origin, from('198.51.100.200'))).toBe(429);
  });
});

describe('a TCP connection', () => {
  /** Opens so many that say nothing. @returns how many of them are open after a while. */
  async function open(port: number, count: number): Promise<number> {
    const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
    for (const socket of sockets) socket.on('error', () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return sockets.filter(({ readyState }) => readyState === 'open').length;
  }

  test('may be opened so many times from one address', async () => {
    const { port } = await startServer();
    expect(await open(port, MAX_SOCKETS_PER_ADDRESS)).toBe(MAX_SOCKETS_PER_ADDRESS);
    expect(await open(port, 1)).toBe(0);
  });

  test('is not counted by address where all come from a proxy', async () => {
    const { port } = await startServer({ TRUST_PROXY: 'on' });
    expect(await open(port, MAX_SOCKETS_PER_ADDRESS + 1)).toBe(MAX_SOCKETS_PER_ADDRESS + 1);
  });
});

describe('a message', () => {
  test.each([
    ['malformed JSON', '{'],
    ['no object', '7'],
    ['an unknown type', '{"type":"shout"}'],
    ['an unknown field', '{"type":"lookup","ref":1,"fingerprint":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","x":1}'],
    ['a field too few', '{"type":"lookup","ref":1}'],
    ['a wrong type', '{"type":"lookup","ref":"1","fingerprint":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}'],
    ['padded base64url', '{"type":"lookup","ref":1,"fingerprint":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}'],
    ['a short fingerprint', '{"type":"lookup","ref":1,"fingerprint":"AAAA"}'],
    ['__proto__', '{"type":"unwatch","peers":[],"__proto__":{"type":"unwatch"}}'],
    ['__proto__ in place of fields', '{"__proto__":{"type":"unwatch","peers":[]}}'],
    ['constructor', '{"type":"unwatch","peers":[],"constructor":{}}'],
    ['deep nesting', `{"type":"unwatch","peers":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ])('with %s closes the connection', async (_what, text) => {
    const { origin } = await startServer();
    const client = await Client.enter(origin, await person('ann'));
    client.socket.send(text);
    expect(await client.closed).toBe(CloseCode.badMessage);
    expect(({} as Record<string, unknown>)['type']).toBeUndefined();
  });

  test('that is binary closes the connection', async () => {
    const { origin } = await startServer();
    const client = await Client.enter(origin, await person('ann'));
    client.socket.send(Buffer.from('{"type":"unwatch","peers":[]}'), { binary: true });
    expect(await client.closed).toBe(CloseCode.badMessage);
  });

  test('may have MAX_MESSAGE_BYTES and no more (fault 25)', async () => {
    const { origin } = await startServer();
    const text = '{"type":"unwatch","peers":[]}';
    for (const size of [MAX_MESSAGE_BYTES - 1, MAX_MESSAGE_BYTES]) {
      const client = await Client.enter(origin, await person('ann'));
      client.socket.send(text.padEnd(size));
      await client.settle();
    }
    const client = await Client.enter(origin, await person('ann'));
    client.socket.send(text.padEnd(MAX_MESSAGE_BYTES + 1));
    expect(await client.closed).toBe(CloseCode.tooBig);
  });

  test('may have MAX_MESSAGE_FRAGMENTS and no more', async () => {
    const { origin } = await startServer();
    const send = (client: Client, fragments: number) => {
      client.socket.send('{"type":"unwatch","peers":[]}', { fin: false });
      for (let i = 2; i <= fragments; i++) client.socket.send(' ', { fin: i === fragments });
    };
    for (const fragments of [MAX_MESSAGE_FRAGMENTS - 1, MAX_MESSAGE_FRAGMENTS]) {
      const client = await Client.enter(origin, await person('ann'));
      send(client, fragments);
      await client.settle();
    }
    const client = await Client.enter(origin, await person('ann'));
    send(client, MAX_MESSAGE_FRAGMENTS + 1);
    expect(await client.closed).toBe(CloseCode.tooManyFragments);
  });

  test('in 130,000 empty fragments is cut short (fault 25)', async () => {
    const { port } = await startServer();
    const { socket } = await handshake(port);
    const code = closeCode(socket);
    const empty = frame(0x0, false, Buffer.alloc(0));
    socket.write(frame(0x1, false, Buffer.from('{')));
    socket.write(Buffer.concat(Array.from({ length: 130_000 }, () => empty)));
    expect(await code).toBe(CloseCode.tooManyFragments);
  });

  test('that comes too slowly does not outlive the deadline (fault 25)', async () => {
    const { port } = await startServer({}, { timing: { loginDeadline: 300 } });
    const { socket } = await handshake(port);
    const code = closeCode(socket);
    // The frame announces 100 bytes that never come; the client does close once it is told to.
    socket.write(frame(0x1, true, Buffer.alloc(100)).subarray(0, 20));
    socket.once('data', () => socket.end());
    expect(await code).toBe(CloseCode.tooSlow);
  });

  test('of a payload may have MAX_SIGNAL_BYTES and no more', async () => {
    const { origin } = await startServer();
    const { fingerprint: to } = await person('bob');
    const ann = await Client.enter(origin, await person('ann'));
    ann.signal(to, new Uint8Array(MAX_SIGNAL_BYTES - 1));
    ann.signal(to, new Uint8Array(MAX_SIGNAL_BYTES));
    await ann.settle();
    ann.signal(to, new Uint8Array(MAX_SIGNAL_BYTES + 1));
    expect(await ann.closed).toBe(CloseCode.badMessage);
  });

  test('is handled after the one before it, however long that takes', async () => {
    const { origin } = await startServer();
    const identity = await person('ann');
    const client = await Client.enter(origin, identity);
    const newer = await identity.newCard({ sequence: Date.now() + 1 });
    const [registered, found] = await Promise.all([
      client.request({ type: 'register', card: newer }),
      client.request({ type: 'lookup', fingerprint: identity.fingerprint }),
    ]);
    expect(registered).toBe('done');
    expect(found).toEqual(newer);
  });
});
