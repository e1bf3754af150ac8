import { createHash, createPublicKey } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toBase64Url, toHex, type Bytes } from '../../signal/wire/bytes.ts';
import { LOOKUPS_PER_INTERVAL, REFUSALS_PER_INTERVAL } from '../../signal/wire/limits.ts';
import { Health } from '../../signal/wire/messages.ts';
import * as v from 'valibot';
import { Client, DAY, makeTicket, person, random32, startServer, temporaryFolder } from './client.ts';

const ACCESS_TOKEN = 'the-token-of-the-owner';
const byToken = (token: string) => ({ Authorization: `Bearer ${token}` });
const byTicket = (ticket: Bytes) => ({ Authorization: `Invite ${toBase64Url(ticket)}` });

/** Sends bytes as they are. @returns all that comes back until the server closes. */
async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  socket.on('data', (data) => (answer += String(data)));
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

async function statusOf(port: number, path: string, method = 'GET'): Promise<number> {
  const answer = await sendRaw(port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return Number(answer.split(' ')[1]);
}

/** An app of three files, and things beside it that must never come out. */
function makeApp(): string {
  const folder = temporaryFolder();
  const app = join(folder, 'app');
  mkdirSync(join(app, 'assets'), { recursive: true });
  mkdirSync(join(folder, 'outside'));
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'outside', 'secret.txt'), 'secret');
  writeFileSync(join(app, 'index.html'), '<!doctype html><title>Sotto</title>');
  writeFileSync(join(app, 'icon.svg'), '<svg/>');
  writeFileSync(join(app, 'assets', 'main-4f2a.js'), 'export {};');
  writeFileSync(join(app, '.hidden'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(app, 'link.txt'));
  symlinkSync(join(folder, 'outside'), join(app, 'linked'));
  return app;
}

describe('pages', () => {
  test('are served: the start page fresh, hashed assets for ever', async () => {
    const { origin } = await startServer({}, { appFolder: makeApp() });
    const page = await fetch(`${origin}/`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(await page.text()).toContain('Sotto');
    const script = await fetch(`${origin}/assets/main-4f2a.js?v=1`);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await script.text()).toBe('export {};');
    expect((await fetch(`${origin}/icon.svg`)).headers.get('cache-control')).toBe('no-cache');
  });

  test('come compressed where that is understood, and not at all where they are known', async () => {
    const { origin } = await startServer({}, { appFolder: makeApp() });
    for (const encoding of ['br', 'gzip']) {
      const page = await fetch(`${origin}/`, { headers: { 'Accept-Encoding': encoding } });
      expect(page.headers.get('content-encoding')).toBe(encoding);
      expect(await page.text()).toContain('Sotto');
    }
    const plain = await fetch(`${origin}/`, { headers: { 'Accept-Encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    const known = await fetch(`${origin}/`, { headers: { 'If-None-Match': plain.headers.get('etag')! } });
    expect(known.status).toBe(304);
  });

  test('carry the headers that keep them alone', async () => {
    const { origin } = await startServer({}, { appFolder: makeApp() });
    for (const path of ['/', '/icon.svg', '/health', '/nothing']) {
      const { headers } = await fetch(origin + path);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; " +
          "connect-src 'self'; base-uri 'none'; form-action 'none'; " +
          "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html sotto-worker",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toMatch(/^camera=\(self\), .*geolocation=\(\).*microphone=\(\)/);
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });

  test('insist on https where they are reached by it', async () => {
    const { port } = await startServer({ PUBLIC_URL: 'https://chat.example' });
    const { headers } = await fetch(`http://localhost:${port}/health`);
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  test.each([
    '/index.html',
    '/nothing',
    '/assets',
    '/assets/',
    '//',
    '/./icon.svg',
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/..%2Fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/%5c..%5csecret.txt',
    '/icon.svg%00',
    '/icon.svg%00.html',
    '/%00',
    '/icon%2esvg',
    '/link.txt',
    '/linked/secret.txt',
    '/.hidden',
    '/%',
    '/%ff',
    '/__proto__',
    '/constructor',
    'http://localhost/icon.svg',
    '/health/',
    '/keys',
  ])('do not include %s (fault 28)', async (path) => {
    const { port } = await startServer({}, { appFolder: makeApp() });
    expect(await statusOf(port, path)).toBe(404);
  });

  test('are only ever read', async () => {
    const { port, origin } = await startServer({}, { appFolder: makeApp() });
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
      expect([method, await statusOf(port, '/', method)]).toEqual([method, 405]);
    }
    expect(await (await fetch(`${origin}/`, { method: 'HEAD' })).text()).toBe('');
    expect(await sendRaw(port, 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello')).toMatch(
      /^HTTP\/1.1 413 /,
    );
    const chunked = 'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n';
    expect(await sendRaw(port, chunked)).toMatch(/^HTTP\/1.1 413 /);
  });

  test('are asked for in time, or not at all (fault 25)', async () => {
    const { port } = await startServer({}, { timing: { headersDeadline: 200 } });
    expect(await sendRaw(port, 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe('GET /health', () => {
  test('says how the server is, and whether it is open', async () => {
    const open = await startServer();
    const health = v.parse(Health, await (await fetch(`${open.origin}/health`)).json());
    expect(health).toMatchObject({ status: 'ok', version: '0.0.0-test', access: 'open' });
    expect(health.origins).toContain(open.origin);
    const closed = await startServer({ ACCESS_TOKEN });
    expect(await (await fetch(`${closed.origin}/health`)).json()).toMatchObject({ access: 'private' });
  });
});

describe('GET /keys/<fingerprint>', () => {
  test("shows a card's keys so that openssl arrives at the fingerprint", async () => {
    const { origin } = await startServer();
    const ann = await person('ann');
    await Client.enter(origin, ann);
    const shown = (await (await fetch(`${origin}/keys/${ann.hex}`)).json()) as Record<string, string>;
    expect(shown.fingerprint).toBe(ann.hex);
    expect(shown.card).toBe(toBase64Url(ann.card));
    const der = createPublicKey(shown.signingKey!).export({ type: 'spki', format: 'der' });
    expect(createHash('sha256').update(der).digest('hex')).toBe(ann.hex);
    expect(createPublicKey(shown.wrappingKey!).asymmetricKeyType).toBe('rsa');
  });

  test.each([toHex(random32()), 'abc', `${toHex(random32())}00`, 'A'.repeat(64), '..%2f', ''])(
    'knows no %j',
    async (name) => {
      const { port } = await startServer();
      expect(await statusOf(port, `/keys/${name}`)).toBe(404);
    },
  );

  test('on a private server wants the token, or a live ticket of that very inviter', async () => {
    const { origin } = await startServer({ ACCESS_TOKEN });
    const [ann, bob] = await Promise.all([person('ann'), person('bob')]);
    const owner = await Client.enter(origin, ann, { token: ACCESS_TOKEN });
    await Client.enter(origin, bob, { token: ACCESS_TOKEN });
    const { ticket, id } = await makeTicket();
    await owner.request({ type: 'invite', id, expiry: Date.now() + DAY, note: new Uint8Array(0) });
    const status = async (hex: string, headers: Record<string, string> = {}) =>
      (await fetch(`${origin}/keys/${hex}`, { headers })).status;

    expect(await status(ann.hex, byToken(ACCESS_TOKEN))).toBe(200);
    expect(await status(toHex(random32()), byToken(ACCESS_TOKEN))).toBe(404);
    expect(await status(ann.hex, byTicket(ticket))).toBe(200);
    const unknown = toHex(random32());
    for (const headers of [{}, byToken('wrong'), byTicket(random32()), { Authorization: 'Basic eDp5' }]) {
      expect(await status(ann.hex, headers)).toBe(401);
      expect(await status(unknown, headers)).toBe(401);
    }
    expect(await status(bob.hex, byTicket(ticket))).toBe(401);
    expect(await status(unknown, byTicket(ticket))).toBe(401);
    expect(await owner.request({ type: 'cancel', id })).toBe('done');
    expect(await status(ann.hex, byTicket(ticket))).toBe(401);
  });
});

describe('an address that asks too much', () => {
  test('for cards is told to wait', async () => {
    const { origin } = await startServer();
    const url = `${origin}/keys/${toHex(random32())}`;
    for (let i = 0; i < LOOKUPS_PER_INTERVAL; i++) expect((await fetch(url)).status).toBe(404);
    const refused = await fetch(url);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect((await fetch(`${origin}/health`)).status).toBe(200);
  });

  test('with wrong tokens is not heard any more, even with the right one', async () => {
    const { origin } = await startServer({ ACCESS_TOKEN });
    const url = `${origin}/keys/${toHex(random32())}`;
    for (let i = 0; i < REFUSALS_PER_INTERVAL; i++) {
      expect((await fetch(url, { headers: byToken(`wrong ${i}`) })).status).toBe(401);
    }
    expect((await fetch(url, { headers: byToken(ACCESS_TOKEN) })).status).toBe(429);
  });

  test('with guesses sent all at once hears no more of them than one by one, and not the right one (fault 26)', async () => {
    const { port } = await startServer({ ACCESS_TOKEN });
    const ask = (token: string, last = false) =>
      `GET /keys/${'0'.repeat(64)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
      `Connection: ${last ? 'close' : 'keep-alive'}\r\n\r\n`;
    const guesses = Array.from({ length: 100 }, (_, i) => ask(`guess${i}`));
    const answers = await sendRaw(port, guesses.join('') + ask(ACCESS_TOKEN, true));
    const statuses = [...answers.matchAll(/^HTTP\/1.1 (\d+)/gm)].map(([, status]) => Number(status));
    expect(statuses.filter((status) => status === 401)).toHaveLength(REFUSALS_PER_INTERVAL);
    expect(statuses.filter((status) => status === 429)).toHaveLength(guesses.length - REFUSALS_PER_INTERVAL + 1);
  });

  test('with right tokens all at once is heard each time', async () => {
    const { origin } = await startServer({ ACCESS_TOKEN });
    const url = `${origin}/keys/${toHex(random32())}`;
    const asked = Array.from({ length: 2 * REFUSALS_PER_INTERVAL }, () =>
      fetch(url, { headers: byToken(ACCESS_TOKEN) }),
    );
    expect((await Promise.all(asked)).every(({ status }) => status === 404)).toBe(true);
  });

  test('with wrong tickets is not heard any more', async () => {
    const { origin } = await startServer();
    const open = async () => (await fetch(`${origin}/invites`, { headers: byTicket(random32()) })).status;
    for (let i = 0; i < REFUSALS_PER_INTERVAL; i++) expect(await open()).toBe(404);
    expect(await open()).toBe(429);
  });
});

describe('GET /invites', () => {
  test('wants a ticket', async () => {
    const { origin } = await startServer();
    expect((await fetch(`${origin}/invites`)).status).toBe(401);
    expect((await fetch(`${origin}/invites`, { headers: { Authorization: 'Invite AAAA' } })).status).toBe(401);
  });
});

describe('a request for another host', () => {
  const ask = async (port: number, path: string, host: string) =>
    Number((await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).split(' ')[1]);
  const hosts = ['evil.example', 'evil.example:80', 'localhost.evil.example', '192.0.2.1', '', 'a b', '[::2]'];
  const card = `/keys/${'0'.repeat(64)}`;

  test.each(hosts)('%j, learns nothing of cards or invites, but where we are', async (host) => {
    const { port } = await startServer({}, { appFolder: makeApp() });
    expect(await ask(port, card, host)).toBe(421);
    expect(await ask(port, '/invites', host)).toBe(421);
    expect(await ask(port, '/health', host)).toBe(200);
    expect(await ask(port, '/', host)).toBe(200);
  });

  test('is one for none of our own names, at whatever port', async () => {
    const { port } = await startServer();
    for (const host of ['localhost', `LOCALHOST:${port}`, '127.0.0.1:1', `[::1]:${port}`]) {
      expect([host, await ask(port, card, host)]).toEqual([host, 404]);
    }
    const named = await startServer({ PUBLIC_URL: 'https://chat.example' });
    expect(await ask(named.port, card, 'chat.example')).toBe(404);
    expect(await ask(named.port, card, 'localhost')).toBe(421);
  });

  test('is left to a proxy that is trusted', async () => {
    const { port } = await startServer({ TRUST_PROXY: 'on' });
    expect(await ask(port, card, 'upstream')).toBe(404);
  });
});
